import {
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type SecureServerOptions,
  type ServerHttp2Session,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { certificate } from './tls.ts'

/** An HTTP/2 server of Node; its sessions are gone when the test is over. */
export async function serveHttp2(
  handler: (req: Http2ServerRequest, res: Http2ServerResponse) => void,
  onSession: (session: ServerHttp2Session) => void = () => {},
  tls = false,
  options: SecureServerOptions = {},
): Promise<{ readonly server: Http2Server; readonly port: number }> {
  const server = tls
    ? createSecureServer({ ...options, ...(await certificate()) }, handler)
    : createServer(options, handler)
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => {}).on('close', () => sessions.delete(session))
    onSession(session)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.close()
    for (const session of sessions) session.destroy()
  })
  return { server: server as Http2Server, port: (server.address() as AddressInfo).port }
}
