import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the clients of the live demo are told. */
export interface Stage {
  readonly port: number
  /** When the server closes an idle connection, in ms. */
  readonly closesAfter: number
  readonly signal: AbortSignal
}

/** How long the sensors' requests travel, in ms. */
const lineDelay = 80

/** How long the load balancer keeps an idle connection, in ms. */
const balancerTimeout = 6_000

/** All clients of the live demo, until the signal. Each has its own address where the system has more than one. */
export async function liveTraffic(stage: Stage): Promise<void> {
  const sensors = Array.from({ length: 6 }, (_, i) => sensor(stage, `127.0.2.${21 + i}`))
  const visitors = Array.from({ length: 9 }, (_, i) => visitor(stage, `127.0.1.${11 + i}`))
  await Promise.all([
    balancer(stage, '127.0.0.10'),
    ...visitors,
    ...sensors,
    newConnectionEach(stage, '127.0.0.66'),
    healthCheck(stage, '127.0.0.77'),
  ])
}

/** A pool that reuses the most recently used connection, and closes connections idle for too long. Its load varies. */
async function balancer(stage: Stage, address: string): Promise<void> {
  const idle = new Map<Socket, NodeJS.Timeout>()
  const forget = (socket: Socket): void => {
    clearTimeout(idle.get(socket))
    idle.delete(socket)
  }
  const connectNew = async (): Promise<Socket> => {
    const socket = await open(stage, address)
    return socket.once('close', () => forget(socket))
  }
  const send = async (): Promise<void> => {
    const pooled = [...idle.keys()].at(-1)
    if (pooled) forget(pooled)
    const socket = pooled ?? (await connectNew())
    if (!(await exchange(socket, 'balancer', 20 * Math.random()))) return
    const close = (): void => {
      forget(socket)
      socket.end()
    }
    idle.set(socket, setTimeout(close, balancerTimeout))
  }
  for (let round = 0; !stage.signal.aborted; round++) {
    const load = 1 + Math.sin(round / 40)
    if (Math.random() < 0.012) for (let i = 0; i < 30; i++) void send()
    void send()
    await pause(stage, exponential(30 + 60 * load))
  }
  for (const socket of [...idle.keys()]) {
    forget(socket)
    socket.destroy()
  }
}

/** Loads a page over two connections, reads it for a while, and comes back or leaves. */
async function visitor(stage: Stage, address: string): Promise<void> {
  await pause(stage, 3_000 * Math.random())
  while (!stage.signal.aborted) {
    const sockets = await Promise.all([open(stage, address), open(stage, address)])
    for (let pages = 0; pages < 1 + 5 * Math.random() && !stage.signal.aborted; pages++) {
      for (let i = 0; i < 4; i++) await Promise.all(sockets.map((socket) => exchange(socket, 'browser', 15)))
      // Most people read for some seconds, a few for long: log-normal.
      await pause(stage, 900 * Math.exp(1.1 * normal()))
    }
    for (const socket of sockets) socket.end()
    await pause(stage, exponential(1_500))
  }
}

/**
 * Sends a request as often as the server closes, over a slow line: the request and the server's FIN cross. The slow line is
 * simulated: the request is sent after the FIN has arrived.
 */
async function sensor(stage: Stage, address: string): Promise<void> {
  await pause(stage, stage.closesAfter * Math.random())
  while (!stage.signal.aborted) {
    const socket = await open(stage, address, true)
    while (!socket.readableEnded && (await exchange(socket, 'sensor', 5)))
      await pause(stage, stage.closesAfter + lineDelay * (Math.random() - 0.2))
    if (stage.signal.aborted) socket.destroy()
    else socket.end(requestBy('sensor', 5))
  }
}

/** A client that creates a connection for each request. */
async function newConnectionEach(stage: Stage, address: string): Promise<void> {
  while (!stage.signal.aborted) {
    const socket = await open(stage, address)
    await exchange(socket, 'cron', 5)
    socket.end()
    await pause(stage, exponential(180))
  }
}

async function healthCheck(stage: Stage, address: string): Promise<void> {
  while (!stage.signal.aborted) {
    const socket = await open(stage, address)
    socket.write('GET / HTTP/1.0\r\nUser-Agent: health\r\n\r\n')
    await new Promise((done) => socket.resume().once('close', done))
    await pause(stage, 1_000)
  }
}

/** @param halfOpen - whether the client can send after the server's FIN. */
function open({ port }: Stage, address: string, halfOpen = false): Promise<Socket> {
  // Linux has all of 127.0.0.0/8 on its loopback interface; others have 127.0.0.1.
  const local = process.platform === 'linux' ? { localAddress: address } : {}
  return new Promise((done) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: halfOpen, ...local }, () =>
      done(socket),
    )
    socket.on('error', () => done(socket))
  })
}

/** One request and its whole response; false if the connection has ended. */
function exchange(socket: Socket, name: string, within: number): Promise<boolean> {
  return new Promise((done) => {
    let received = ''
    const settle = (alive: boolean): void => {
      socket.off('data', take).off('close', over)
      done(alive && !/^connection: close/im.test(received) && socket.writable)
    }
    const take = (bytes: Buffer): void => {
      received += bytes.toString('latin1')
      if (received.endsWith('hello\n')) settle(true)
    }
    const over = (): void => settle(false)
    if (!socket.writable) return done(false)
    socket.on('data', take).once('close', over)
    socket.write(requestBy(name, within))
  })
}

function requestBy(name: string, within: number): string {
  return `GET /?within=${Math.round(within)} HTTP/1.1\r\nHost: demo\r\nUser-Agent: ${name}\r\n\r\n`
}

/** Ends early when the demo ends. */
async function pause({ signal }: Stage, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

const exponential = (mean: number): number => -mean * Math.log(1 - Math.random())

/** Box and Muller's. */
const normal = (): number =>
  Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
