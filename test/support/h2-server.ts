import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type SecureServerOptions,
  type ServerHttp2Session,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { certificate } from './tls.ts'

export type H2Server = Http2Server | Http2SecureServer

export type H2Handler = (req: Http2ServerRequest, res: Http2ServerResponse) => void

/** Makes an HTTP/2 server, over TLS or h2c, that is gone when the test is over. */
export async function makeH2Server(
  handler: H2Handler | undefined,
  tls = false,
  options: SecureServerOptions = {},
): Promise<H2Server> {
  const server = tls
    ? createSecureServer({ ...options, ...(await certificate()) }, handler)
    : createServer(options, handler)
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  })
  server.on('sessionError', () => {})
  onTestFinished(
    () =>
      new Promise((done) => {
        server.close(() => done())
        for (const session of sessions) session.destroy()
        setTimeout(done, 1_000).unref()
      }),
  )
  return server
}

export async function listenH2(server: H2Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

/** A listening HTTP/2 server on which `attach` is called first. */
export async function serveH2(
  handler: H2Handler | undefined,
  attach: (server: H2Server) => unknown,
  tls = false,
  options: SecureServerOptions = {},
): Promise<{ server: H2Server; port: number }> {
  const server = await makeH2Server(handler, tls, options)
  attach(server)
  return { server, port: await listenH2(server) }
}
