import type { Histogram, Snapshot } from '../stats/snapshot.ts'
import { type Buckets, boundsOf, cumulativeCounts, sumOf } from './buckets.ts'

/** One line of exposition. */
export interface Sample {
  /** What comes after the metric's name: `_bucket`, `_sum`, `_count` of a histogram. */
  readonly suffix?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** A metric as data. */
export interface MetricRow {
  /** Without the prefix. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** How the values of several processes become one: prom-client's `AggregatorRegistry`. */
  readonly aggregator: 'sum' | 'min'
  readonly samples: (snapshot: Snapshot) => Sample[]
}

/** The metrics, each with a fixed set of series: labels take their values from closed lists, and never an address. */
export const metrics: readonly MetricRow[] = [
  counter('connections_opened_total', 'Connections accepted', (s) => s.connections.opened),
  counters(
    'connections_closed_total',
    'Connections closed, by close reason',
    'reason',
    (s) => s.connections.reasons,
  ),
  counters(
    'connections_closed_by_total',
    'Connections closed, by who closed: server, client or network',
    'closed_by',
    (s) => s.connections.closedBy,
  ),
  counter(
    'connections_released_total',
    'Connections left to Node by detach() while open',
    (s) => s.connections.released,
  ),
  {
    name: 'connections_open',
    help: 'Connections open now, by state',
    type: 'gauge',
    aggregator: 'sum',
    samples: (s) => labelled('state', s.connections.states),
  },
  counter('requests_total', 'Requests handed to the app', (s) => s.requests.total),
  counter('requests_answered_total', 'Requests answered whole', (s) => s.requests.answered),
  counter(
    'requests_reused_total',
    'Requests that were not the first on their connection',
    (s) => s.requests.reused,
  ),
  counter(
    'requests_refused_total',
    'Requests answered by Node with an error (400, 408, 431) or behind our GOAWAY, never seen by the app',
    (s) => s.requests.refused,
  ),
  counter(
    'requests_refused_retryable_total',
    'Refused requests that came by HTTP/2 behind our GOAWAY: their clients may send them again',
    (s) => s.requests.refusedRetryable,
  ),
  counter(
    'requests_concurrent_total',
    'Requests by HTTP/2 that came while others of their session were under way',
    (s) => s.requests.concurrent,
  ),
  counter(
    'requests_dropped_total',
    'Requests pipelined behind a closing response, not executed',
    (s) => s.requests.dropped,
  ),
  counter('requests_late_total', 'Requests that arrived after our FIN, not executed', (s) => s.requests.late),
  counter(
    'requests_late_after_close_total',
    'Late requests on a connection whose last response had said Connection: close',
    (s) => s.requests.lateAfterClose,
  ),
  counter(
    'near_misses_total',
    'Reuses after an idle gap longer than the timeout advertised',
    (s) => s.requests.nearMisses,
  ),
  timeout(
    'advertised_timeout_seconds',
    'Idle timeout advertised to clients',
    (s) => s.timeouts.keepAliveTimeout,
  ),
  timeout(
    'timeout_buffer_seconds',
    'Time that an idle connection is kept beyond the timeout advertised',
    (s) => s.timeouts.keepAliveTimeoutBuffer,
  ),
  {
    name: 'idle_gap_seconds',
    help: 'Idle gaps, by how they ended: reused, client-closed, cut-off',
    type: 'histogram',
    aggregator: 'sum',
    samples: ({ histograms: { idleGap } }) => [
      ...histogramSamples(idleGap.reused, idleGaps, { outcome: 'reused' }),
      ...histogramSamples(idleGap.clientClosed, idleGaps, { outcome: 'client-closed' }),
      ...histogramSamples(idleGap.cutOff, idleGaps, { outcome: 'cut-off' }),
    ],
  },
  histogram(
    'connection_age_seconds',
    'Age of closed connections at their close',
    { first: 4, last: 22, of: 'seconds' },
    (s) => s.histograms.age,
  ),
  histogram(
    'requests_per_connection',
    'Requests per closed connection',
    { first: 0, last: 14, of: 'whole numbers' },
    (s) => s.histograms.requestsPerConnection,
  ),
  histogram(
    'first_request_seconds',
    'From the accept to the hand-over of the first request to the app',
    { first: 0, last: 16, of: 'seconds' },
    (s) => s.histograms.firstRequest,
  ),
  histogram(
    'tls_handshake_seconds',
    'TLS handshakes',
    { first: 0, last: 13, of: 'seconds' },
    (s) => s.histograms.tlsHandshake,
  ),
]

/** From 4 ms to 17 minutes: beyond the idle timeout of all proxies with a preset but those that have an hour or more. */
const idleGaps: Buckets = { first: 2, last: 20, of: 'seconds' }

function counter(name: string, help: string, read: (snapshot: Snapshot) => number): MetricRow {
  const samples = (snapshot: Snapshot): Sample[] => [{ labels: {}, value: read(snapshot) }]
  return { name, help, type: 'counter', aggregator: 'sum', samples }
}

function counters(
  name: string,
  help: string,
  label: string,
  read: (snapshot: Snapshot) => Readonly<Record<string, number>>,
): MetricRow {
  const samples = (snapshot: Snapshot): Sample[] => labelled(label, read(snapshot))
  return { name, help, type: 'counter', aggregator: 'sum', samples }
}

/** Of processes that differ, the smallest counts: it is the one that a proxy has to stay below. */
function timeout(name: string, help: string, read: (snapshot: Snapshot) => number | null): MetricRow {
  const samples = (snapshot: Snapshot): Sample[] => {
    const ms = read(snapshot)
    return ms === null ? [] : [{ labels: {}, value: ms / 1000 }]
  }
  return { name, help, type: 'gauge', aggregator: 'min', samples }
}

function histogram(
  name: string,
  help: string,
  buckets: Buckets,
  read: (snapshot: Snapshot) => Histogram,
): MetricRow {
  const samples = (snapshot: Snapshot): Sample[] => histogramSamples(read(snapshot), buckets, {})
  return { name, help, type: 'histogram', aggregator: 'sum', samples }
}

function histogramSamples(values: Histogram, buckets: Buckets, labels: Sample['labels']): Sample[] {
  const counts = cumulativeCounts(values, buckets)
  return [
    ...boundsOf(buckets).map((le, i) => ({
      suffix: '_bucket',
      labels: { le, ...labels },
      value: counts[i]!,
    })),
    { suffix: '_bucket', labels: { le: '+Inf', ...labels }, value: values.count },
    { suffix: '_sum', labels, value: sumOf(values, buckets) },
    { suffix: '_count', labels, value: values.count },
  ]
}

function labelled(label: string, counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value }))
}
