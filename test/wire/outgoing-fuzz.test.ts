import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Agent, createServer, request as httpRequest } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import fc from 'fast-check'
import { request, Agent as UndiciAgent } from 'undici'
import { expect, it, onTestFinished } from 'vitest'
import { tracked } from '../support/outgoing.ts'
import { outgoingAddsUp } from '../support/outgoing-sums.ts'
import { eventually, sleep } from '../support/within.ts'

/** What the server does with a request, by its path. */
const behaviors: Readonly<Record<string, (socket: Socket, end: (text: string) => void) => void>> = {
  ok: (_socket, end) => end('ok'),
  slow: (_socket, end) => void setTimeout(() => end('slow'), 5),
  large: (_socket, end) => end('x'.repeat(200_000)),
  fin: (socket) => void socket.end(),
  reset: (socket) => void socket.resetAndDestroy(),
  half: (socket) =>
    void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () => socket.destroy()),
  nonsense: (socket) => void socket.write('this is no HTTP\r\n\r\n'),
  'fin-later': (socket, end) => {
    end('ok')
    setTimeout(() => socket.end(), 2)
  },
  'reset-later': (socket, end) => {
    end('ok')
    setTimeout(() => socket.resetAndDestroy(), 2)
  },
  never: () => {},
}

const paths = Object.keys(behaviors)

interface Run {
  readonly origin: string
  readonly agents: readonly Agent[]
  readonly dispatchers: readonly UndiciAgent[]
  readonly aborts: AbortController[]
}

type Step = (run: Run) => unknown

const byHttp = (agent: number, path: string, method: string, body: string): Step => {
  return ({ origin, agents, aborts }) => {
    const abort = new AbortController()
    aborts.push(abort)
    const req = httpRequest(`${origin}/${path}`, { agent: agents[agent]!, method, signal: abort.signal })
    req.on('response', (res) => res.resume().on('error', () => {})).on('error', () => {})
    if (body !== '') req.write(body)
    if (body.length < 3) req.end()
    else setTimeout(() => req.end(), 1)
  }
}

const byUndici = (agent: number, path: string, method: 'GET' | 'POST'): Step => {
  return ({ origin, dispatchers, aborts }) => {
    const abort = new AbortController()
    aborts.push(abort)
    const options = { dispatcher: dispatchers[agent]!, method, signal: abort.signal, blocking: false }
    request(`${origin}/${path}`, options)
      .then(({ body }) => body.text())
      .catch(() => {})
  }
}

const path = fc.constantFrom(...paths)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.nat(3), path).map(([agent, to]) => byHttp(agent, to, 'GET', '')) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(3), path, fc.constantFrom('', 'x', 'long'))
      .map(([agent, to, body]) => byHttp(agent, to, 'POST', body)),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.nat(2), path, fc.constantFrom('GET' as const, 'POST' as const))
      .map(([agent, to, method]) => byUndici(agent, to, method)),
  },
  {
    weight: 2,
    arbitrary: fc.nat(30).map(
      (n): Step =>
        ({ aborts }) =>
          aborts.at(-n)?.abort(),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(3).map(
      (n): Step =>
        ({ agents }) =>
          agents[n]!.destroy(),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.nat(4).map(
      (ms): Step =>
        () =>
          sleep(ms),
    ),
  },
)

it('adds up at every moment, whatever clients and servers do', { timeout: 60_000 }, async () => {
  let accepted = 0
  const sockets = new Set<Socket>()
  const server = createServer((req, res) => {
    req.resume().on('error', () => {})
    behaviors[req.url!.slice(1)]!(req.socket, (text) => res.end(text))
  })
  server.on('connection', (socket) => {
    accepted++
    socket.on('error', () => {})
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // Those of the clients: nothing else connects in this test.
  const follow = (message: unknown): void => {
    const { socket } = message as { socket: Socket }
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  }
  subscribe('net.client.socket', follow)
  onTestFinished(() => void unsubscribe('net.client.socket', follow))
  const outgoing = tracked()
  const run = async (steps: readonly Step[]): Promise<void> => {
    const agents = [
      new Agent({ keepAlive: true }),
      new Agent({ keepAlive: true, maxSockets: 2, timeout: 8 }),
      new Agent({ maxSockets: 1 }),
      new Agent(),
    ]
    const dispatchers = [
      new UndiciAgent({ keepAliveTimeout: 10 }),
      new UndiciAgent({ connections: 1, pipelining: 4 }),
      new UndiciAgent({ pipelining: 0 }),
    ]
    const state: Run = { origin, agents, dispatchers, aborts: [] }
    for (const act of steps) {
      await act(state)
      outgoingAddsUp(outgoing.snapshot())
      await sleep(0)
      outgoingAddsUp(outgoing.snapshot())
    }
    for (const abort of state.aborts) abort.abort()
    for (const agent of agents) agent.destroy()
    for (const dispatcher of dispatchers) await dispatcher.destroy()
    const open = (): number =>
      outgoing.snapshot().origins.reduce((sum, { connections }) => sum + connections.open, 0)
    // Now and then Node leaves a socket open: then it is open, and ends here.
    for (const socket of sockets) socket.destroy()
    await eventually(
      () => open() === 0,
      () => `the last connection to close: ${JSON.stringify(outgoing.connections())}`,
    )
    outgoingAddsUp(outgoing.snapshot())
  }
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), run), {
    numRuns: 8,
    endOnFailure: true,
  })
  const { connections } = outgoing.snapshot().origins[0]!
  expect(connections.opened).toBeGreaterThan(100)
  expect(connections.opened).toBeLessThanOrEqual(accepted)
  // A connection whose request was given up before it was open may never get another: nobody sees it.
  expect(connections.opened + connections.failed).toBeGreaterThan(0.9 * accepted)
})
