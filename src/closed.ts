import type { AppClose, ClosedBy, CloseReason } from './reasons.ts'

/** The record of one closed connection: what `log` and the close channel get. Times in ms, whole numbers. */
export interface ClosedConnection {
  /** Counts from 1 per process. */
  readonly id: number
  /** Requests handed to the app. */
  readonly requests: number
  /**
   * `requests` − 1, never below 0. Apache's `%k` repeats the number before on a response that closes the connection, unless
   * its own cap closes it: see docs/logs.md#apaches-k-and-x.
   */
  readonly reused: number
  /** From accept to close. */
  readonly age: number
  /** How long the connection had been idle when its close began; 0 where it was not idle. */
  readonly idleAtClose: number
  readonly closedBy: ClosedBy
  readonly reason: CloseReason
  /** Requests that arrived after our FIN and could not be answered: 100 at most. */
  readonly late: number
  /** Requests pipelined behind a closing response: never executed, never answered (RFC 9112 §9.6). */
  readonly dropped: number
  /** Bytes received, after TLS. */
  readonly bytesRead: number
  /** Bytes sent, before TLS: those that Node has handed to the system. */
  readonly bytesWritten: number
  /** `undefined` on a Unix socket. Masked where `maskAddresses` is set. */
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  /** The TLS version negotiated, e.g. `TLSv1.3`; `null` without TLS. */
  readonly tls: string | null
  /** HTTP version of the last request, `1.1` or `1.0`; `undefined` when there was none. */
  readonly protocol: string | undefined
  /** When the connection closed, in Unix ms. */
  readonly closedAt: number
  /** The server's side: what a proxy calls its target. `undefined` on a Unix socket, and where `log` is not set. */
  readonly localAddress: string | undefined
  readonly localPort: number | undefined
  /** How the app closed the connection, where `reason` is `app`. */
  readonly appClose: AppClose | undefined
}
