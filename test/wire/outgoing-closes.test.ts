import { Agent } from 'node:http'
import type { Socket } from 'node:net'
import KeepAliveAgent from 'agentkeepalive'
import { request, Agent as UndiciAgent } from 'undici'
import { expect, it } from 'vitest'
import { closedOf, ok, rawServer, rowOf, tracked } from '../support/outgoing.ts'
import { httpSender } from '../support/outgoing-clients.ts'
import { eventually, sleep } from '../support/within.ts'

const withHeader = (header: string): string => ok.replace('\r\n\r\n', `\r\n${header}\r\n\r\n`)

interface Client {
  send(path?: string): Promise<unknown>
  destroy(): unknown
}

/** The two ways to send, each with a pool of one. */
const clients: Readonly<Record<string, (origin: string) => Client>> = {
  http: (origin) => {
    const agent = new Agent({ keepAlive: true })
    const send = httpSender(origin, agent)
    return { send: (path = '/') => send(path), destroy: () => agent.destroy() }
  },
  undici: (origin) => {
    const dispatcher = new UndiciAgent({ connections: 1 })
    return {
      send: async (path = '/') => (await request(origin + path, { dispatcher })).body.text(),
      destroy: () => dispatcher.destroy(),
    }
  },
}

const each = Object.entries(clients)

/** The state a response leaves comes a turn after its end. */
/** As long as a server keeps a connection at least. */
const aWhile = 260

const idle = async (outgoing: ReturnType<typeof tracked>, origin: string): Promise<void> =>
  eventually(() => rowOf(outgoing, origin).connections.states.idle === 1, 'an idle connection')

it.each(each)('%s: the server ends an idle connection', async (_, make) => {
  const outgoing = tracked()
  const { origin, sockets } = await rawServer((socket) => socket.write(ok))
  await make(origin).send()
  await idle(outgoing, origin)
  await sleep(aWhile)
  for (const socket of sockets) socket.end()
  const { connections, idleGaps } = await closedOf(outgoing, origin, 1)
  expect(connections.closedBy).toEqual({ us: 0, server: 1, network: 0 })
  expect([idleGaps.serverClosed.count, idleGaps.cutOff.count]).toEqual([1, 0])
})

it.each(each)('%s: the server resets an idle connection', async (_, make) => {
  const outgoing = tracked()
  const { origin, sockets } = await rawServer((socket) => socket.write(ok))
  await make(origin).send()
  await idle(outgoing, origin)
  await sleep(aWhile)
  for (const socket of sockets) socket.resetAndDestroy()
  const { connections, idleGaps } = await closedOf(outgoing, origin, 1)
  expect(connections.closedBy).toEqual({ us: 0, server: 1, network: 0 })
  expect(idleGaps.serverClosed.count).toBe(1)
})

it.each(each)('%s: this process closes an idle connection', async (_, make) => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket) => socket.write(ok))
  const client = make(origin)
  await client.send()
  await idle(outgoing, origin)
  await client.destroy()
  const { connections, idleGaps } = await closedOf(outgoing, origin, 1)
  expect(connections.closedBy).toEqual({ us: 1, server: 0, network: 0 })
  expect([idleGaps.serverClosed.count, idleGaps.cutOff.count]).toEqual([0, 1])
})

it('tells the agent’s timeout from a close of the server', async () => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket) => socket.write(ok))
  await httpSender(origin, new Agent({ keepAlive: true, timeout: aWhile }))('/')
  const { connections, idleGaps } = await closedOf(outgoing, origin, 1)
  expect(connections.closedBy).toEqual({ us: 1, server: 0, network: 0 })
  expect(idleGaps.cutOff.count).toBe(1)
})

it('tells a socket that the agent does not keep from a close of the server', async () => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket) => setTimeout(() => socket.write(ok), 5))
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1 })
  const send = httpSender(origin, agent)
  await Promise.all([send('/'), send('/'), send('/')])
  const { connections, idleGaps } = await closedOf(outgoing, origin, 2)
  expect(connections.closedBy).toEqual({ us: 2, server: 0, network: 0 })
  expect(idleGaps.cutOff.count).toBe(0)
  agent.destroy()
})

it('takes a close right after a response for the server’s where the agent goes on', async () => {
  const outgoing = tracked()
  const { origin, sockets } = await rawServer((socket) => setTimeout(() => socket.write(ok), 5))
  const agent = new Agent({ keepAlive: true })
  const send = httpSender(origin, agent)
  await Promise.all([send('/'), send('/')])
  await eventually(() => rowOf(outgoing, origin).connections.states.idle === 2, 'two idle connections')
  const [first] = sockets
  first!.end()
  const { connections } = await closedOf(outgoing, origin, 1)
  expect(connections.closedBy).toEqual({ us: 0, server: 1, network: 0 })
  agent.destroy()
})

it.each(each)('%s: the server says Connection: close', async (_, make) => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket) => socket.end(withHeader('Connection: close')))
  const client = make(origin)
  await client.send()
  await client.send()
  const { connections, requests, idleGaps } = await closedOf(outgoing, origin, 2)
  expect(connections).toMatchObject({
    opened: 2,
    closedBy: { us: 0, server: 2, network: 0 },
    askedBy: { us: 0, server: 2 },
  })
  expect(requests).toEqual({ total: 2, reused: 0, lost: 0 })
  expect(idleGaps.serverClosed.count + idleGaps.cutOff.count).toBe(0)
})

