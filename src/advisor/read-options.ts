import { margin } from '../policy/margin.ts'
import { checkNumber, readFields, readList } from '../policy/read.ts'
import { secondsMeant } from '../policy/seconds-meant.ts'
import { nearNames } from '../policy/spelling.ts'
import type { AdviseOptions } from './options.ts'

/** The constraints as they hold. */
export interface ResolvedConstraints {
  /** The least timeout, in ms: above the proxy's. */
  readonly proxy: { readonly idleTimeout: number; readonly margin: number } | undefined
  readonly maxIdleConnections: number | undefined
  readonly maxIdleMemory: number | undefined
  readonly reuseShare: { readonly value: number; readonly given: boolean }
}

export interface ResolvedOptions {
  readonly constraints: ResolvedConstraints
  readonly timeouts: readonly number[]
  readonly costs: { readonly idleConnection: number | undefined; readonly handshake: number | undefined }
  /** What to say of each time that is too short to be meant in ms. */
  readonly secondsMeant: readonly string[]
}

const longest = 2_000_000_000
const time = { kind: 'time', min: 0, max: longest } as const
const amount = { kind: 'count', min: 1, max: Number.MAX_SAFE_INTEGER } as const

/** The share of the reachable reuse to keep, by default. */
const defaultShare = 0.95

const mostTimeouts = 1_000

/** Below these a time was probably meant in seconds: a proxy's idle timeout is never under 1 s. */
const shortestIdleTimeout = 1_000
const shortestMargin = 100
const shortestTimeout = 100

/** @throws KeepAliveError for unknown names, and numbers that are none or out of range. */
export function readOptions(given: AdviseOptions): ResolvedOptions {
  const options = fieldsOf(given, '', ['constraints', 'timeouts', 'costs'])
  const constraints = fieldsOf(options.get('constraints') ?? {}, 'constraints', [
    'proxyIdleTimeout',
    'proxyMargin',
    'maxIdleConnections',
    'maxIdleMemory',
    'reuseShare',
  ])
  const costs = fieldsOf(options.get('costs') ?? {}, 'costs', ['idleConnection', 'handshake'])
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
  const idleTimeout = number(constraints, 'constraints', 'proxyIdleTimeout', { ...time, min: 1 }, 60_000)
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
      ...secondsMeant('constraints.proxyIdleTimeout', idleTimeout ?? 0, shortestIdleTimeout),
      ...secondsMeant('constraints.proxyMargin', proxyMargin ?? 0, shortestMargin),
      // One short point of a curve is meant, a whole curve is not.
      ...(timeouts.every((timeout) => timeout < 1_000)
        ? timeouts
            .flatMap((timeout, i) => secondsMeant(`timeouts[${i}]`, timeout, shortestTimeout))
            .slice(0, 1)
        : []),
    ],
  }
}

function readTimeouts(given: unknown): number[] {
  if (given === undefined) return []
  const list = readList('timeouts', given, mostTimeouts) ?? [given]
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
      const [near] = nearNames(field, fields)
      return near === undefined ? `There are ${fields.join(', ')}` : `Did you mean ${near}?`
    },
  })
}
