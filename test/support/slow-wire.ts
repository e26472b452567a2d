import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * A relay to a port of this machine that delays everything: bytes, FIN and RST.
 *
 * @param keepsPort - the server sees the client's own port, of another address.
 */
export async function slowWire(port: number, delay: number, keepsPort = false): Promise<number> {
  const sockets = new Set<Socket>()
  const pass = (from: Socket, to: Socket): void => {
    const later = (act: () => void): void => void setTimeout(() => to.destroyed || act(), delay)
    from.on('data', (bytes) => later(() => to.write(bytes)))
    from.on('end', () => later(() => to.end()))
    from.on('error', () => later(() => to.resetAndDestroy()))
    from.on('close', () => sockets.delete(from))
    sockets.add(from)
  }
  const relay = createServer({ allowHalfOpen: true }, (near) => {
    const from = keepsPort ? { localAddress: '127.0.0.2', localPort: near.remotePort! } : {}
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, ...from })
    pass(near, far)
    pass(far, near)
  })
  await new Promise<void>((done) => relay.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    relay.close()
    for (const socket of sockets) socket.destroy()
  })
  return (relay.address() as { port: number }).port
}
