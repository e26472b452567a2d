import type { AppClose, ClosedBy, CloseReason, State } from '../reasons.ts'

/**
 * Counts in fixed bins of a quarter of an octave. Bin 0 has the values below 1, and bin i those in
 * [2^((i − 1)/4), 2^(i/4)). The last bin has all values from 2^23 up (2 h 20 min in ms). The bins are the same everywhere,
 * so histograms of many processes are merged bin by bin.
 */
export interface Histogram {
  readonly count: number
  readonly sum: number
  /** Counts by bin, without trailing zeros. */
  readonly bins: readonly number[]
  /** Sums of the values by bin, without trailing zeros. Only for `idleGap.clientClosed` and `idleGap.cutOff`. */
  readonly sums?: readonly number[]
  /** Sums of the squares of the values by bin, without trailing zeros. Only where there are `sums`. */
  readonly squares?: readonly number[]
  /**
   * At how many moments the bin got a value, by bin, without trailing zeros. A moment takes 1 s. A merged histogram has the
   * maximum of all processes. Only for `idleGap.clientClosed`.
   */
  readonly moments?: readonly number[]
}

/** What happened in a period of time. */
export interface Counts {
  /** Connections accepted. */
  readonly opened: number
  /** Connections closed. */
  readonly closed: number
  /** Requests handed to the app. */
  readonly requests: number
  /** Requests that were not the first on their connection. */
  readonly reused: number
  /** Requests that arrived after our FIN. They were not executed. */
  readonly late: number
  /** Requests that were pipelined after a closing response. They were not executed. */
  readonly dropped: number
}

/** What the table knows of one client address. A client that lost its row starts again at zero. */
export interface ClientRow {
  /**
   * `192.0.2.17`, `2001:db8:1:2::/64` (all IPv6 addresses of a /64 are one client), or `unix`. Masked: `192.0.2.0/24` or
   * `2001:db8:1::/48`. `null` for all clients without a row.
   */
  readonly address: string | null
  readonly connections: number
  readonly requests: number
  readonly reused: number
  /** The client's closed connections by reason, without the reasons that did not occur. */
  readonly reasons: Readonly<Partial<Record<CloseReason, number>>>
  /** The client's latest connection, request or close: Unix time in ms; 0 for never. */
  readonly lastSeen: number
  /**
   * Connections that the client could have avoided: it opened each within 1 s of closing one after a single request.
   * Counted from the eleventh in a row on. Left out if 0.
   */
  readonly avoidable?: number
  /**
   * Connections whose first request is a health check or a scrape by its User-Agent (`kube-probe`, `ELB-HealthChecker`,
   * `GoogleHC`, `Prometheus` and others). If a client opens connections at regular intervals, each with at most one
   * request, all its connections count. Left out if 0.
   */
  readonly healthChecks?: number
}

/**
 * Idle gaps by how they ended, by group, by octave. The first count is for gaps below 1 ms, the next for 1 to 2 ms, then 2
 * to 4 ms and so on, without trailing zeros. They sum to `histograms.idleGap`. There are 16 random groups. All connections
 * of a client are in one group; those of a client with a large share of all connections are spread over the groups. The
 * difference between groups shows how alike the gaps of one client, or one connection, are.
 */
export type IdleGroups = Readonly<
  Record<'reused' | 'clientClosed' | 'cutOff', readonly (readonly number[])[]>
>

/** Idle gaps by the period in which they ended, by octave. All periods have the same length, in ms; the first begins at `since`. */
export type IdlePeriods = IdleGroups & { readonly length: number }

