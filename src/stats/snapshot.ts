import type { AppClose, ClosedBy, CloseReason, State } from '../reasons.ts'

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
  /** Sums of the values by bin; trailing zeros are left out. Only for `idleGap.clientClosed` and `idleGap.cutOff`. */
  readonly sums?: readonly number[]
  /** Sums of the squares of the values by bin; trailing zeros are left out. Only where there are `sums`. */
  readonly squares?: readonly number[]
  /**
   * At how many moments there was a value, by bin: a moment takes 1 s; trailing zeros are
   * left out. Merged, the most that one process has. Only for `idleGap.clientClosed`.
   */
  readonly moments?: readonly number[]
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

/** What one client address did, as far as the table knows: a client that lost its row begins anew. */
export interface ClientRow {
  /**
   * `192.0.2.17`, `2001:db8:1:2::/64` (IPv6 addresses are taken together by /64), or `unix`; masked, `192.0.2.0/24` or
   * `2001:db8:1::/48`. `null` for all that have no row of their own.
   */
  readonly address: string | null
  readonly connections: number
  readonly requests: number
  readonly reused: number
  /** Its closed connections by reason; reasons that did not occur are left out. */
  readonly reasons: Readonly<Partial<Record<CloseReason, number>>>
  /** Its latest connection, request or close: Unix time in ms; 0 for never. */
  readonly lastSeen: number
  /**
   * Connections that the client opened within 1 s of ending one after a single request, from the eleventh in a row on;
   * left out where there is none. The client could have used one connection for all of these.
   */
  readonly avoidable?: number
  /**
   * Connections whose first request is a health check, or a scrape, by its User-Agent (`kube-probe`,
   * `ELB-HealthChecker`, `GoogleHC`, `Prometheus` and others). All connections of a client that opens them at even times,
   * with one request or none each. Left out where there is none.
   */
  readonly healthChecks?: number
}

/**
 * Idle gaps by how they ended, by group, by octave: the first count is of gaps below 1 ms, the next of 1 to 2 ms, then 2 to 4
 * and so on; trailing zeros are left out. They sum to `histograms.idleGap`. There are 16 groups, drawn at random, to which
 * clients belong with all their connections; those of a client that has many of all connections are spread over the groups.
 * How much the groups differ tells how alike the gaps of one client, or one connection, are.
 */
export type IdleGroups = Readonly<
  Record<'reused' | 'clientClosed' | 'cutOff', readonly (readonly number[])[]>
>

/** Idle gaps by the period of time in which they ended, by octave. All periods are of the same length, in ms; the first one begins at `since`. */
export type IdlePeriods = IdleGroups & { readonly length: number }

/** The ledger as plain JSON. `opened` = `open` + `closed` + `released`; `reasons` and `closedBy` each sum to `closed`, `appCloses` to the reason `app`. */
export interface Snapshot {
  /** Version of this shape. */
  readonly version: 2
  /** When it was taken: Unix time in ms. */
  readonly takenAt: number
  /** Since when it counts: Unix time in ms. */
  readonly since: number
  /** Processes it speaks of; above 1 after a merge, 0 after one of nothing. */
  readonly processes: number
  /** The idle timeouts in force when it was taken, in ms; `null` where merged processes differ. */
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
    /** Those of the reason `app`, by how the app closed. */
    readonly appCloses: Readonly<Record<AppClose, number>>
  }
  readonly requests: {
    /** Handed to the app. */
    readonly total: number
    /** Of those, answered whole. */
    readonly answered: number
    /** Of those, not the first on their connection. */
    readonly reused: number
    /** Of those, HTTP/2 requests that came while others of their session were under way; 0 in version 1. */
    readonly concurrent: number
    /** Answered by Node with an error (400, 408, 431), or refused behind our GOAWAY: never seen by the app. */
    readonly refused: number
    /** Of the refused, HTTP/2 requests behind our GOAWAY: their clients may retry all of them; 0 in version 1. */
    readonly refusedRetryable: number
    /** Pipelined behind a closing response: not executed. */
    readonly dropped: number
    /** Arrived after our FIN: not executed. */
    readonly late: number
    /** Of the late ones, those on a connection whose last response had said `Connection: close`. */
    readonly lateAfterClose: number
    /** Reuses after an idle gap longer than advertised: within the buffer, and so a near miss. */
    readonly nearMisses: number
  }
  /**
   * `Keep-Alive: timeout=` of the app's own responses, or of a backend's that the app passes on, where it differs from
   * what the server would say: it is the first, second, fourth, eighth response and so on of a connection that is looked at.
   */
  readonly appHints: {
    /** Responses seen to say so. */
    readonly responses: number
    /** The shortest and the longest, in s; `null` where there is none. */
    readonly least: number | null
    readonly most: number | null
  }
  readonly histograms: {
    /**
     * Idle gaps in ms, by how they ended. `reused`: by the next request or upgrade; a pipelined request was held until
     * then, so its gap is about 0. `clientClosed`: by the client's FIN or RST. `cutOff`: by anything else (our idle
     * timeout, eviction, drain, an error answer, the network, `detach()`). Together with the idle connections of now
     * these are all the idle intervals that have begun.
     */
    readonly idleGap: Readonly<Record<'reused' | 'clientClosed' | 'cutOff', Histogram>>
    /** How long the connections that are idle now have been: of the 1,000 that wait longest, in ms. */
    readonly idleNow: Histogram
    /** Age of closed connections at their close, in ms. */
    readonly age: Histogram
    /** Requests per closed connection; its sum is `requests.total` less those of connections open or released. */
    readonly requestsPerConnection: Histogram
    /** Requests under way on an HTTP/2 session as one more comes to it, with that one: a value for each; empty in version 1. */
    readonly requestsAtOnce: Histogram
    /**
     * From accept to the first request's hand-over to the app, in ms. Connections whose accept the kit did not see are
     * left out.
     */
    readonly firstRequest: Histogram
    /** TLS handshakes that succeeded, from accept, in ms. */
    readonly tlsHandshake: Histogram
  }
  readonly idleGroups: IdleGroups
  /** The same by periods of time; left out by earlier releases. */
  readonly idlePeriods?: IdlePeriods
  /** Clients that opened a connection after our idle timeout had closed one of theirs. */
  readonly returns: {
    /** Connections closed by the idle timeout, of clients with a row in the table. */
    readonly timedOut: number
    /**
     * From the last response on such a connection to the client's next connection, in ms. Each connection opened stands for
     * one of those closed; where there are several, the gap is that of the one closed last.
     */
    readonly gaps: Histogram
    /**
     * Connections whose client lost its row in the table before it came back, by the time from the last response until then, in
     * ms. Whether those clients came back later is not known.
     */
    readonly forgotten: Histogram
    /** Connections whose client has not come back yet, by the time since the last response, in ms. */
    readonly waiting: Histogram
    /** Connections whose address was not looked up: whether they are returns is not known. */
    readonly notLookedUp: number
  }
  /**
   * The last minute and the last quarter of an hour, beside the totals. They are kept in slots of 1 s and 15 s: each is
   * longer by what has passed of the slot under way, and shorter only while it counts for less long.
   */
  readonly windows: {
    readonly minute: Counts
    readonly quarterHour: Counts
  }
  /** By client address; rows and `other` sum to `connections.opened`, `requests.total` and `connections.reasons`. */
  readonly clients: {
    /** Those with most connections first, at most the table's cap. */
    readonly rows: readonly ClientRow[]
    readonly other: ClientRow
  }
}

/** A snapshot without the clients: what costs the same whatever the traffic. */
export type Summary = Omit<Snapshot, 'clients'>
