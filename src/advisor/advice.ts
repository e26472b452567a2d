/**
 * The advisor's result: plain JSON. Times in ms, shares from 0 to 1, rates per second for all processes together.
 *
 * An *idle interval* begins when a response ends on a connection that stays open. It ends by reuse or by the client's
 * close, or it is cut off. All estimates are for the observed traffic under another timeout.
 */
export interface Advice {
  /** Version of the format. */
  readonly version: 1
  readonly observed: Observed
  /** Reuse and cost for each timeout, ascending, up to the longest observed wait. Empty without intervals. */
  readonly curve: readonly CurvePoint[]
  /** What longer timeouts may bring; `null` if nothing is known about clients that came back. */
  readonly beyond: Beyond | null
  readonly recommended: Recommendation
  readonly warnings: readonly AdviceWarning[]
}

/** The data behind the advice: counted, not estimated, unless stated otherwise. */
export interface Observed {
  /** How long the traffic was observed, in ms. `null` if the source does not say; then there are no rates. */
  readonly duration: number | null
  /** Requests in that time. */
  readonly requests: number
  readonly requestsPerSecond: number | null
  /** Requests that were not the first on their connection. */
  readonly requestsReused: number
  /** Idle intervals, by how they ended. `open` have not ended yet and count as cut off now. */
  readonly intervals: {
    readonly total: number
    readonly reused: number
    readonly clientClosed: number
    readonly cutOff: number
    readonly open: number
  }
  /** Idle intervals that began per second: λ. */
  readonly intervalsPerSecond: number | null
  /** The idle timeout in force, in ms; `null` if it is unknown or was not the same everywhere. */
  readonly keepAliveTimeout: number | null
  /** How long the server kept connections beyond the timeout, in ms. The estimates assume that it stays the same. */
  readonly keepAliveTimeoutBuffer: number
  /** The end of the curve, in ms: the longest wait with enough intervals for an estimate, minus the buffer. */
  readonly horizon: number
  /** Reuse at the horizon: the maximum that can be promised for longer timeouts. */
  readonly reachableReuse: number
  /**
   * By which factor the variance of reuse is larger than for independent intervals, on average along the curve. Intervals
   * are not independent if the gaps of one client are alike. Computed from groups of clients or connections. `null` if the
   * source has no groups; then the confidence intervals are too narrow for bursts.
   */
  readonly designEffect: number | null
  readonly costs: Costs
}

/** What a connection costs, and where the number comes from. */
export interface Costs {
  /** Resident memory of an idle connection, in bytes. */
  readonly idleConnection: Cost
  /** Time until a new connection can carry a request, in ms: the TLS handshake, or 0 without TLS. */
  readonly handshake: Cost
}

export interface Cost {
  readonly value: number
  /** `given` in the options, `measured` on the observed server, or the documented `default`. */
  readonly source: 'given' | 'measured' | 'default'
}

/** Reuse and cost of one timeout. */
export interface CurvePoint {
  /** As `keepAliveTimeout`, in ms. The server keeps a connection for this time plus `observed.keepAliveTimeoutBuffer`. */
  readonly timeout: number
  /**
   * Share of the idle intervals that a request ends within the timeout: R(T), the cumulative incidence of reuse by the
   * Aalen–Johansen estimator. The client's close is the competing risk.
   */
  readonly reuse: number
  /**
   * The 95% confidence interval of `reuse`: Wilson's score interval for the effective sample size. If a timeout lies within
   * a bin of the counts, the interval also covers what is unknown within the bin.
   */
  readonly reuseLow: number
  readonly reuseHigh: number
  /** Requests and upgrades per second − λ·R(T); `null` without rates. */
  readonly newConnectionsPerSecond: number | null
  /** The same at `reuseHigh` and `reuseLow`; `null` without rates. */
  readonly newConnectionsPerSecondLow: number | null
  readonly newConnectionsPerSecondHigh: number | null
  /** Average number of idle connections: λ·∫₀ᵀ S(t) dt (Little's law); `null` without rates. */
  readonly idleConnections: number | null
  /** Memory of the idle connections, in bytes: their number times `observed.costs.idleConnection`; `null` without rates. */
  readonly idleMemory: number | null
}

/**
 * Clients that came back after we had closed one of their idle connections. The advisor assumes that a longer timeout would
 * have bridged the gap: the client would have kept and used the connection. So these are upper bounds, separate from the
 * curve. A client that lost its row in the client table, or has not come back yet, counts for as long as it was remembered.
 * The points end where too few clients were remembered long enough.
 */
export interface Beyond {
  /** The assumption, as a sentence. */
  readonly assumption: string
  /** Idle connections that we closed and whose client was remembered. */
  readonly closed: number
  /** How many of their clients have opened another connection since. */
  readonly returned: number
  /** How many of their clients lost their row in the client table before they came back. */
  readonly forgotten: number
  /** Reuse by longer timeouts, ascending, if the assumption holds. */
  readonly points: readonly BeyondPoint[]
}

export interface BeyondPoint {
  /** As `keepAliveTimeout`, in ms. */
  readonly timeout: number
  /** Share of the idle intervals: reuse at the horizon, plus the cut-off intervals whose client had come back by then. */
  readonly reuse: number
}

export interface Recommendation {
  /** In ms; `null` if there is not enough data. */
  readonly keepAliveTimeout: number | null
  /** One or two sentences: what decided, and what the timeout costs. */
  readonly why: string
}

/** What to know before you follow the advice. */
export interface AdviceWarning {
  readonly code: AdviceWarningCode
  readonly message: string
}

/**
 * - `too-few-intervals`: no advice, or only a rough one.
 * - `short-observation`: the observation is too short for the longest waits.
 * - `constraints-contradict`: two constraints contradict each other; the message names them.
 * - `beyond-horizon`: the recommended timeout is longer than any observed wait.
 * - `still-rising`: reuse rises up to the horizon, so a longer timeout may bring more.
 * - `client-timeout`: the clients have their own idle timeout; a server that closes before them loses requests.
 * - `clients-follow`: the clients close just before our timeout, as clients do that obey the `Keep-Alive` header.
 * - `pool-rotates`: pools do not take the most recently used connection; below the timeout in force the curve is a lower
 *   bound of reuse.
 * - `timeout-varied`: the timeout in force changed, or differed between processes.
 * - `no-rates`: the source does not say how long it observed the traffic.
 * - `closes-unseen`: the source does not show when clients close; the numbers of idle connections are upper bounds.
 * - `times-rounded`: the source rounds its times; the shares at short timeouts are unreliable.
 * - `dependent-intervals`: intervals are alike within a client, a connection or a period, or this is unknown.
 * - `seconds-meant`: a time in the options is so short that seconds were probably meant.
 */
export type AdviceWarningCode =
  | 'too-few-intervals'
  | 'short-observation'
  | 'constraints-contradict'
  | 'beyond-horizon'
  | 'still-rising'
  | 'client-timeout'
  | 'clients-follow'
  | 'pool-rotates'
  | 'timeout-varied'
  | 'no-rates'
  | 'closes-unseen'
  | 'times-rounded'
  | 'dependent-intervals'
  | 'seconds-meant'
