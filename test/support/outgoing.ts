import { createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import {
  type Outgoing,
  type OutgoingRow,
  type TrackOutgoingOptions,
  trackOutgoing,
} from '../../src/outgoing.ts'
import { outgoingAddsUp } from './outgoing-sums.ts'
import { eventually } from './within.ts'

/** A tracker that is stopped when the test is over; then its sums have to hold. */
export function tracked(options?: TrackOutgoingOptions): Outgoing {
  const outgoing = trackOutgoing(options)
  onTestFinished(() => {
    outgoingAddsUp(outgoing.snapshot())
    outgoing.stop()
    outgoingAddsUp(outgoing.snapshot())
  })
  return outgoing
}

export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

export interface RawServer {
  /** Connections so far. */
  readonly accepted: number
  readonly origin: string
  readonly port: number
  readonly server: Server
  /** Those that are open. */
  readonly sockets: ReadonlySet<Socket>
}

/** A server that is nothing but sockets. `answer` gets what each chunk of bytes says, and its number on the socket, from 1. */
export async function rawServer(
  answer: (socket: Socket, text: string, chunk: number) => void,
  path?: string,
): Promise<RawServer> {
  const sockets = new Set<Socket>()
  const seen = { accepted: 0 }
  const server = createServer((socket) => {
    let chunk = 0
    seen.accepted++
    sockets.add(socket)
    socket.on('data', (bytes) => answer(socket, bytes.toString('latin1'), ++chunk))
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((done) => {
    if (path === undefined) server.listen(0, '127.0.0.1', done)
    else server.listen(path, done)
  })
  const address = server.address()
  const port = typeof address === 'object' ? address!.port : 0
  return Object.assign(seen, { origin: `http://127.0.0.1:${port}`, port, server, sockets })
}

/** The row of an origin. */
export function rowOf(outgoing: Outgoing, origin: string): OutgoingRow {
  const row = outgoing.snapshot().origins.find((each) => each.origin === origin)
  if (!row) throw new Error(`no row of ${origin}: ${outgoing.snapshot().origins.map((each) => each.origin)}`)
  return row
}

/** Waits until so many connections of an origin have closed. */
export async function closedOf(outgoing: Outgoing, origin: string, count: number): Promise<OutgoingRow> {
  await eventually(() => rowOf(outgoing, origin).connections.closed >= count, `${count} closed connections`)
  return rowOf(outgoing, origin)
}
