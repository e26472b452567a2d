import { createServer, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { certificate } from './tls.ts'

/** @param tcp - the same socket, or the one below TLS. */
type Serve = (socket: Socket, tcp: Socket) => void

/**
 * A server that is only sockets: the test decides what it does with each.
 *
 * @param alpn - the protocols that it accepts over TLS.
 */
export async function rawServer(
  serve: Serve,
  tls = false,
  alpn?: readonly string[],
): Promise<{ port: number }> {
  const sockets = new Set<Socket>()
  const secureContext = tls ? createSecureContext(await certificate()) : undefined
  const server = createServer((tcp) => {
    sockets.add(tcp)
    tcp.on('error', () => {}).on('close', () => sockets.delete(tcp))
    const ALPNProtocols = alpn && { ALPNProtocols: [...alpn] }
    const socket = secureContext
      ? new TLSSocket(tcp, { isServer: true, secureContext, ...ALPNProtocols })
      : tcp
    serve(
      socket.on('error', () => {}),
      tcp,
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as { port: number }).port }
}

/** Answers each request without a body, by its number on the connection. */
export function answering(respond: (socket: Socket, number: number) => void): (socket: Socket) => void {
  return (socket) => {
    let text = ''
    let number = 0
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        text = text.slice(end + 4)
        respond(socket, ++number)
      }
    })
  }
}

export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
