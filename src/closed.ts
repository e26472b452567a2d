import type { AppClose, ClosedBy, CloseReason } from './reasons.ts'

/** The record of one closed connection, for `log` and the close channel. Times in ms, whole numbers. */
export interface ClosedConnection {
  /** Counts from 1 per process. */
  readonly id: number
  /** Requests handed to the app. */
  readonly requests: number
  /**
   * `requests` − 1, never below 0. On a response that closes the connection, Apache's `%k` repeats the previous number, unless
   * Apache's own cap closes it: see docs/logs.md#apaches-k-and-x.
   */
  readonly reused: number
  /** From accept to close. */
  readonly age: number
  /** How long the connection had been idle when its close began; 0 if it was not idle. */
  readonly idleAtClose: number
  readonly closedBy: ClosedBy
  readonly reason: CloseReason
  /** Requests that arrived after our FIN and got no answer: at most 100. */
  readonly late: number
  /** Requests pipelined after a closing response: never executed, never answered (RFC 9112 §9.6). */
  readonly dropped: number
  /** Bytes received, after TLS. */
  readonly bytesRead: number
  /** Bytes sent, before TLS: those that Node handed to the operating system. */
  readonly bytesWritten: number
  /** `undefined` on a Unix socket. Masked with `maskAddresses`. */
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  /** The negotiated TLS version, e.g. `TLSv1.3`; `null` without TLS. */
  readonly tls: string | null
  /** HTTP version of the last request, `1.1` or `1.0`; `undefined` if there was no request. */
  readonly protocol: string | undefined
  /** When the connection closed, in Unix ms. */
  readonly closedAt: number
  /** The server's side: what a proxy calls its target. `undefined` on a Unix socket, and where `log` is not set. */
  readonly localAddress: string | undefined
  readonly localPort: number | undefined
  /** How the app closed the connection, where `reason` is `app`. */
  readonly appClose: AppClose | undefined
}
