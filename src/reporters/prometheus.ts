import { KeepAliveError } from '../errors.ts'
import { readFields } from '../policy/read.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import { type MetricRow, metrics, type Sample } from './prometheus-metrics.ts'

/** What is needed of a kit. */
export interface Measured {
  snapshot(): Snapshot
}

/** What is needed of prom-client's `Registry`. */
export interface MetricRegistry {
  registerMetric(metric: never): unknown
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
  const prefix = resolvePrefix(options)
  const snapshot = oncePerTurn(() => connections.snapshot())
  for (const row of metrics) registry.registerMetric(new CollectedMetric(row, prefix, snapshot) as never)
  return registry
}

/** What a registry asks of a metric; prom-client's own aggregated registry holds objects no richer. */
class CollectedMetric {
  /** Not read-only: a registry that speaks OpenMetrics takes the `_total` away. */
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

  /** The ledger is the kit's, and stays as it is. */
  reset(): void {}
}

/** A registry asks all of its metrics in one turn: one snapshot for all, so that a scrape's numbers add up. */
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
  const remedy = "Give a name's beginning, such as 'keepalive_'"
  if (typeof given !== 'string')
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
      option,
      rule: 'must be a string',
      value: given,
      remedy,
    })
  if (!/^([a-zA-Z_:][\w:]*)?$/.test(given)) {
    const rule = 'must be letters, digits, _ and :, with no digit first'
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
