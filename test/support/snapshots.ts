import { closeReasons } from '../../src/reasons.ts'
import type { Histogram, Snapshot } from '../../src/stats/snapshot.ts'

const zero: Histogram = { count: 0, sum: 0, bins: [] }

/** A histogram of the values, binned as the ledger does it. */
export function histogramOf(...values: readonly number[]): Histogram {
  const bins: number[] = []
  for (const value of values) {
    const bin = value < 1 ? 0 : Math.min(93, Math.floor(Math.log2(value) * 4 + 1e-9) + 1)
    while (bins.length <= bin) bins.push(0)
    bins[bin]!++
  }
  return { count: values.length, sum: values.reduce((a, b) => a + b, 0), bins }
}

/** What a test says of a snapshot; the rest is nothing at all. */
export interface Given {
  readonly timeouts?: Partial<Snapshot['timeouts']>
  readonly connections?: {
    readonly [K in keyof Snapshot['connections']]?: Partial<Snapshot['connections'][K]>
  }
  readonly requests?: Partial<Snapshot['requests']>
  readonly histograms?: {
    readonly [K in keyof Snapshot['histograms']]?: Partial<Snapshot['histograms'][K]>
  }
}

/** A snapshot of what a test says. */
export function snapshotOf(given: Given = {}): Snapshot {
  const counts = { opened: 0, closed: 0, requests: 0, reused: 0, late: 0, dropped: 0 }
  const other = { address: null, connections: 0, requests: 0, reused: 0, reasons: {}, lastSeen: 0 }
  const { states, reasons, closedBy, ...connections } = given.connections ?? {}
  const { idleGap, ...histograms } = given.histograms ?? {}
  return {
    version: 1,
    takenAt: 0,
    since: 0,
    processes: 1,
    timeouts: { keepAliveTimeout: 65_000, keepAliveTimeoutBuffer: 1_000, ...given.timeouts },
    connections: {
      ...{ opened: 0, closed: 0, released: 0, open: 0 },
      ...(connections as object),
      states: { new: 0, active: 0, idle: 0, closing: 0, upgraded: 0, ...states },
      reasons: { ...reasonsAtZero, ...reasons },
      closedBy: { server: 0, client: 0, network: 0, ...closedBy },
    },
    requests: { ...requestsAtZero, ...given.requests },
    histograms: {
      ...{ age: zero, requestsPerConnection: zero, firstRequest: zero, tlsHandshake: zero },
      ...(histograms as object),
      idleGap: { reused: zero, clientClosed: zero, cutOff: zero, ...idleGap },
    },
    windows: { minute: counts, quarterHour: counts },
    clients: { rows: [], other },
  }
}

const reasonsAtZero = Object.fromEntries(
  closeReasons.map((reason) => [reason, 0]),
) as Snapshot['connections']['reasons']

const requestsAtZero: Snapshot['requests'] = {
  total: 0,
  answered: 0,
  reused: 0,
  refused: 0,
  dropped: 0,
  late: 0,
  lateAfterClose: 0,
  nearMisses: 0,
}
