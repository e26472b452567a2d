import type { Snapshot } from '../../src/stats/snapshot.ts'
import { emptySnapshot } from './empty-snapshot.ts'

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
