import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest, ServerHttp2Stream } from 'node:http2'
import { Connection } from './connection.ts'
import type { ConnectionRecord } from './record.ts'

/** A property of the socket itself: every request looks it up, and a WeakMap costs more. */
const key = Symbol('keepalive-kit.connection')

interface Marked {
  [key]?: ConnectionRecord | undefined
}

/** A request: of node:http, of HTTP/2's compatibility API, or an HTTP/2 stream. */
export type Requested = IncomingMessage | Http2ServerRequest | ServerHttp2Stream

/**
 * The record of a socket, or of an HTTP/2 session or stream, if the kit follows it. Takes whatever a framework may call
 * a socket.
 */
export function recordOf(owner: object | undefined | null): ConnectionRecord | undefined {
  return (owner as Marked | undefined | null)?.[key]
}

/** The record of a socket that HTTP/1.1 requests come by. */
export function http1ConnectionOf(socket: object | undefined | null): Connection | undefined {
  const record = recordOf(socket)
  return record instanceof Connection ? record : undefined
}

/** The record of the connection that a request came by. The socket of an HTTP/2 request is a proxy that may throw. */
export function recordOfRequest(req: Requested): ConnectionRecord | undefined {
  const asked = req as Partial<Http2ServerRequest & IncomingMessage>
  return asked.httpVersionMajor === 2 ? recordOf(asked.stream) : (recordOf(asked.socket) ?? recordOf(req))
}

export function remember(owner: object, record: ConnectionRecord): void {
  const marked = owner as Marked
  marked[key] = record
}

export function forget(owner: object): void {
  delete (owner as Marked)[key]
}
