import type { Histogram } from '../stats/snapshot.ts'

/**
 * Idle intervals from a source other than a snapshot, such as an access log or a monitoring system: counts by bin, by how
 * the intervals ended. A list may be shorter than `bounds`: the rest is zero.
 */
export interface Intervals {
  /** The upper bounds of the bins, ascending, in ms. The first bin begins at 0. The last bound may be `Infinity`. */
  readonly bounds: readonly number[]
  /** Ended by a request. */
  readonly reused: readonly number[]
  /** Ended by the client. */
  readonly clientClosed: readonly number[]
  /** Ended by the server or the network. */
  readonly cutOff: readonly number[]
  /** Not ended when the observation ended, by their length until then. */
  readonly open?: readonly number[] | undefined
  /** The sums of the cut-off gaps by bin, in ms. Without them, the gaps are assumed to lie in the middle of their bin. */
  readonly cutOffSums?: readonly number[] | undefined
  /** The same sums for the gaps that clients ended. */
  readonly clientClosedSums?: readonly number[] | undefined
  /**
   * The same counts by random groups of clients or connections, for example by address modulo 16. They show how alike the
   * intervals of one client are. Each group uses `groupBounds`.
   */
  readonly groups?: readonly GroupCounts[] | undefined
  /** The same counts by periods of equal length. They show how much the traffic varies. Each period uses `groupBounds`. */
  readonly periods?: readonly GroupCounts[] | undefined
  /** The upper bounds of the groups' and periods' bins; `bounds` if left out. */
  readonly groupBounds?: readonly number[] | undefined
  /** How long the traffic was observed, in ms. Without it there are no rates. */
  readonly duration?: number | undefined
  readonly requests: number
  /** Upgrades (WebSockets, CONNECT). Each needs a connection, as a request does, and is not in `requests`. @default 0 */
  readonly upgrades?: number | undefined
  /** Requests that arrived while other requests of their HTTP/2 session were under way. @default 0 */
  readonly concurrent?: number | undefined
  /** Requests that were not the first on their connection. */
  readonly requestsReused: number
  /** The idle timeout that was in force, in ms. */
  readonly keepAliveTimeout?: number | null | undefined
  /** How much longer connections were kept, in ms. @default 0 */
  readonly keepAliveTimeoutBuffer?: number | undefined
  /** True if the source does not show when clients close. Those intervals are then in `cutOff`. */
  readonly closesUnseen?: boolean | undefined
  /** Maximum error of an idle gap, in ms, because the source rounds its times. @default 0 */
  readonly gapError?: number | undefined
  /** Requests that reused a connection later than `keepAliveTimeout`, within the buffer. @default 0 */
  readonly nearMisses?: number | undefined
  /** TLS handshakes: their number, and the sum of their durations in ms. */
  readonly tlsHandshake?: Pick<Histogram, 'count' | 'sum'> | undefined
}

/** The counts of one group. */
export interface GroupCounts {
  readonly reused: readonly number[]
  readonly clientClosed: readonly number[]
  readonly cutOff: readonly number[]
}
