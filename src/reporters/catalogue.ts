import { closeReasons, closers } from '../reasons.ts'
import type { Histogram, Snapshot } from '../stats/snapshot.ts'
import type { Buckets } from './buckets.ts'

// Every metric of the kit, once. The metrics for Prometheus, the instruments for OpenTelemetry and the tables of
// docs/metrics.md are generated from this list.

/** The values of a label: one series each. The lists are fixed, so a client cannot create new series. */
export interface Split<Value extends string | boolean = string | boolean> {
  /** The label in Prometheus. */
  readonly label: string
  /** The attribute in OpenTelemetry. */
  readonly attribute: string
  readonly values: readonly Value[]
}

interface Named {
  /** Without the prefix; omitted if Prometheus does not have the metric. */
  readonly prometheus?: string
  /** Omitted if OpenTelemetry does not have it. */
  readonly openTelemetry?: string
  readonly unit: 'connection' | 'request' | 'interval' | 's'
  /** A phrase without a full stop. */
  readonly help: string
  readonly by?: Split
}

/** A number of the snapshot. */
export interface NumberMetric extends Named {
  /** `level`: goes up and down. `setting`: if processes differ, the min counts. */
  readonly kind: 'counter' | 'level' | 'setting'
  /** In this unit; `null` if there is no value. */
  readonly read: (snapshot: Snapshot, value: string | boolean | undefined) => number | null
}

/** A histogram of the snapshot. OpenTelemetry has no observable histogram. */
export interface HistogramMetric extends Named {
  readonly kind: 'histogram'
  readonly buckets: Buckets
  readonly read: (snapshot: Snapshot, value: string | boolean | undefined) => Histogram
}

export const byReason: Split = { label: 'reason', attribute: 'keepalive.close.reason', values: closeReasons }
export const byCloser: Split = { label: 'closed_by', attribute: 'keepalive.closed_by', values: closers }
const states = ['new', 'active', 'idle', 'closing', 'upgraded'] as const
const byState: Split = { label: 'state', attribute: 'http.connection.state', values: states }
const byReuse: Split = { label: 'reused', attribute: 'keepalive.reused', values: [false, true] }
const outcomes = { reused: 'reused', 'client-closed': 'clientClosed', 'cut-off': 'cutOff' } as const
const byOutcome: Split = {
  label: 'outcome',
  attribute: 'keepalive.outcome',
  values: Object.keys(outcomes),
}

const countOf = (counts: object, name: string | boolean | undefined): number =>
  (counts as Readonly<Record<string, number>>)[String(name)] ?? 0

const gapsOf = ({ histograms: { idleGap } }: Snapshot, outcome: string | boolean | undefined): Histogram =>
  idleGap[outcomes[outcome as keyof typeof outcomes]]

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000)

