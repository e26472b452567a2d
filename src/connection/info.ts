import { maskAddress } from '../address.ts'
import type { ClosedConnection } from '../closed.ts'
import type { State } from '../reasons.ts'
import type { ConnectionRecord } from './record.ts'
import { type Requested, recordOfRequest } from './registry.ts'
import type { Explanation } from './verdict.ts'

/** What is known of a live connection, as of the moment it was asked for. Times in ms, whole numbers. */
export interface ConnectionInfo {
  /** Counts from 1 per process (nginx `$connection`). */
  readonly id: number
  /** Request number of the latest request: 1 for the first (nginx `$connection_requests`). */
  readonly requests: number
  /**
   * `requests` − 1, never below 0. On a response that closes the connection, Apache's `%k` repeats the previous number,
   * unless Apache's own cap closes it: see docs/logs.md#apaches-k-and-x.
   */
  readonly reused: number
  /** Since accept. */
  readonly age: number
  /** The idle gap before the latest request; 0 before the first. */
  readonly idleBefore: number
  /** How long idle now; 0 when not idle. */
  readonly idle: number
  readonly state: State
  /** `undefined` on a Unix socket. Masked where `maskAddresses` is set. */
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  /** The TLS version negotiated, e.g. `TLSv1.3`; `null` without TLS. */
  readonly tls: string | null
  /** Requests under way: 1 at most, but on HTTP/2. */
  readonly activeRequests: number
  /** The most requests that were under way at once: 1 at most, but on HTTP/2. */
  readonly peakRequests: number
  /** HTTP version of the latest request, `1.1`, `1.0` or `2.0`. */
  readonly protocol: string | undefined
  /** Bytes received, after TLS. */
  readonly bytesRead: number
  /** Bytes sent, before TLS. */
  readonly bytesWritten: number
}

/**
 * The connection that a request came by, or `undefined` where the kit has no record of it: its server is not
 * attached, or the request was injected without a socket.
 *
 * @param req - a request of node:http, of HTTP/2's compatibility API, or an HTTP/2 stream.
 */
export function connectionOf(req: Requested): ConnectionInfo | undefined {
  const record = recordOfRequest(req)
  return record && infoOf(record)
}

export function infoOf(record: ConnectionRecord): ConnectionInfo {
  return {
    id: record.id,
    requests: record.requests,
    reused: reuses(record),
    age: Math.round(record.age()),
    idleBefore: record.idleBefore,
    idle: Math.round(record.idleFor()),
    state: record.state,
    activeRequests: record.activeRequests,
    peakRequests: record.peakRequests,
    remoteAddress: shownAddress(record),
    remotePort: record.remotePort,
    tls: record.tls,
    protocol: record.protocol,
    bytesRead: record.bytesRead(),
    bytesWritten: record.bytesWritten(),
  }
}

export function closedOf(record: ConnectionRecord, { reason, closedBy }: Explanation): ClosedConnection {
  const { marks } = record
  return {
    id: record.id,
    requests: record.requests,
    reused: reuses(record),
    age: Math.round(record.age()),
    idleAtClose: marks.idleAtClose,
    closedBy,
    reason,
    late: marks.late,
    dropped: marks.dropped,
    bytesRead: record.bytesRead(),
    bytesWritten: record.bytesWritten(),
    remoteAddress: shownAddress(record),
    remotePort: record.remotePort,
    tls: record.tls,
    protocol: record.protocol,
    closedAt: Date.now(),
    localAddress: record.local?.address,
    localPort: record.local?.port,
    appClose: reason === 'app' ? record.appClose : undefined,
  }
}

/** As it may be shown. */
export function shownAddress({ masksAddress, remoteAddress }: ConnectionRecord): string | undefined {
  return remoteAddress !== undefined && masksAddress ? maskAddress(remoteAddress) : remoteAddress
}

const reuses = (record: ConnectionRecord): number => Math.max(0, record.requests - 1)
