import { Server as NetServer } from 'node:net'

/**
 * Whether it is what `http2.createServer()` or `createSecureServer()` makes: those have no class that could be asked for
 * without loading node:http2, and `updateSettings()` is theirs alone.
 */
export function isHttp2(server: unknown): boolean {
  return server instanceof NetServer && typeof (server as { updateSettings?: unknown }).updateSettings === 'function'
}

/** Whether HTTP/1.1 may come by a server: Node gives its timeouts to an HTTP/2 server only with `allowHTTP1`. */
export function speaksHttp1(server: object): boolean {
  return 'requestTimeout' in server
}
