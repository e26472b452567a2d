import { connect, type Socket } from 'node:net'
import { type Draw, seeded } from './random.ts'
import { sleep } from './within.ts'

/** Clients over real sockets, each with its own sequence of waits, which depends only on the seed. */
export interface Walk {
  readonly clients: number
  /** Requests of each. */
  readonly requests: number
  /** From a response to the next request, in ms. */
  readonly gap: Draw
  /** When a client closes an idle connection, in ms; each client takes the next number of the list. */
  readonly timeouts: readonly number[]
}

/** Runs the clients against a port, and resolves when all have ended. */
export async function walk({ clients, requests, gap, timeouts }: Walk, port: number): Promise<void> {
  await Promise.all(
    Array.from({ length: clients }, (_, client) => {
      const random = seeded(client + 1)
      const waits = Array.from({ length: requests }, () => gap(random))
      return walkOne(port, waits, timeouts[client % timeouts.length]!)
    }),
  )
}

async function walkOne(port: number, waits: readonly number[], timeout: number): Promise<void> {
  let socket = await open(port)
  for (const wait of waits) {
    socket = await ask(port, socket, 'keep-alive')
    const begun = performance.now()
    if (wait > timeout) {
      await sleep(timeout)
      socket.end()
    }
    await sleep(wait - (performance.now() - begun))
  }
  socket = await ask(port, socket, 'close')
  socket.destroy()
}

function open(port: number): Promise<Socket> {
  return new Promise((done, failed) => {
    const socket = connect(port, '127.0.0.1', () => done(socket))
    // When the server ends, we end too, and write no waiting data.
    socket.on('error', failed).resume()
  })
}

/** A request, on a new connection if the old one is closed or is closing. Resolves with the connection. */
async function ask(port: number, last: Socket, connection: string): Promise<Socket> {
  for (let socket = last, tries = 0; ; socket = await open(port), tries++) {
    const isOpen = socket.writable && !socket.readableEnded
    if (isOpen && (await exchange(socket, connection))) return socket
    if (tries === 3) throw new Error('three connections closed before the response')
  }
}

/** Whether the response came; it comes in one piece. */
function exchange(socket: Socket, connection: string): Promise<boolean> {
  return new Promise((done) => {
    const end = (answered: boolean): void => {
      socket.off('data', came).off('close', lost)
      done(answered)
    }
    const came = (): void => end(true)
    const lost = (): void => end(false)
    socket.once('data', came).once('close', lost)
    socket.write(`GET / HTTP/1.1\r\nHost: walk\r\nConnection: ${connection}\r\n\r\n`)
  })
}
