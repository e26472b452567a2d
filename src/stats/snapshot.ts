import type { ClosedBy, CloseReason, State } from '../reasons.ts'

/**
 * Counts over fixed bins, a quarter of an octave each: bin 0 holds values below 1, bin i holds
 * [2^((i − 1)/4), 2^(i/4)), the last one everything from 2^23 up (2 h 20 min in ms). Fixed bins add up: histograms of
 * many processes merge bin by bin.
 */
export interface Histogram {
  readonly count: number
  readonly sum: number
  /** Counts by bin; trailing zeros are left out. */
  readonly bins: readonly number[]
  /** Sums of the values by bin; trailing zeros are left out. Only for `idleGap.clientClosed`. */
  readonly sums?: readonly number[]
  /** Sums of the squares of the values by bin; trailing zeros are left out. Only where there are `sums`. */
  readonly squares?: readonly number[]
}

/** What happened in a time. */
export interface Counts {
  /** Connections accepted. */
  readonly opened: number
  /** Connections closed. */
  readonly closed: number
  /** Requests handed to the app. */
  readonly requests: number
  /** Of those, not the first on their connection. */
  readonly reused: number
  /** Requests that arrived after our FIN: not executed. */
  readonly late: number
  /** Requests pipelined behind a closing response: not executed. */
  readonly dropped: number
}

/** What one client address did. IPv6 addresses are taken together by /64. */
export interface ClientRow {
  /** As text; the last part masked if so configured. `null` for all that have no row of their own. */
  readonly address: string | null
  readonly connections: number
  readonly requests: number
  readonly reused: number
  /** Its closed connections by reason; reasons that did not occur are left out. */
  readonly reasons: Readonly<Partial<Record<CloseReason, number>>>
  /** Unix time in ms. */
  readonly lastSeen: number
}

/** The ledger as plain JSON. `opened` = `open` + `closed` + `released`; `reasons` and `closedBy` each sum to `closed`. */
export interface Snapshot {
  /** Version of this shape. */
  readonly version: 1
  /** When it was taken: Unix time in ms. */
  readonly takenAt: number
  /** Since when it counts: Unix time in ms. */
  readonly since: number
  /** Processes it speaks of; above 1 after a merge. */
  readonly processes: number
  /** The idle timeouts in force, in ms; `null` where merged processes differ. */
  readonly timeouts: {
    readonly keepAliveTimeout: number | null
    readonly keepAliveTimeoutBuffer: number | null
  }
  readonly connections: {
    readonly opened: number
    readonly closed: number
    /** Left to Node by `detach()` while open. */
    readonly released: number
    /** Now. */
    readonly open: number
    /** The open ones by state. */
    readonly states: Readonly<Record<Exclude<State, 'closed'>, number>>
    /** The closed ones by reason. */
    readonly reasons: Readonly<Record<CloseReason, number>>
    /** The closed ones by who closed. */
    readonly closedBy: Readonly<Record<ClosedBy, number>>
  }
  readonly requests: {
    /** Handed to the app. */
    readonly total: number
    /** Of those, answered whole. */
    readonly answered: number
    /** Of those, not the first on their connection. */
    readonly reused: number
    /** Answered by Node with an error (400, 408, 431), never seen by the app. */
    readonly refused: number
    /** Pipelined behind a closing response: not executed. */
    readonly dropped: number
    /** Arrived after our FIN: not executed. */
    readonly late: number
    /** Of the late ones, those on a connection whose last response had said `Connection: close`. */
    readonly lateAfterClose: number
    /** Reuses after an idle gap longer than advertised: within the buffer, and so a near miss. */
    readonly nearMisses: number
  }
  readonly histograms: {
    /** Idle gaps in ms, by how they ended: reused, the client closed, or we cut them off. */
    readonly idleGap: Readonly<Record<'reused' | 'clientClosed' | 'cutOff', Histogram>>
    /** Age of closed connections at their close, in ms. */
    readonly age: Histogram
    /** Requests per closed connection. */
    readonly requestsPerConnection: Histogram
    /** From accept to the first request's hand-over to the app, in ms. */
    readonly firstRequest: Histogram
    /** TLS handshakes, in ms. */
    readonly tlsHandshake: Histogram
  }
  /** The last minute and the last quarter of an hour, beside the totals. */
  readonly windows: {
    readonly minute: Counts
    readonly quarterHour: Counts
  }
  readonly clients: {
    /** Those with most connections first, at most the table's cap. */
    readonly rows: readonly ClientRow[]
    readonly other: ClientRow
  }
}
