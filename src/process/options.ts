import { KeepAliveError } from '../errors.ts'
import { longestTimer, type NumberRange } from '../policy/options.ts'
import { checkNumber, readFields, readList } from '../policy/read.ts'

/** How the process-wide kit goes about it. */
export interface AttachAllOptions {
  /**
   * Attach to servers on these ports alone: those for administration and metrics are servers too. 1 to 65,535.
   *
   * @default every server
   */
  readonly ports?: readonly number[] | undefined
  /**
   * At SIGTERM and SIGINT, drain all servers for so long at most, in ms, before the process gets the signal. 0 to
   * 2,147,483,647; 0 is off.
   *
   * @default 0
   */
  readonly drain?: number | undefined
}

export interface ResolvedAttachAll {
  /** Empty: all. */
  readonly ports: readonly number[]
  readonly drain: number
}

const fields = ['ports', 'drain'] as const
export const portRange: NumberRange = { kind: 'count', min: 1, max: 65_535 }
export const drainRange: NumberRange = { kind: 'time', min: 0, max: longestTimer, zero: 'off' }
const mostPorts = 1_000

/**
 * Checks the options and fills in the defaults.
 *
 * @param names - what messages call each.
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
  const list = readList(name, given, mostPorts)
  if (list !== undefined)
    return list.map((port, i) => checkPort(list.length > 1 ? `${name}[${i}]` : name, port))
  throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    option: name,
    rule: 'must be a list of ports',
    value: given,
    remedy: 'Give a list, such as [3000]',
  })
}

export function checkPort(name: string, value: unknown): number {
  return checkNumber(name, value, portRange, 3_000)
}
