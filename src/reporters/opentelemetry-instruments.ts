import type { MetricAttributes } from '@opentelemetry/api'
import type { Snapshot } from '../stats/snapshot.ts'

/** One value of an instrument. */
export interface Observation {
  readonly value: number
  readonly attributes: MetricAttributes
}

/** An observable instrument as data. */
export interface InstrumentRow {
  readonly name: string
  readonly description: string
  /** UCUM, as the conventions have it: `s`, `{request}`. */
  readonly unit: string
  readonly kind: 'ObservableCounter' | 'ObservableUpDownCounter' | 'ObservableGauge'
  readonly observe: (snapshot: Snapshot) => Observation[]
}

/**
 * What is observed at each collection. The conventions have no connection metric for servers: the names follow
 * `http.client.open_connections` where there is such a likeness, and are the kit's own where there is none.
 */
export const instruments: readonly InstrumentRow[] = [
  {
    name: 'http.server.open_connections',
    description: 'Number of connections that are open, by state.',
    unit: '{connection}',
    kind: 'ObservableUpDownCounter',
    observe: ({ connections: { states } }) => by('http.connection.state', Object.entries(states)),
  },
  counter(
    'keepalive.opened_connections',
    'Connections accepted.',
    '{connection}',
    (s) => s.connections.opened,
  ),
  {
    name: 'keepalive.requests',
    description: 'Requests handed to the app, by whether they reused a connection.',
    unit: '{request}',
    kind: 'ObservableCounter',
    observe: ({ requests: { total, reused } }) => [
      { value: total - reused, attributes: { 'keepalive.reused': false } },
      { value: reused, attributes: { 'keepalive.reused': true } },
    ],
  },
  counter(
    'keepalive.refused_requests',
    'Requests answered by Node with an error, never seen by the app.',
    '{request}',
    (s) => s.requests.refused,
  ),
  counter(
    'keepalive.dropped_requests',
    'Requests pipelined behind a closing response, not executed.',
    '{request}',
    (s) => s.requests.dropped,
  ),
  counter(
    'keepalive.late_requests',
    'Requests that arrived after our FIN, not executed.',
    '{request}',
    (s) => s.requests.late,
  ),
  counter(
    'keepalive.near_misses',
    'Reuses after an idle gap longer than the timeout advertised.',
    '{request}',
    (s) => s.requests.nearMisses,
  ),
  {
    name: 'keepalive.idle_intervals',
    description: 'Idle intervals that have ended, by how.',
    unit: '{interval}',
    kind: 'ObservableCounter',
    observe: (snapshot) => byOutcome(snapshot, ({ count }) => count),
  },
  {
    name: 'keepalive.idle_time',
    description: 'Time spent in idle intervals that have ended, by how.',
    unit: 's',
    kind: 'ObservableCounter',
    observe: (snapshot) => byOutcome(snapshot, ({ sum }) => sum / 1000),
  },
  timeout(
    'keepalive.advertised_timeout',
    'Idle timeout advertised to clients.',
    (s) => s.timeouts.keepAliveTimeout,
  ),
  timeout(
    'keepalive.timeout_buffer',
    'Time that an idle connection is kept beyond the timeout advertised.',
    (s) => s.timeouts.keepAliveTimeoutBuffer,
  ),
]

function counter(
  name: string,
  description: string,
  unit: string,
  read: (snapshot: Snapshot) => number,
): InstrumentRow {
  const observe = (snapshot: Snapshot): Observation[] => [{ value: read(snapshot), attributes: {} }]
  return { name, description, unit, kind: 'ObservableCounter', observe }
}

function timeout(
  name: string,
  description: string,
  read: (snapshot: Snapshot) => number | null,
): InstrumentRow {
  const observe = (snapshot: Snapshot): Observation[] => {
    const ms = read(snapshot)
    return ms === null ? [] : [{ value: ms / 1000, attributes: {} }]
  }
  return { name, description, unit: 's', kind: 'ObservableGauge', observe }
}

type IdleGaps = Snapshot['histograms']['idleGap']

function byOutcome(
  { histograms: { idleGap } }: Snapshot,
  read: (gaps: IdleGaps['reused']) => number,
): Observation[] {
  return by('keepalive.outcome', [
    ['reused', read(idleGap.reused)],
    ['client-closed', read(idleGap.clientClosed)],
    ['cut-off', read(idleGap.cutOff)],
  ])
}

function by(key: string, values: readonly (readonly [string, number])[]): Observation[] {
  return values.map(([name, value]) => ({ value, attributes: { [key]: name } }))
}
