import { appCloses, closeReasons, closers } from '../../src/reasons.ts'
import type { Counts, Histogram, Snapshot } from '../../src/stats/snapshot.ts'

const zeroes = <K extends string>(keys: readonly K[]): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>

const histogram: Histogram = { count: 0, sum: 0, bins: [] }
const groups: number[][] = Array.from({ length: 16 }, () => [])
const counts: Counts = { opened: 0, closed: 0, requests: 0, reused: 0, late: 0, dropped: 0 }

/** The snapshot of a ledger without a connection. Times are 0, and timeouts are unknown. */
export function emptySnapshot(): Snapshot {
  return {
    version: 2,
    takenAt: 0,
    since: 0,
    processes: 1,
    timeouts: { keepAliveTimeout: null, keepAliveTimeoutBuffer: null },
    connections: {
      ...zeroes(['opened', 'closed', 'released', 'open']),
      states: zeroes(['new', 'active', 'idle', 'closing', 'upgraded']),
      reasons: zeroes(closeReasons),
      closedBy: zeroes(closers),
      appCloses: zeroes(appCloses),
    },
    requests: zeroes([
      'total',
      'answered',
      'reused',
      'concurrent',
      'refused',
      'refusedRetryable',
      'dropped',
      'late',
      'lateAfterClose',
      'nearMisses',
    ]),
    appHints: { responses: 0, least: null, most: null },
    histograms: {
      idleGap: { reused: histogram, clientClosed: histogram, cutOff: histogram },
      idleNow: histogram,
      age: histogram,
      requestsPerConnection: histogram,
      requestsAtOnce: histogram,
      firstRequest: histogram,
      tlsHandshake: histogram,
    },
    idleGroups: { reused: groups, clientClosed: groups, cutOff: groups },
    returns: { timedOut: 0, gaps: histogram, forgotten: histogram, waiting: histogram, notLookedUp: 0 },
    windows: { minute: counts, quarterHour: counts },
    clients: {
      rows: [],
      other: { address: null, ...zeroes(['connections', 'requests', 'reused', 'lastSeen']), reasons: {} },
    },
  }
}
