import type { Snapshot } from '../../src/stats/snapshot.ts'
import { emptySnapshot } from './empty-snapshot.ts'

/** The parts that a test specifies; the rest is zero. */
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

/** A snapshot with the given parts. */
export function snapshotOf(given: Given = {}): Snapshot {
  const empty = emptySnapshot()
  const { states, reasons, closedBy, ...connections } = given.connections ?? {}
  const { idleGap, ...histograms } = given.histograms ?? {}
  return {
    ...empty,
    timeouts: { keepAliveTimeout: 65_000, keepAliveTimeoutBuffer: 1_000, ...given.timeouts },
    connections: {
      ...empty.connections,
      ...(connections as object),
      states: { ...empty.connections.states, ...states },
      reasons: { ...empty.connections.reasons, ...reasons },
      closedBy: { ...empty.connections.closedBy, ...closedBy },
    },
    requests: { ...empty.requests, ...given.requests },
    histograms: {
      ...empty.histograms,
      ...(histograms as object),
      idleGap: { ...empty.histograms.idleGap, ...idleGap },
    },
  }
}
