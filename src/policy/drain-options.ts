import { KeepAliveError } from '../errors.ts'
import { longestTimer, type NumberRange } from './options.ts'
import { checkNumber, readFields, type Shape } from './read.ts'

/** How to drain. Times in ms. */
export interface DrainOptions {
  /**
   * When to give up on what is still open, counted from the call: `readiness` and `wait` included. 0 to
   * 2,147,483,647 ms.
   *
   * @default 30,000
   */
  readonly timeout?: number | undefined
  /**
   * Closes the idle connections over so long a time rather than at once, those that have waited longest first. 0 to
   * `timeout`; it is shortened to the time that `wait` and a connection's rest leave.
   *
   * @default 0
   */
  readonly spread?: number | undefined
  /**
   * Called before anything else, and awaited: where readiness is taken back, so that the proxy stops sending. If it
   * throws, `drain()` rejects with that and nothing has been closed. A promise that never settles is waited for until
   * half of the time is over that `wait` leaves.
   */
  readonly readiness?: (() => unknown) | undefined
  /**
   * How long to go on as before after `readiness`, until the proxy has noticed: below `timeout`.
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

const time: NumberRange = { kind: 'time', min: 0, max: longestTimer }
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
  if (spread > timeout) throw beyondTimeout('spread', spread, `timeout (${timeout}) at most`)
  return { timeout, spread, readiness: readiness as () => unknown, wait }
}

function beyondTimeout(name: 'wait' | 'spread', value: number, rule: string): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_OPTION_RANGE', {
    option: `drain().${name}`,
    rule: `must be ${rule}, or drain() destroys every connection`,
    value,
    remedy: `Raise timeout, or lower ${name}`,
  })
}

function notAFunction(value: unknown): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    option: 'drain().readiness',
    rule: 'must be a function',
    value,
    remedy: 'Pass what takes readiness back, as in () => { ready = false }',
  })
}
