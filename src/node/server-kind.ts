import type { IncomingMessage, Server } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import { Server as NetServer } from 'node:net'
import { Server as TlsServer } from 'node:tls'

/**
 * Whether it is what `http2.createServer()` or `createSecureServer()` makes: those have no class that could be asked for
 * without loading node:http2, and `updateSettings()` is theirs alone.
 */
export function isHttp2(server: unknown): boolean {
  return (
    server instanceof NetServer &&
    typeof (server as { updateSettings?: unknown }).updateSettings === 'function'
  )
}

/** Whether connections begin by a TLS handshake. */
export function isSecure(server: unknown): boolean {
  return server instanceof TlsServer
}

/** Whether HTTP/1.1 may come by a server: Node gives its timeouts to an HTTP/2 server only with `allowHTTP1`. */
export function speaksHttp1(server: object): boolean {
  return 'requestTimeout' in server
}

/** The server that a request came by. The socket of an HTTP/2 request is a proxy, which costs, and may throw. */
export function serverOf(req: IncomingMessage): Server | undefined {
  if (req.httpVersionMajor !== 2) return (req.socket as { server?: Server } | null | undefined)?.server
  const { stream } = req as { stream?: { session?: ServerHttp2Session } }
  return stream?.session?.server as unknown as Server | undefined
}
