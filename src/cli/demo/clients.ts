import { Agent, get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a client is told. */
interface Task {
  readonly port: number
  /** Sent as User-Agent: the report identifies clients by it. */
  readonly name: string
  readonly undici: typeof import('undici')
}

/** A kind of client. `run` resolves when it has sent its last request. */
export interface ClientKind {
  readonly name: string
  readonly run: (task: Task) => Promise<void>
}

/** The clients of the demo, all of them on loopback, each bounded in requests and time. */
export const clientKinds: readonly ClientKind[] = [
  { name: "undici's pool", run: undiciPool },
  { name: 'http.Agent with keepAlive', run: httpAgent },
  { name: 'a new client per request', run: newClientEach },
  { name: 'HTTP/1.0', run: http10 },
  { name: 'closes at once', run: closesAtOnce },
  { name: 'a pool that rests', run: restingPool },
]

async function undiciPool({ port, name, undici }: Task): Promise<void> {
  const pool = new undici.Pool(`http://127.0.0.1:${port}`, { connections: 4 })
  for (let round = 0; round < 12; round++) {
    await Promise.all(Array.from({ length: 4 }, () => ask(pool, name)))
    await sleep(30)
  }
  await pool.close()
}

async function newClientEach({ port, name, undici }: Task): Promise<void> {
  for (let i = 0; i < 20; i++) {
    const client = new undici.Client(`http://127.0.0.1:${port}`)
    await ask(client, name)
    await client.close()
  }
}

async function ask(dispatcher: import('undici').Dispatcher, name: string): Promise<void> {
  const { body } = await dispatcher.request({ path: '/', method: 'GET', headers: { 'user-agent': name } })
  await body.dump()
}

/** One connection, sixty requests: the cap makes it three. */
async function httpAgent({ port, name }: Task): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let i = 0; i < 60; i++) {
    await new Promise<void>((done, failed) => {
      const headers = { 'User-Agent': name }
      get({ port, host: '127.0.0.1', agent, headers }, (res) => res.resume().on('end', done)).on(
        'error',
        failed,
      )
    })
    await sleep(15)
  }
  agent.destroy()
}

async function http10({ port, name }: Task): Promise<void> {
  for (let i = 0; i < 5; i++) {
    const socket = await open(port)
    socket.write(`GET / HTTP/1.0\r\nUser-Agent: ${name}\r\n\r\n`)
    await new Promise((done) => socket.resume().once('close', done))
  }
}

async function closesAtOnce({ port, name }: Task): Promise<void> {
  for (let i = 0; i < 8; i++) {
    const socket = await open(port)
    await exchange(socket, name)
    socket.end()
    await sleep(100)
  }
}

/** Like a load balancer in a quiet hour: connections stay idle until the server closes them. */
async function restingPool({ port, name }: Task): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: 3 }, () => open(port)))
  for (const socket of sockets) {
    for (let i = 0; i < 4; i++) await exchange(socket, name)
    socket.resume()
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((done, failed) => {
    const socket: Socket = connect(port, '127.0.0.1', () => done(socket)).on('error', failed)
  })
}

function exchange(socket: Socket, name: string): Promise<void> {
  return new Promise((done) => {
    socket.once('data', () => done())
    socket.write(`GET / HTTP/1.1\r\nHost: demo\r\nUser-Agent: ${name}\r\n\r\n`)
  })
}
