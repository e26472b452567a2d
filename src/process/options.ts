import { KeepAliveError } from '../errors.ts'
import { maxTimer, type NumberRange } from '../policy/options.ts'
import { checkNumber, readFields, readList } from '../policy/read.ts'

/** The options of the process-wide kit that are not options of `keepAlive()`. */
export interface AttachAllOptions {
  /**
   * Attach only to servers on these ports. Servers for administration and metrics are servers too. 1 to 65,535.
   *
   * @default every server
   */
  readonly ports?: readonly number[] | undefined
  /**
   * At SIGTERM and SIGINT, drain all servers for at most this time, in ms, before the app gets the signal. 0 to
   * 2,147,483,647; 0 is off.
   *
   * @default 0
   */
  readonly drain?: number | undefined
}

export interface ResolvedAttachAll {
  /** Empty for all servers. */
  readonly ports: readonly number[]
  readonly drain: number
}

const fields = ['ports', 'drain'] as const
export const portRange: NumberRange = { kind: 'count', min: 1, max: 65_535 }
export const drainRange: NumberRange = { kind: 'time', min: 0, max: maxTimer, zero: 'off' }
const maxPorts = 1_000

/**
 * Checks the options and fills in the defaults.
 *
 * @param names - how messages call each option.
 */
export function resolveAttachAll(
  options: unknown,
  names: Readonly<Record<(typeof fields)[number], string>> = {
    ports: 'attachAll().ports',
    drain: 'attachAll().drain',
  },
): ResolvedAttachAll {
  if (options === undefined) return { ports: [], drain: 0 }
  const given = readFields(options, {
    name: 'attachAll() options',
    prefix: 'attachAll().',
    fields,
    rule: 'must be a plain object or left out',
    remedy: 'Pass an object, as in attachAll({ behind: "nginx" }, { drain: 25000 })',
    unknown: () => `The options are ${fields.join(', ')}`,
  })
  const drain = given.get('drain')
  return {
    ports: resolvePorts(names.ports, given.get('ports')),
    drain: drain === undefined ? 0 : checkNumber(names.drain, drain, drainRange, 25_000),
  }
}

function resolvePorts(name: string, given: unknown): number[] {
  if (given === undefined) return []
  const list = readList(name, given, maxPorts)
  if (list !== undefined)
    return list.map((port, i) => checkPort(list.length > 1 ? `${name}[${i}]` : name, port))
  throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    option: name,
    rule: 'must be a list of ports',
    value: given,
    remedy: 'Pass a list, such as [3000]',
  })
}

export function checkPort(name: string, value: unknown): number {
  return checkNumber(name, value, portRange, 3_000)
}
