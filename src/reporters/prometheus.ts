import { KeepAliveError } from '../errors.ts'
import { readFields } from '../policy/read.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import { type MetricRow, metrics, type Sample } from './prometheus-metrics.ts'

/** The part of a kit that is needed. */
export interface Measured {
  snapshot(): Snapshot
}

/** The part of prom-client's `Registry` that is needed. */
export interface MetricRegistry {
  registerMetric(metric: never): unknown
}

export interface CollectOptions {
  /**
   * The prefix of all metric names. The rules and the dashboard in the package's folder `prometheus` expect the default. A
   * second kit on the same registry needs another prefix.
   *
   * @default 'keepalive_'
   */
  readonly prefix?: string | undefined
}

/**
 * Registers a kit's metrics with prom-client 15. Nothing is counted twice, and nothing happens between scrapes: each scrape
 * takes one snapshot, and all its numbers come from that snapshot.
 *
 * docs/metrics.md lists the metrics, with their labels and meaning.
 *
 * The bounds of the buckets are powers of two in ms (… 4.096, 8.192, 16.384 … seconds), and 0, 1, 3, 7, 15 … requests. The
 * counts are exact, except that a time equal to a bound counts as above it.
 *
 * For the workers of `node:cluster`, register in each worker and let prom-client's `AggregatorRegistry` add them up in the
 * primary. For the two timeouts it shows the minimum.
 *
 * @param connections - the result of `keepAlive()`.
 * @param registry - prom-client's `register`, or a `Registry` of your own.
 * @returns the registry.
 * @throws KeepAliveError `ERR_KEEPALIVE_OPTION_TYPE`, `ERR_KEEPALIVE_OPTION_RANGE`, `ERR_KEEPALIVE_UNKNOWN_OPTION`;
 * prom-client's own error if the registry has a metric of the same name.
 * @example
 * import { register } from 'prom-client'
 * collectMetrics(connections, register)
 */
export function collectMetrics<R extends MetricRegistry>(
  connections: Measured,
  registry: R,
  options?: CollectOptions,
): R {
  const prefix = resolvePrefix(options)
  const snapshot = oncePerTurn(() => connections.snapshot())
  for (const row of metrics) registry.registerMetric(new CollectedMetric(row, prefix, snapshot) as never)
  return registry
}

/** The members of a metric that a registry uses. prom-client's own aggregated registry holds objects with the same members. */
class CollectedMetric {
  /** Not read-only: a registry in OpenMetrics mode removes the suffix `_total`. */
  name: string
  readonly help: string
  readonly type: MetricRow['type']
  readonly aggregator: MetricRow['aggregator']
  readonly #read: () => Sample[]

  constructor(
    { name, help, type, aggregator, samples }: MetricRow,
    prefix: string,
    snapshot: () => Snapshot,
  ) {
    this.name = prefix + name
    this.help = `${help}.`
    this.type = type
    this.aggregator = aggregator
    this.#read = () => samples(snapshot())
  }

  async get(): Promise<object> {
    const { name, help, type, aggregator } = this
    const values = this.#read().map(({ suffix, labels, value }) => ({
      value,
      labels,
      ...(suffix !== undefined && { metricName: name + suffix }),
    }))
    return { name, help, type, aggregator, values }
  }

  /** Does nothing: the ledger belongs to the kit. */
  reset(): void {}
}

/** A registry reads all its metrics in one turn. They share one snapshot, so that the numbers of a scrape add up. */
function oncePerTurn<T extends object>(take: () => T): () => T {
  let taken: T | undefined
  return () => {
    if (taken !== undefined) return taken
    queueMicrotask(() => {
      taken = undefined
    })
    taken = take()
    return taken
  }
}

function resolvePrefix(options: CollectOptions | undefined): string {
  const option = 'collectMetrics().prefix'
  const given = readPrefix(options) ?? 'keepalive_'
  const remedy = "Pass the beginning of a name, such as 'keepalive_'"
  if (typeof given !== 'string')
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
      option,
      rule: 'must be a string',
      value: given,
      remedy,
    })
  if (!/^([a-zA-Z_:][\w:]*)?$/.test(given)) {
    const rule = 'must have only letters, digits, _ and :, and must not begin with a digit'
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_RANGE', { option, rule, value: given, remedy })
  }
  return given
}

function readPrefix(options: CollectOptions | undefined): unknown {
  if (options === undefined) return undefined
  return readFields(options, {
    name: 'collectMetrics() options',
    prefix: 'collectMetrics().',
    fields: ['prefix'],
    rule: 'must be a plain object or left out',
    remedy: "Pass an object, as in collectMetrics(connections, register, { prefix: 'app_' })",
    unknown: () => 'The only option is prefix',
  }).get('prefix')
}
