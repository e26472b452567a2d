import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { certificate } from './tls.ts'

export interface TestServer {
  readonly server: Server
  readonly port: number
}

/** Creates an HTTP or HTTPS server that is closed when the test ends. */
export async function makeServer(
  handler: RequestListener,
  tls = false,
  options: ServerOptions = {},
): Promise<Server> {
  const server = tls
    ? createTlsServer({ ...options, ...(await certificate()) }, handler)
    : createServer(options, handler)
  onTestFinished(() => stop(server as Server))
  return server as Server
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

/** A listening server on which `attach` is called first. */
export async function serve(
  handler: RequestListener,
  attach: (server: Server) => unknown,
  tls = false,
  options: ServerOptions = {},
): Promise<TestServer> {
  const server = await makeServer(handler, tls, options)
  attach(server)
  return { server, port: await listen(server) }
}

export function stop(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })
}
