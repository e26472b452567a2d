import { KeepAliveError } from '../errors.ts'
import { maxTimer, type NumberRange } from './options.ts'
import { checkNumber, readFields, type Shape } from './read.ts'

/** How to drain. Times in ms. */
export interface DrainOptions {
  /**
   * After this time the kit destroys the connections that are still open. It starts with the call and includes `readiness`
   * and `wait`. 0 to 2,147,483,647 ms.
   *
   * @default 30,000
   */
  readonly timeout?: number | undefined
  /**
   * Closes the idle connections over this time instead of all at once, starting with those that have been idle longest. 0 to
   * `timeout`. The kit shortens it to the time that is left after `wait` and `minIdle`.
   *
   * @default 0
   */
  readonly spread?: number | undefined
  /**
   * Called and awaited before anything else: make the readiness check fail here, so that the proxy stops sending. If it
   * throws, `drain()` rejects with the error and closes nothing. If it never settles, the drain continues after half of
   * the time that `wait` leaves.
   */
  readonly readiness?: (() => unknown) | undefined
  /**
   * How long the server continues as before after `readiness`, until the proxy has noticed. Below `timeout`.
   *
   * @default 0
   */
  readonly wait?: number | undefined
}

export interface ResolvedDrainOptions {
  readonly timeout: number
  readonly spread: number
  readonly readiness: () => unknown
  readonly wait: number
}

const time: NumberRange = { kind: 'time', min: 0, max: maxTimer }
const fields = ['timeout', 'spread', 'readiness', 'wait'] as const
const shape: Shape = {
  name: 'drain() options',
  prefix: 'drain().',
  fields,
  rule: 'must be a plain object or left out',
  remedy: 'Pass an object, as in drain({ timeout: 30000 })',
  unknown: () => `The options are ${fields.join(', ')}`,
}

/** Checks the options of a drain and fills in the defaults. */
export function resolveDrainOptions(options: unknown): ResolvedDrainOptions {
  const given = options === undefined ? new Map<string, unknown>() : readFields(options, shape)
  const read = (name: 'timeout' | 'spread' | 'wait', otherwise: number): number =>
    given.get(name) === undefined
      ? otherwise
      : checkNumber(`drain().${name}`, given.get(name), time, otherwise)
  const readiness = given.get('readiness') ?? (() => {})
  if (typeof readiness !== 'function') throw notAFunction(readiness)
  const timeout = read('timeout', 30_000)
  const wait = read('wait', 0)
  const spread = read('spread', 0)
  if (wait > 0 && wait >= timeout) throw beyondTimeout('wait', wait, `below timeout (${timeout})`)
  if (spread > timeout) throw beyondTimeout('spread', spread, `at most timeout (${timeout})`)
  return { timeout, spread, readiness: readiness as () => unknown, wait }
}

function beyondTimeout(name: 'wait' | 'spread', value: number, rule: string): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_OPTION_RANGE', {
    option: `drain().${name}`,
    rule: `must be ${rule}; otherwise drain() destroys every connection`,
    value,
    remedy: `Raise timeout, or lower ${name}`,
  })
}

function notAFunction(value: unknown): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    option: 'drain().readiness',
    rule: 'must be a function',
    value,
    remedy: 'Pass a function that makes the readiness check fail, as in () => { ready = false }',
  })
}