/** The ledger as plain JSON. `opened` = `open` + `closed` + `released`. `reasons` and `closedBy` each sum to `closed`, `appCloses` to the reason `app`. */
export interface Snapshot {
  /** Version of the format. */
  readonly version: 2
  /** When the snapshot was taken: Unix time in ms. */
  readonly takenAt: number
  /** When counting began: Unix time in ms. */
  readonly since: number
  /** Number of processes in the snapshot: above 1 after a merge, 0 after a merge of no snapshots. */
  readonly processes: number
  /** The idle timeouts in force when the snapshot was taken, in ms; `null` if merged processes differ. */
  readonly timeouts: {
    readonly keepAliveTimeout: number | null
    readonly keepAliveTimeoutBuffer: number | null
  }
  readonly connections: {
    readonly opened: number
    readonly closed: number
    /** Open connections that `detach()` left to Node. */
    readonly released: number
    /** Open now. */
    readonly open: number
    /** The open connections by state. */
    readonly states: Readonly<Record<Exclude<State, 'closed'>, number>>
    /** The closed connections by reason. */
    readonly reasons: Readonly<Record<CloseReason, number>>
    /** The closed connections by who closed them. */
    readonly closedBy: Readonly<Record<ClosedBy, number>>
    /** The connections with the reason `app`, by how the app closed them. */
    readonly appCloses: Readonly<Record<AppClose, number>>
  }
  readonly requests: {
    /** Handed to the app. */
    readonly total: number
    /** Requests that the app answered completely. */
    readonly answered: number
    /** Requests that were not the first on their connection. */
    readonly reused: number
    /** HTTP/2 requests that arrived while other requests of their session were under way; 0 in version 1. */
    readonly concurrent: number
    /** Requests that Node answered with an error (400, 408, 431), or that came after our GOAWAY. The app never saw them. */
    readonly refused: number
    /** Refused HTTP/2 requests that came after our GOAWAY. Their clients may retry all of them; 0 in version 1. */
    readonly refusedRetryable: number
    /** Requests that were pipelined after a closing response. They were not executed. */
    readonly dropped: number
    /** Requests that arrived after our FIN. They were not executed. */
    readonly late: number
    /** Late requests on a connection whose last response had said `Connection: close`. */
    readonly lateAfterClose: number
    /** Requests after an idle gap longer than the advertised timeout. Only the buffer prevented a loss: near misses. */
    readonly nearMisses: number
  }
  /**
   * `Keep-Alive: timeout=` in responses of the app, or of a backend whose responses the app passes on, where it differs
   * from what the server would send. The kit looks at the first, second, fourth, eighth response and so on of a connection.
   */
  readonly appHints: {
    /** Responses with such a header. */
    readonly responses: number
    /** The smallest and the largest timeout, in s; `null` if there is none. */
    readonly least: number | null
    readonly most: number | null
  }
  readonly histograms: {
    /**
     * Idle gaps in ms, by how they ended. `reused`: by the next request or upgrade; the gap before a pipelined request is
     * about 0. `clientClosed`: by the client's FIN or RST. `cutOff`: by anything else (our idle timeout, eviction, drain,
     * an error answer, the network, `detach()`). These gaps and the connections that are idle now are all idle intervals
     * that have begun.
     */
    readonly idleGap: Readonly<Record<'reused' | 'clientClosed' | 'cutOff', Histogram>>
    /** How long connections that are idle now have been idle, in ms: the 1,000 that have been idle longest. */
    readonly idleNow: Histogram
    /** Age of closed connections when they closed, in ms. */
    readonly age: Histogram
    /** Requests per closed connection. Its sum is `requests.total` minus the requests of open and released connections. */
    readonly requestsPerConnection: Histogram
    /** Requests under way on an HTTP/2 session as one more comes to it, with that one: a value for each; empty in version 1. */
    readonly requestsAtOnce: Histogram
    /**
     * From accept until the first request is handed to the app, in ms. Without connections whose accept the kit did not
     * see.
     */
    readonly firstRequest: Histogram
    /** Successful TLS handshakes, from accept, in ms. */
    readonly tlsHandshake: Histogram
  }
  readonly idleGroups: IdleGroups
  /** The same gaps by period; snapshots of earlier releases do not have it. */
  readonly idlePeriods?: IdlePeriods
  /** Clients that opened a connection after our idle timeout had closed one of theirs. */
  readonly returns: {
    /** Connections of clients with a row in the table that the idle timeout closed. */
    readonly timedOut: number
    /**
     * From the last response on such a connection to the client's next connection, in ms. Each new connection replaces one
     * closed connection; if there are several, the one that closed last gives the gap.
     */
    readonly gaps: Histogram
    /**
     * Connections whose client lost its row before it came back: the time from the last response until then, in ms. It is
     * not known whether these clients came back later.
     */
    readonly forgotten: Histogram
    /** Connections whose client has not come back yet: the time since the last response, in ms. */
    readonly waiting: Histogram
    /** New connections whose address was not looked up: it is not known whether they are returns. */
    readonly notLookedUp: number
  }
  /**
   * The last minute and the last quarter of an hour. They are kept in slots of 1 s and 15 s, so each window also covers the
   * part of the current slot that has passed. A window is shorter only while the kit has counted for less time.
   */
  readonly windows: {
    readonly minute: Counts
    readonly quarterHour: Counts
  }
  /** By client address; rows and `other` sum to `connections.opened`, `requests.total` and `connections.reasons`. */
  readonly clients: {
    /** Most connections first, at most as many as the option `clients` allows. */
    readonly rows: readonly ClientRow[]
    readonly other: ClientRow
  }
}

/** A snapshot without the clients: its cost does not depend on the traffic. */
export type Summary = Omit<Snapshot, 'clients'>
