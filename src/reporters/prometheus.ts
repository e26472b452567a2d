import { readFields } from '../policy/read.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import { checkTaken, kitTaken, registryTaken } from './check-taken.ts'
import { CollectedMetric, type MetricRegistry, oncePerTurn, readPrefix } from './prometheus-collect.ts'
import { metrics } from './prometheus-metrics.ts'

export type { MetricRegistry } from './prometheus-collect.ts'
export { type CollectOutgoingOptions, collectOutgoing } from './prometheus-outgoing.ts'

/** The part of a kit that is needed. */
export interface Measured {
  snapshot(): Snapshot
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
  checkTaken(
    'collectMetrics()',
    kitTaken(connections),
    registryTaken(registry),
    'collectMetrics(connections, register)',
  )
  const prefix = readPrefix('collectMetrics()', readOptions(options), 'keepalive_')
  const snapshot = oncePerTurn(() => connections.snapshot())
  for (const row of metrics) registry.registerMetric(new CollectedMetric(row, prefix, snapshot) as never)
  return registry
}

function readOptions(options: CollectOptions | undefined): unknown {
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
