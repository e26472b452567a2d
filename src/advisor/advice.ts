/**
 * What the advisor answers: plain JSON. Times in ms, shares from 0 to 1, rates per second of all processes together.
 *
 * An *idle interval* begins when a response ends on a connection that is kept, and ends by reuse, by the client's close,
 * or is cut off. All estimates are for traffic like that observed, served under another timeout.
 */
export interface Advice {
  /** Version of this shape. */
  readonly version: 1
  readonly observed: Observed
  /** The price of every timeout, ascending: no point lies beyond the longest wait observed. Empty without intervals. */
  readonly curve: readonly CurvePoint[]
  /** What longer timeouts might bring; `null` where nothing is known of clients that came back. */
  readonly beyond: Beyond | null
  readonly recommended: Recommendation
  readonly warnings: readonly AdviceWarning[]
}

/** What the advice rests on: counted, not estimated, unless said otherwise. */
export interface Observed {
  /** How long the traffic was watched, in ms; `null` where the source does not say, and then there are no rates. */
  readonly duration: number | null
  /** Requests in that time. */
  readonly requests: number
  readonly requestsPerSecond: number | null
  /** Of those, not the first on their connection. */
  readonly requestsReused: number
  /** Idle intervals, by how they ended; `open` have not ended yet, and count as cut off where they are now. */
  readonly intervals: {
    readonly total: number
    readonly reused: number
    readonly clientClosed: number
    readonly cutOff: number
    readonly open: number
  }
  /** Idle intervals begun per second: λ. */
  readonly intervalsPerSecond: number | null
  /** The idle timeout in force, in ms; `null` where it is not known, or was not the same everywhere. */
  readonly keepAliveTimeout: number | null
  /** How long the server kept connections beyond the timeout, in ms; the estimates assume that it goes on doing so. */
  readonly keepAliveTimeoutBuffer: number
  /** The longest wait that was watched by enough intervals to say anything, in ms, the buffer taken off: the curve's end. */
  readonly horizon: number
  /** What reuse is at the horizon: all that can be promised of longer timeouts. */
  readonly reachableReuse: number
  /**
   * How many times larger the variance of reuse is than if intervals were independent, which they are not where the gaps
   * of one client are alike: on average along the curve. From groups of clients or connections; `null` where the source has none,
   * and then the intervals of confidence are too narrow for bursts.
   */
  readonly designEffect: number | null
  readonly costs: Costs
}

/** What a connection costs, and where the number is from. */
export interface Costs {
  /** Resident memory of an idle connection, in bytes. */
  readonly idleConnection: Cost
  /** Time until a new connection can carry a request, in ms: the TLS handshake where there are some, else 0. */
  readonly handshake: Cost
}

export interface Cost {
  readonly value: number
  /** `given` in the options, `measured` on the server observed, or the `default` that the documentation states. */
  readonly source: 'given' | 'measured' | 'default'
}

/** What one timeout brings and costs. */
export interface CurvePoint {
  /** As `keepAliveTimeout`, in ms: a connection is kept for this and the buffer (`observed.keepAliveTimeoutBuffer`). */
  readonly timeout: number
  /**
   * Share of the idle intervals that a request ends within the timeout: R(T), the cumulative incidence of reuse by the
   * Aalen–Johansen estimator, with the client's close as competing risk.
   */
  readonly reuse: number
  /**
   * The 95% interval of confidence of `reuse`: Wilson's score interval for the effective sample size. Where a timeout
   * lies within a bin of the counts, it spans what the bin leaves open too.
   */
  readonly reuseLow: number
  readonly reuseHigh: number
  /** Requests and upgrades per second − λ·R(T); `null` without rates. */
  readonly newConnectionsPerSecond: number | null
  /** What it is at `reuseHigh` and `reuseLow`; `null` without rates. */
  readonly newConnectionsPerSecondLow: number | null
  readonly newConnectionsPerSecondHigh: number | null
  /** Connections idle on average: λ·∫₀ᵀ S(t) dt (Little's law); `null` without rates. */
  readonly idleConnections: number | null
  /** Memory of those, in bytes: times `observed.costs.idleConnection`; `null` without rates. */
  readonly idleMemory: number | null
}

/**
 * Clients that came back after we had closed an idle connection of theirs. Their gap is taken to be one that a longer
 * timeout would have bridged: that the client would have kept the connection so long, and used that one. So these are upper
 * bounds, kept apart from the curve. A client that has lost its row in the client table, or has not come back yet, counts for as
 * long as it was remembered: the points end where too few clients are remembered for so long.
 */
export interface Beyond {
  /** The assumption, in a sentence. */
  readonly assumption: string
  /** Idle connections that we closed, and whose client was remembered. */
  readonly closed: number
  /** Of those, how many had their client open another since. */
  readonly returned: number
  /** Of those, how many had their client lose its row in the client table before it came back. */
  readonly forgotten: number
  /** Reuse by longer timeouts, ascending, if the assumption holds. */
  readonly points: readonly BeyondPoint[]
}

export interface BeyondPoint {
  /** As `keepAliveTimeout`, in ms. */
  readonly timeout: number
  /** Share of the idle intervals: that of the horizon, and those of the cut-off ones whose client was back by then. */
  readonly reuse: number
}

export interface Recommendation {
  /** In ms; `null` where there is too little to go by. */
  readonly keepAliveTimeout: number | null
  /** One or two sentences: what decided, and what it costs. */
  readonly why: string
}

/** What to know before following the advice. */
export interface AdviceWarning {
  readonly code: AdviceWarningCode
  readonly message: string
}

/**
 * - `too-few-intervals`: no advice, or a rough one.
 * - `short-observation`: watched for less than some timeouts' length.
 * - `constraints-contradict`: two of the constraints; the message says which.
 * - `beyond-horizon`: the recommended timeout is longer than any wait that was watched.
 * - `still-rising`: reuse rises up to the horizon: a longer timeout may bring more.
 * - `client-timeout`: the clients close at a time of their own; a server that closes before them loses requests.
 * - `clients-follow`: the clients close just before our timeout, as those do that obey the `Keep-Alive` header.
 * - `pool-rotates`: pools do not take the connection used last: below the timeout in force the curve is a lower bound of reuse.
 * - `timeout-varied`: the timeout in force was not the same everywhere, all the time.
 * - `no-rates`: the source does not say for how long it watched.
 * - `closes-unseen`: the source does not show when clients close: idle connections are upper bounds.
 * - `times-rounded`: the source rounds its times: shares at short timeouts say little.
 * - `dependent-intervals`: intervals come in alike bunches, or nothing is known of it.
 * - `seconds-meant`: a time among the options is so short that seconds were probably meant.
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
