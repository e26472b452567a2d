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

/** The record of a socket or of an HTTP/2 session, if the kit follows it. Takes whatever a framework may call a socket. */
export function recordOf(owner: object | undefined | null): ConnectionRecord | undefined {
  return (owner as Marked | undefined | null)?.[key]
}

/** The record of a socket that HTTP/1.1 requests come by. */
export function http1ConnectionOf(socket: object | undefined | null): Connection | undefined {
  const record = recordOf(socket)
  return record instanceof Connection ? record : undefined
}

/**
 * The record of the session that a stream is of. A stream forgets its session when it ends, and `detach()` makes the session
 * forget its record: then the listener tells that has followed the stream. A property of the stream would cost its request
 * 3% (h2load, Node 24).
 */
export function recordOfStream(stream: Followable | undefined | null): ConnectionRecord | undefined {
  if (!stream || isPushed(stream)) return undefined
  const record = recordOf(stream.session)
  if (record) return record
  if (typeof stream.listeners !== 'function') return undefined
  // The last: after detach() another kit may have followed the stream.
  return recordOf(stream.listeners('close').findLast(recordOf))
}

/** What is read of a stream; a framework may call something else so. */
type Followable = Partial<Pick<ServerHttp2Stream, 'id' | 'listeners'>> & {
  readonly session?: object | undefined
}

/** RFC 9113 §5.1.1: a server's own streams have even numbers. No request came by them. */
function isPushed({ id }: Followable): boolean {
  return typeof id === 'number' && id % 2 === 0
}

/** The record of the connection that a request came by. The socket of an HTTP/2 request is a proxy that may throw. */
export function recordOfRequest(req: Requested): ConnectionRecord | undefined {
  const asked = req as Partial<Http2ServerRequest & IncomingMessage>
  if (asked.httpVersionMajor === 2) return recordOfStream(asked.stream)
  const record = recordOf(asked.socket)
  // A request of HTTP/1 is no stream: its `session` is the app's own.
  return record || asked.httpVersionMajor ? record : recordOfStream(req as ServerHttp2Stream)
}

export function remember(owner: object, record: ConnectionRecord): void {
  const marked = owner as Marked
  marked[key] = record
}

export function forget(owner: object): void {
  delete (owner as Marked)[key]
}