type Sender = (path: string) => Promise<unknown>

const noKeepAlive = new UndiciAgent({ pipelining: 0 })
const one = new UndiciAgent({ connections: 1 })

const asking: readonly [name: string, make: (origin: string) => Sender][] = [
  ['no keepAlive', (origin) => httpSender(origin, new Agent())],
  ['agent: false', (origin) => httpSender(origin, false)],
  [
    'undici, no pipelining',
    (origin) => async () => (await request(origin, { dispatcher: noKeepAlive })).body.text(),
  ],
  [
    'undici, reset',
    (origin) => async () => (await request(origin, { dispatcher: one, reset: true })).body.text(),
  ],
  ['undici, HEAD', (origin) => () => request(origin, { dispatcher: one, method: 'HEAD' })],
]

it.each(asking)('%s: this process says Connection: close', async (_, make) => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket, text) =>
    socket.write(text.startsWith('HEAD') ? ok.slice(0, -2) : ok),
  )
  const send = make(origin)
  await send('/')
  await send('/')
  const { connections, idleGaps } = await closedOf(outgoing, origin, 2)
  expect(connections).toMatchObject({
    opened: 2,
    closedBy: { us: 2, server: 0, network: 0 },
    askedBy: { us: 2, server: 0 },
  })
  expect(idleGaps.cutOff.count).toBe(0)
})

it('counts a header of the app as its own wish', async () => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket) => socket.end(withHeader('Connection: close')))
  const agent = new Agent({ keepAlive: true })
  const { request: send } = await import('node:http')
  await new Promise((done) =>
    send(origin, { agent, headers: { Connection: 'close' } }, (res) => res.resume().on('end', done)).end(),
  )
  expect((await closedOf(outgoing, origin, 1)).connections.askedBy).toEqual({ us: 1, server: 0 })
})

const losing =
  (lose: (socket: Socket) => void) =>
  (socket: Socket, _: string, chunk: number): void => {
    if (chunk === 1) socket.write(ok)
    else lose(socket)
  }

it.each(
  each.flatMap(([name, make]) => [
    [name, 'FIN', make, (socket: Socket): void => void socket.end()] as const,
    [name, 'RST', make, (socket: Socket): void => void socket.resetAndDestroy()] as const,
  ]),
)('%s: a request on a reused connection is answered by %s: lost', async (_name, _end, make, lose) => {
  const outgoing = tracked()
  const { origin } = await rawServer(losing(lose))
  const client = make(origin)
  await client.send()
  await idle(outgoing, origin)
  await expect(client.send()).rejects.toThrow()
  const { requests, connections } = await closedOf(outgoing, origin, 1)
  expect(requests).toEqual({ total: 2, reused: 1, lost: 1 })
  expect(connections.closedBy).toEqual({ us: 0, server: 1, network: 0 })
})

it.each(each)('%s: the first request of a connection is not lost by a race', async (_, make) => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket) => socket.resetAndDestroy())
  await expect(make(origin).send()).rejects.toThrow()
  expect((await closedOf(outgoing, origin, 1)).requests).toEqual({ total: 1, reused: 0, lost: 0 })
})

it.each(each)('%s: a response that breaks off is not lost by a race', async (_, make) => {
  const outgoing = tracked()
  const { origin } = await rawServer(
    losing(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', () => socket.end()),
    ),
  )
  const client = make(origin)
  await client.send()
  await idle(outgoing, origin)
  await client.send().catch(() => {})
  expect((await closedOf(outgoing, origin, 1)).requests).toEqual({ total: 2, reused: 1, lost: 0 })
})

it('does not take a request that the app gave up for a lost one', async () => {
  const outgoing = tracked()
  const { origin } = await rawServer(losing(() => {}))
  const agent = new Agent({ keepAlive: true })
  await httpSender(origin, agent)('/')
  await idle(outgoing, origin)
  const { request: send } = await import('node:http')
  const gone = new Promise((done) => {
    const req = send(origin, { agent }).on('error', done)
    req.on('socket', () => setImmediate(() => req.destroy()))
    req.end()
  })
  expect(await gone).toMatchObject({ code: 'ECONNRESET' })
  const { requests, connections } = await closedOf(outgoing, origin, 1)
  expect(requests).toEqual({ total: 2, reused: 1, lost: 0 })
  expect(connections.closedBy).toEqual({ us: 1, server: 0, network: 0 })
})

it('reads the advertised timeout and the agent’s own', async () => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket) => socket.write(withHeader('Keep-Alive: timeout=7, max=3')))
  const send = async (agent: Agent | KeepAliveAgent): Promise<unknown> => {
    await httpSender(origin, agent as Agent)('/')
    const { advertisedTimeout, ownTimeout } = rowOf(outgoing, origin)
    agent.destroy()
    return [advertisedTimeout, ownTimeout]
  }
  expect(await send(new Agent({ keepAlive: true }))).toEqual([7_000, 0])
  expect(await send(new Agent({ keepAlive: true, timeout: 1_234 }))).toEqual([7_000, 1_234])
  expect(await send(new KeepAliveAgent({ freeSocketTimeout: 2_345 }))).toEqual([7_000, 2_345])
})
