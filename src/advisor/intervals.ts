import type { Histogram } from '../stats/snapshot.ts'

/**
 * Idle intervals from anywhere but a snapshot: an access log, a monitoring system. Counts over bins that are given by their
 * bounds, by how the intervals ended. A list may end early: the rest is zero.
 */
export interface Intervals {
  /** The upper bounds of the bins, ascending, in ms; the first bin begins at 0, the last bound may be `Infinity`. */
  readonly bounds: readonly number[]
  /** Ended by a request. */
  readonly reused: readonly number[]
  /** Ended by the client. */
  readonly clientClosed: readonly number[]
  /** Ended by the server or the network. */
  readonly cutOff: readonly number[]
  /** Not ended by the end of the observation, by their length until then. */
  readonly open?: readonly number[] | undefined
  /** The sums of the cut-off gaps by bin, in ms, which say where in a bin they lie. Without them: in the middle. */
  readonly cutOffSums?: readonly number[] | undefined
  /** The same for the gaps that the client ended. */
  readonly clientClosedSums?: readonly number[] | undefined
  /**
   * The same counts by groups of clients, or of connections, drawn at random, such as by address modulo 16: what tells how
   * alike the intervals of one client are. Each over `groupBounds`.
   */
  readonly groups?: readonly GroupCounts[] | undefined
  /** The same counts by periods of time of equal length: what tells how much the traffic varies. Each over `groupBounds`. */
  readonly periods?: readonly GroupCounts[] | undefined
  /** The upper bounds of the groups' and periods' bins; those of `bounds` where left out. */
  readonly groupBounds?: readonly number[] | undefined
  /** How long the traffic was watched, in ms. Without it there are no rates. */
  readonly duration?: number | undefined
  readonly requests: number
  /** Upgrades (WebSockets, CONNECT): each takes a connection, as a request does, and is not among the requests. @default 0 */
  readonly upgrades?: number | undefined
  /** Of the requests, those that came while others of their HTTP/2 session were under way. @default 0 */
  readonly concurrent?: number | undefined
  /** Of the requests, not the first on their connection. */
  readonly requestsReused: number
  /** The idle timeout that was in force, in ms. */
  readonly keepAliveTimeout?: number | null | undefined
  /** How much longer connections were kept, in ms. @default 0 */
  readonly keepAliveTimeoutBuffer?: number | undefined
  /** True where the source does not show when clients close: their ends are among those cut off. */
  readonly closesUnseen?: boolean | undefined
  /** By how much each idle gap may be wrong, as the source rounds its times, in ms. @default 0 */
  readonly gapError?: number | undefined
  /** Requests that reused a connection later than `keepAliveTimeout`, within the buffer. @default 0 */
  readonly nearMisses?: number | undefined
  /** TLS handshakes: how many, and their durations' sum in ms. */
  readonly tlsHandshake?: Pick<Histogram, 'count' | 'sum'> | undefined
}

/** The counts of one group. */
export interface GroupCounts {
  readonly reused: readonly number[]
  readonly clientClosed: readonly number[]
  readonly cutOff: readonly number[]
}