export const catalogue: readonly (NumberMetric | HistogramMetric)[] = [
  {
    prometheus: 'connections_opened_total',
    openTelemetry: 'keepalive.opened_connections',
    kind: 'counter',
    unit: 'connection',
    help: 'Connections accepted',
    read: (s) => s.connections.opened,
  },
  {
    prometheus: 'connections_closed_total',
    kind: 'counter',
    unit: 'connection',
    help: 'Connections closed, by close reason',
    by: byReason,
    read: (s, reason) => countOf(s.connections.reasons, reason),
  },
  {
    prometheus: 'connections_closed_by_total',
    kind: 'counter',
    unit: 'connection',
    help: 'Connections closed, by the side that closed: server, client or network',
    by: byCloser,
    read: (s, closer) => countOf(s.connections.closedBy, closer),
  },
  {
    prometheus: 'connections_released_total',
    kind: 'counter',
    unit: 'connection',
    help: 'Open connections that detach() left to Node',
    read: (s) => s.connections.released,
  },
  {
    prometheus: 'connections_open',
    // Like http.client.open_connections of the conventions.
    openTelemetry: 'http.server.open_connections',
    kind: 'level',
    unit: 'connection',
    help: 'Open connections, by state',
    by: byState,
    read: (s, state) => countOf(s.connections.states, state),
  },
  {
    prometheus: 'requests_total',
    kind: 'counter',
    unit: 'request',
    help: 'Requests handed to the app',
    read: (s) => s.requests.total,
  },
  {
    openTelemetry: 'keepalive.requests',
    kind: 'counter',
    unit: 'request',
    help: 'Requests handed to the app, by reuse of a connection',
    by: byReuse,
    read: ({ requests: { total, reused } }, isReused) => (isReused ? reused : total - reused),
  },
  {
    prometheus: 'requests_answered_total',
    kind: 'counter',
    unit: 'request',
    help: 'Requests answered completely',
    read: (s) => s.requests.answered,
  },
  {
    prometheus: 'requests_reused_total',
    kind: 'counter',
    unit: 'request',
    help: 'Requests that were not the first on their connection',
    read: (s) => s.requests.reused,
  },
  {
    prometheus: 'requests_refused_total',
    openTelemetry: 'keepalive.refused_requests',
    kind: 'counter',
    unit: 'request',
    help: 'Requests that Node answered with an error (400, 408, 431), or that came after our GOAWAY; the app never saw them',
    read: (s) => s.requests.refused,
  },
  {
    prometheus: 'requests_refused_retryable_total',
    openTelemetry: 'keepalive.refused_retryable_requests',
    kind: 'counter',
    unit: 'request',
    help: 'HTTP/2 requests that came after our GOAWAY; their clients may retry them',
    read: (s) => s.requests.refusedRetryable,
  },
  {
    prometheus: 'requests_concurrent_total',
    openTelemetry: 'keepalive.concurrent_requests',
    kind: 'counter',
    unit: 'request',
    help: 'HTTP/2 requests that arrived while other requests of their session were under way',
    read: (s) => s.requests.concurrent,
  },
  {
    prometheus: 'requests_dropped_total',
    openTelemetry: 'keepalive.dropped_requests',
    kind: 'counter',
    unit: 'request',
    help: 'Requests pipelined after a closing response; not executed',
    read: (s) => s.requests.dropped,
  },
  {
    prometheus: 'requests_late_total',
    openTelemetry: 'keepalive.late_requests',
    kind: 'counter',
    unit: 'request',
    help: 'Requests that arrived after our FIN; not executed',
    read: (s) => s.requests.late,
  },
  {
    prometheus: 'requests_late_after_close_total',
    kind: 'counter',
    unit: 'request',
    help: 'Late requests on a connection whose last response had said Connection: close',
    read: (s) => s.requests.lateAfterClose,
  },
  {
    prometheus: 'near_misses_total',
    openTelemetry: 'keepalive.near_misses',
    kind: 'counter',
    unit: 'request',
    help: 'Reuses after an idle gap longer than the advertised timeout',
    read: (s) => s.requests.nearMisses,
  },
  {
    prometheus: 'advertised_timeout_seconds',
    openTelemetry: 'keepalive.advertised_timeout',
    kind: 'setting',
    unit: 's',
    help: 'Idle timeout advertised to clients',
    read: (s) => seconds(s.timeouts.keepAliveTimeout),
  },
  {
    prometheus: 'timeout_buffer_seconds',
    openTelemetry: 'keepalive.timeout_buffer',
    kind: 'setting',
    unit: 's',
    help: 'How long an idle connection is kept beyond the advertised timeout',
    read: (s) => seconds(s.timeouts.keepAliveTimeoutBuffer),
  },
  {
    openTelemetry: 'keepalive.idle_intervals',
    kind: 'counter',
    unit: 'interval',
    help: 'Ended idle intervals, by how they ended',
    by: byOutcome,
    read: (s, outcome) => gapsOf(s, outcome).count,
  },
  {
    openTelemetry: 'keepalive.idle_time',
    kind: 'counter',
    unit: 's',
    help: 'Time spent in ended idle intervals, by how they ended',
    by: byOutcome,
    read: (s, outcome) => gapsOf(s, outcome).sum / 1000,
  },
  {
    prometheus: 'idle_gap_seconds',
    kind: 'histogram',
    unit: 's',
    help: 'Idle gaps, by how they ended: reused, client-closed, cut-off',
    by: byOutcome,
    // From 4 ms to 17 minutes: above the idle timeout of all presets, except those of an hour or more.
    buckets: { first: 2, last: 20, of: 'seconds' },
    read: gapsOf,
  },
  {
    prometheus: 'connection_age_seconds',
    kind: 'histogram',
    unit: 's',
    help: 'Age of closed connections when they closed',
    buckets: { first: 4, last: 22, of: 'seconds' },
    read: (s) => s.histograms.age,
  },
  {
    prometheus: 'requests_per_connection',
    kind: 'histogram',
    unit: 'request',
    help: 'Requests per closed connection',
    buckets: { first: 0, last: 14, of: 'whole numbers' },
    read: (s) => s.histograms.requestsPerConnection,
  },
  {
    prometheus: 'first_request_seconds',
    kind: 'histogram',
    unit: 's',
    help: 'From accept until the first request is handed to the app',
    buckets: { first: 0, last: 16, of: 'seconds' },
    read: (s) => s.histograms.firstRequest,
  },
  {
    prometheus: 'tls_handshake_seconds',
    kind: 'histogram',
    unit: 's',
    help: 'Duration of TLS handshakes',
    buckets: { first: 0, last: 13, of: 'seconds' },
    read: (s) => s.histograms.tlsHandshake,
  },
]
