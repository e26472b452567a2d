import { otherOrigins, pickOrigins, readOrigins } from '../outgoing/pick.ts'
import type { OutgoingRow, OutgoingSnapshot } from '../outgoing/snapshot.ts'
import { readFields } from '../policy/read.ts'
import type { Buckets } from './buckets.ts'
import { checkTaken, outgoingTaken, registryTaken } from './check-taken.ts'
import { CollectedMetric, type MetricRegistry, oncePerTurn, readPrefix } from './prometheus-collect.ts'
import { histogramSamples, type MetricRow, type Sample } from './prometheus-metrics.ts'

export interface CollectOutgoingOptions {
  /**
   * The origins with their own series, such as `https://api.example.com`; at most 1,000. All other origins share one series
   * with the label `origin="other"`, because an app may send requests to any number of origins.
   *
   * @default []
   */
  readonly origins?: readonly string[] | undefined
  /** Prefix of every metric name. @default 'keepalive_outgoing_' */
  readonly prefix?: string | undefined
}

type Rows = ReturnType<typeof pickOrigins>

/** The same as for the idle gaps of servers. */
const idleGaps: Buckets = { first: 2, last: 20, of: 'seconds' }

/**
 * Registers the metrics of outgoing connections with prom-client 15. A scrape takes one snapshot; there is no work
 * between scrapes.
 *
 * | metric | type | other labels than `origin` |
 * | --- | --- | --- |
 * | `keepalive_outgoing_connections_opened_total` | counter | |
 * | `keepalive_outgoing_connections_failed_total` | counter | |
 * | `keepalive_outgoing_connections_closed_total` | counter | `closed_by`: us, server, network |
 * | `keepalive_outgoing_connections_open` | gauge | `state`: new, active, idle, upgraded |
 * | `keepalive_outgoing_requests_total` | counter | |
 * | `keepalive_outgoing_requests_{reused,lost}_total` | counter | |
 * | `keepalive_outgoing_advertised_timeout_seconds` | gauge | |
 * | `keepalive_outgoing_idle_gap_seconds` | histogram | `outcome`: reused, server-closed, cut-off |
 *
 * @param outgoing - what `trackOutgoing()` returned.
 * @param registry - prom-client's `register`, or a `Registry` of your own.
 * @returns the registry.
 * @throws KeepAliveError `ERR_KEEPALIVE_OPTION_TYPE`, `ERR_KEEPALIVE_OPTION_RANGE`, `ERR_KEEPALIVE_UNKNOWN_OPTION`;
 * prom-client's own error if the registry has a metric of the same name.
 * @example
 * collectOutgoing(trackOutgoing(), register, { origins: ['https://api.example.com'] })
 */
export function collectOutgoing<R extends MetricRegistry>(
  outgoing: { snapshot(): OutgoingSnapshot },
  registry: R,
  options?: CollectOutgoingOptions,
): R {
  checkTaken(
    'collectOutgoing()',
    outgoingTaken(outgoing),
    registryTaken(registry),
    'collectOutgoing(outgoing, register)',
  )
  const given = readOptions(options)
  const origins = readOrigins('collectOutgoing().origins', given.get('origins'))
  const prefix = readPrefix('collectOutgoing()', given.get('prefix'), 'keepalive_outgoing_')
  const rows = oncePerTurn(() => pickOrigins(outgoing.snapshot(), origins))
  for (const row of outgoingMetrics) registry.registerMetric(new CollectedMetric(row, prefix, rows) as never)
  return registry
}

function readOptions(options: CollectOutgoingOptions | undefined): ReadonlyMap<string, unknown> {
  return readFields(options ?? {}, {
    name: 'collectOutgoing() options',
    prefix: 'collectOutgoing().',
    fields: ['origins', 'prefix'],
    rule: 'must be a plain object or left out',
    remedy:
      "Pass an object, as in collectOutgoing(outgoing, register, { origins: ['https://api.example.com'] })",
    unknown: () => 'The options are origins and prefix',
  })
}

/** The metrics. The series of each are fixed, because the origins come from the options only. */
export const outgoingMetrics: readonly MetricRow<Rows>[] = [
  counter('connections_opened_total', 'Connections established', (row) => row.connections.opened),
  counter(
    'connections_failed_total',
    'Attempts that ended before a connection was established',
    (row) => row.connections.failed,
  ),
  {
    name: 'connections_closed_total',
    help: 'Connections closed, by the side that closed: us, server or network',
    type: 'counter',
    aggregator: 'sum',
    samples: each(({ connections }) => labelled('closed_by', connections.closedBy)),
  },
  {
    name: 'connections_open',
    help: 'Connections open now, by state',
    type: 'gauge',
    aggregator: 'sum',
    samples: each(({ connections }) => labelled('state', connections.states)),
  },
  counter('requests_total', 'Requests sent', (row) => row.requests.total),
  counter(
    'requests_reused_total',
    'Requests that were not the first on their connection',
    (row) => row.requests.reused,
  ),
  counter(
    'requests_lost_total',
    'Requests on a reused connection that the server closed or reset before it responded',
    (row) => row.requests.lost,
  ),
  {
    name: 'advertised_timeout_seconds',
    help: 'Idle timeout that the server advertises by Keep-Alive: timeout=',
    type: 'gauge',
    aggregator: 'min',
    samples: (rows) =>
      rows.flatMap(({ name, row: { advertisedTimeout } }) =>
        name === otherOrigins || advertisedTimeout === null
          ? []
          : [{ labels: { origin: name }, value: advertisedTimeout / 1_000 }],
      ),
  },
  {
    name: 'idle_gap_seconds',
    help: 'Idle gaps, by how they ended: reused, server-closed, cut-off',
    type: 'histogram',
    aggregator: 'sum',
    samples: each(({ idleGaps: { reused, serverClosed, cutOff } }) => [
      ...histogramSamples(reused, idleGaps, { outcome: 'reused' }),
      ...histogramSamples(serverClosed, idleGaps, { outcome: 'server-closed' }),
      ...histogramSamples(cutOff, idleGaps, { outcome: 'cut-off' }),
    ]),
  },
]

function counter(name: string, help: string, read: (row: OutgoingRow) => number): MetricRow<Rows> {
  const samples = each((row) => [{ labels: {}, value: read(row) }])
  return { name, help, type: 'counter', aggregator: 'sum', samples }
}

/** The samples of each origin, with its label. */
function each(samplesOf: (row: OutgoingRow) => Sample[]): (rows: Rows) => Sample[] {
  return (rows) =>
    rows.flatMap(({ name, row }) =>
      samplesOf(row).map((sample) => ({ ...sample, labels: { origin: name, ...sample.labels } })),
    )
}

function labelled(label: string, counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value }))
}
