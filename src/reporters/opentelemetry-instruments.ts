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
  /** The unit in UCUM, as in the conventions: `s`, `{request}`. */
  readonly unit: string
  readonly kind: 'ObservableCounter' | 'ObservableUpDownCounter' | 'ObservableGauge'
  readonly observe: (snapshot: Snapshot) => Observation[]
}

/**
 * The instruments that are observed at each collection. The conventions have no connection metric for servers. The names
 * follow `http.client.open_connections` where possible, and are the kit's own otherwise.
 */
export const instruments: readonly InstrumentRow[] = [
  {
    name: 'http.server.open_connections',
    description: 'Number of open connections, by state.',
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
    'Requests that Node answered with an error; the app never saw them.',
    '{request}',
    (s) => s.requests.refused,
  ),
  counter(
    'keepalive.dropped_requests',
    'Requests pipelined behind a closing response; not executed.',
    '{request}',
    (s) => s.requests.dropped,
  ),
  counter(
    'keepalive.late_requests',
    'Requests that arrived after our FIN; not executed.',
    '{request}',
    (s) => s.requests.late,
  ),
  counter(
    'keepalive.near_misses',
    'Reuses after an idle gap longer than the advertised timeout.',
    '{request}',
    (s) => s.requests.nearMisses,
  ),
  {
    name: 'keepalive.idle_intervals',
    description: 'Ended idle intervals, by how they ended.',
    unit: '{interval}',
    kind: 'ObservableCounter',
    observe: (snapshot) => byOutcome(snapshot, ({ count }) => count),
  },
  {
    name: 'keepalive.idle_time',
    description: 'Time spent in ended idle intervals, by how they ended.',
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
    'How long an idle connection is kept beyond the advertised timeout.',
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
