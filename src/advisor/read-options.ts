import { margin } from '../policy/margin.ts'
import { checkNumber, readFields, readList } from '../policy/read.ts'
import { secondsMeant } from '../policy/seconds-meant.ts'
import { nearNames } from '../policy/spelling.ts'
import type { AdviseOptions } from './options.ts'

/** The constraints, checked and with defaults. */
export interface ResolvedConstraints {
  /** The minimum timeout, in ms: above the proxy's. */
  readonly proxy: { readonly idleTimeout: number; readonly margin: number } | undefined
  readonly maxIdleConnections: number | undefined
  readonly maxIdleMemory: number | undefined
  readonly reuseShare: { readonly value: number; readonly given: boolean }
}

export interface ResolvedOptions {
  readonly constraints: ResolvedConstraints
  readonly timeouts: readonly number[]
  readonly costs: { readonly idleConnection: number | undefined; readonly handshake: number | undefined }
  /** A message for each time that is so short that seconds were probably meant. */
  readonly secondsMeant: readonly string[]
}

const optionNames = ['constraints', 'timeouts', 'costs']
const constraintNames = [
  'proxyIdleTimeout',
  'proxyMargin',
  'maxIdleConnections',
  'maxIdleMemory',
  'reuseShare',
]
const costNames = ['idleConnection', 'handshake']

const maxTime = 2_000_000_000
const time = { kind: 'time', min: 0, max: maxTime } as const
/** No proxy has an idle timeout below 1 s: such a number is in seconds. The option `behind` refuses it too. */
const idleTimeoutRange = { ...time, min: 1_000 } as const
const amount = { kind: 'count', min: 1, max: Number.MAX_SAFE_INTEGER } as const

/** The default share of the reachable reuse to keep. */
const defaultShare = 0.95

const maxTimeouts = 1_000

/** A time below these was probably meant in seconds. */
const minMargin = 100
const minTimeout = 100

/** @throws KeepAliveError for unknown names, and for values that are not numbers or out of range. */
export function readOptions(given: AdviseOptions): ResolvedOptions {
  const options = fieldsOf(given, '', optionNames)
  const constraints = fieldsOf(options.get('constraints') ?? {}, 'constraints', constraintNames)
  const costs = fieldsOf(options.get('costs') ?? {}, 'costs', costNames)
  const number = (
    fields: ReadonlyMap<string, unknown>,
    of: string,
    name: string,
    range: Parameters<typeof checkNumber>[2],
    example: number,
  ): number | undefined => {
    const value = fields.get(name)
    return value === undefined ? undefined : checkNumber(`${of}.${name}`, value, range, example)
  }
  const idleTimeout = number(constraints, 'constraints', 'proxyIdleTimeout', idleTimeoutRange, 60_000)
  const proxyMargin = number(constraints, 'constraints', 'proxyMargin', time, 5_000)
  const timeouts = readTimeouts(options.get('timeouts'))
  const share = number(constraints, 'constraints', 'reuseShare', { kind: 'fraction', min: 0, max: 1 }, 0.9)
  return {
    constraints: {
      proxy:
        idleTimeout === undefined ? undefined : { idleTimeout, margin: proxyMargin ?? margin(idleTimeout) },
      maxIdleConnections: number(constraints, 'constraints', 'maxIdleConnections', amount, 1_000),
      maxIdleMemory: number(constraints, 'constraints', 'maxIdleMemory', amount, 100_000_000),
      reuseShare: { value: share ?? defaultShare, given: share !== undefined },
    },
    timeouts,
    costs: {
      idleConnection: number(costs, 'costs', 'idleConnection', amount, 15_000),
      handshake: number(costs, 'costs', 'handshake', time, 2),
    },
    secondsMeant: [
      ...secondsMeant('constraints.proxyMargin', proxyMargin ?? 0, minMargin),
      // A curve may have one short point, but a curve of only short points was meant in seconds.
      ...(timeouts.every((timeout) => timeout < 1_000)
        ? timeouts.flatMap((timeout, i) => secondsMeant(`timeouts[${i}]`, timeout, minTimeout)).slice(0, 1)
        : []),
    ],
  }
}

function readTimeouts(given: unknown): number[] {
  if (given === undefined) return []
  const list = readList('timeouts', given, maxTimeouts) ?? [given]
  return list.map((value, i) => checkNumber(`timeouts[${i}]`, value, time, 15_000))
}

function fieldsOf(given: unknown, name: string, fields: readonly string[]): ReadonlyMap<string, unknown> {
  return readFields(given, {
    name: name || 'advise() options',
    prefix: name && `${name}.`,
    fields,
    rule: 'must be a plain object or left out',
    remedy: 'Pass an object, as in advise(snapshot, { constraints: { proxyIdleTimeout: 60_000 } })',
    unknown: (field) => {
      const place = placeOf(field)
      if (place !== undefined && place !== name)
        return `Write it ${place === '' ? `beside ${name}` : `in ${place}, as in { ${place}: { ${field}: … } }`}`
      const [near] = nearNames(field, fields)
      return near === undefined ? `Use one of: ${fields.join(', ')}` : `Did you mean ${near}?`
    },
  })
}

/** Where an option belongs: '' for the options themselves. */
function placeOf(field: string): string | undefined {
  if (constraintNames.includes(field)) return 'constraints'
  if (costNames.includes(field)) return 'costs'
  return optionNames.includes(field) ? '' : undefined
}
