import { readFields } from '../policy/read.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import { CollectedMetric, type MetricRegistry, oncePerTurn, readPrefix } from './prometheus-collect.ts'
import { metrics } from './prometheus-metrics.ts'

export type { MetricRegistry } from './prometheus-collect.ts'
export { type CollectOutgoingOptions, collectOutgoing } from './prometheus-outgoing.ts'

/** What is needed of a kit. */
export interface Measured {
  snapshot(): Snapshot
}

export interface CollectOptions {
  /**
   * Goes before every metric's name. The rules and the dashboard in the package's `prometheus` folder expect the
   * default. A second kit on the same registry needs a prefix of its own.
   *
   * @default 'keepalive_'
   */
  readonly prefix?: string | undefined
}

/**
 * Registers a kit's metrics with prom-client 15. Nothing is counted twice, and nothing is done between scrapes: a
 * scrape takes one snapshot, from which come all of its numbers.
 *
 * | metric | type | labels |
 * | --- | --- | --- |
 * | `keepalive_connections_opened_total` | counter | |
 * | `keepalive_connections_closed_total` | counter | `reason` |
 * | `keepalive_connections_closed_by_total` | counter | `closed_by`: server, client, network |
 * | `keepalive_connections_released_total` | counter | |
 * | `keepalive_connections_open` | gauge | `state`: new, active, idle, closing, upgraded |
 * | `keepalive_requests_total` | counter | |
 * | `keepalive_requests_{answered,reused,refused,dropped,late,late_after_close}_total` | counter | |
 * | `keepalive_near_misses_total` | counter | |
 * | `keepalive_advertised_timeout_seconds`, `keepalive_timeout_buffer_seconds` | gauge | |
 * | `keepalive_idle_gap_seconds` | histogram | `outcome`: reused, client-closed, cut-off |
 * | `keepalive_connection_age_seconds` | histogram | |
 * | `keepalive_requests_per_connection` | histogram | |
 * | `keepalive_first_request_seconds`, `keepalive_tls_handshake_seconds` | histogram | |
 *
 * The buckets' bounds are the powers of two in ms (… 4.096, 8.192, 16.384 … seconds) and 0, 1, 3, 7, 15 … requests.
 * Their counts are exact, save that a time equal to a bound is counted above it.
 *
 * For the workers of `node:cluster`, register in each worker and let prom-client's `AggregatorRegistry` in the primary
 * add them up; of the two timeouts it shows the smallest.
 *
 * @param connections - what `keepAlive()` returned.
 * @param registry - prom-client's `register`, or a `Registry` of your own.
 * @returns the registry.
 * @throws KeepAliveError `ERR_KEEPALIVE_OPTION_TYPE`, `ERR_KEEPALIVE_OPTION_RANGE`, `ERR_KEEPALIVE_UNKNOWN_OPTION`;
 * prom-client's own error where the registry has a metric of the same name.
 * @example
 * import { register } from 'prom-client'
 * collectMetrics(connections, register)
 */
export function collectMetrics<R extends MetricRegistry>(
  connections: Measured,
  registry: R,
  options?: CollectOptions,
): R {
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
