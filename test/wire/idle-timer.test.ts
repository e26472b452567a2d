import type { RequestListener, Server } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { openIdle, RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually, sleep } from '../support/within.ts'

const answer: RequestListener = (_req, res) => void res.end('ok')

/** A server that keeps idle connections for 300 ms, and one connection on it. */
async function idle(prepare: (server: Server) => void = () => {}, tls = false) {
  const test = makeKit({ keepAliveTimeout: 300, keepAliveTimeoutBuffer: 0, linger: 20 })
  const sockets: Socket[] = []
  const { port } = await serve(
    answer,
    (server) => {
      prepare(server as Server)
      test.kit.attach(server)
      server.on('request', (req) => sockets.push(req.socket))
    },
    tls,
  )
  const client = await RawClient.open({ port, tls })
  client.socket.on('end', () => client.socket.end())
  await client.get()
  await eventually(() => test.kit.connections()[0]?.state === 'idle', 'the response to end')
  const open = (): boolean => client.ended === undefined
  return { ...test, port, client, socket: sockets[0]!, open }
}

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_, tls) => {
  it('keeps an idle connection for timeout plus buffer, also below 1 s', async () => {
    const { nextClosed } = await idle(() => {}, tls)
    const { reason, idleAtClose } = await nextClosed()
    expect(reason).toBe('idle-timeout')
    expect(idleAtClose).toBeGreaterThanOrEqual(299)
    expect(idleAtClose).toBeLessThan(900)
  })

  it('answers a head whose second part arrives after the timeout', async () => {
    const { client, open } = await idle(() => {}, tls)
    await sleep(200)
    client.write('GET / HTTP/1.1\r\nHo')
    await sleep(200)
    expect(open()).toBe(true)
    client.write('st: test\r\n\r\n')
    await client.until(2)
    client.close()
  })

  it('restarts with each response', async () => {
    const { client, open, nextClosed } = await idle(() => {}, tls)
    for (let i = 0; i < 4; i++) {
      await sleep(150)
      await client.get()
    }
    expect(open()).toBe(true)
    expect(await nextClosed()).toMatchObject({ reason: 'idle-timeout', requests: 5 })
  })
})

it('closes a connection that never completes its head', async () => {
  const { client, nextClosed } = await idle()
  client.write('GET / HT')
  expect(await nextClosed()).toMatchObject({ reason: 'idle-timeout', closedBy: 'server' })
})

it.each([
  ['a stray line end', '\r\n'],
  ['a part of a head', 'GET / HT'],
])('closes what sent %s and was to be evicted then', async (_, bytes) => {
  const { kit } = makeKit({
    keepAliveTimeout: 300,
    keepAliveTimeoutBuffer: 0,
    linger: 20,
    maxIdle: 1,
    minIdle: 0,
  })
  const { port } = await serve(answer, kit.attach)
  const sender = await RawClient.open({ port })
  sender.socket.on('end', () => sender.socket.end())
  await sender.get()
  sender.write(bytes)
  await sleep(50)
  const [other] = await openIdle(port, 1)
  await eventually(() => sender.ended !== undefined, 'the idle timeout of the one that sent something')
  other!.close()
})

it('closes a connection whose first request attached the kit', async () => {
  const { kit, nextClosed } = makeKit({ keepAliveTimeout: 300, keepAliveTimeoutBuffer: 0, linger: 20 })
  const { port } = await serve(
    (req, res) => {
      kit(req, res)
      res.end('ok')
    },
    () => {},
  )
  const client = await RawClient.open({ port })
  client.socket.on('end', () => client.socket.end())
  await client.get()
  expect(await nextClosed()).toMatchObject({ reason: 'idle-timeout', requests: 1 })
})

it("keeps the app's own timeouts if connections are kept forever", async () => {
  const { kit } = makeKit({ keepAliveTimeout: 0, keepAliveTimeoutBuffer: 1_000 })
  const { port } = await serve((req, res) => {
    res.on('finish', () => req.socket.setTimeout(1_000))
    res.end('ok')
  }, kit.attach)
  const client = await RawClient.open({ port })
  await client.get()
  await sleep(500)
  expect(client.ended).toBeUndefined()
  client.close()
})

describe('a timeout that the app sets', () => {
  it('for an idle socket has priority: none', async () => {
    const { socket, client, open } = await idle()
    socket.setTimeout(0)
    await sleep(700)
    expect(open()).toBe(true)
    await client.get()
    await eventually(() => !open(), 'the idle timeout after the next response')
  })

  it('for an idle socket has priority: a longer one', async () => {
    const { socket, open, nextClosed } = await idle()
    socket.setTimeout(800)
    await sleep(550)
    expect(open()).toBe(true)
    expect(await nextClosed()).toMatchObject({ reason: 'idle-timeout' })
  })

  it('for the server has priority, if it differs from the policy', async () => {
    let server!: Server
    const { client, open } = await idle((made) => {
      server = made
    })
    server.keepAliveTimeout = 60_000
    await client.get()
    await sleep(700)
    expect(open()).toBe(true)
    client.close()
  })

  it('for requests under way ends with the response', async () => {
    const { client, nextClosed, socket } = await idle((server) => {
      server.timeout = 5_000
      server.on('request', (req) => req.setTimeout(4_000))
    })
    await client.get()
    expect(socket.timeout).toBeLessThan(2_000)
    expect(await nextClosed()).toMatchObject({ reason: 'idle-timeout', requests: 2 })
  })
})

it('is not cut short by a timeout that the app has set for a request', async () => {
  const { client, nextClosed } = await idle((server) => {
    server.on('request', (req) => req.socket.setTimeout(100))
  })
  await client.get()
  const { reason, requests, idleAtClose } = await nextClosed()
  expect({ reason, requests }).toEqual({ reason: 'idle-timeout', requests: 2 })
  expect(idleAtClose).toBeGreaterThanOrEqual(299)
})

it('is emitted to the listeners of the socket and of the server, as by Node', async () => {
  const told: string[] = []
  const { nextClosed } = await idle((server) => {
    server.on('connection', (socket: Socket) => socket.on('timeout', () => told.push('socket')))
    server.on('timeout', () => told.push('server'))
  })
  await nextClosed()
  expect(told).toEqual(['socket', 'server'])
})

it('shows on the socket as Node would set it', async () => {
  const { socket, client, nextClosed } = await idle()
  const atRest = socket.timeout
  expect(atRest).toBeGreaterThanOrEqual(300)
  await client.get()
  expect(socket.timeout).toBe(atRest)
  await nextClosed()
})

it('closes the other connections although a listener throws', async () => {
  const { kit, closed } = makeKit({ keepAliveTimeout: 300, keepAliveTimeoutBuffer: 0, linger: 20 })
  let thrown = 0
  const caught: unknown[] = []
  const { port } = await serve(answer, (server) => {
    kit.attach(server)
    server.on('connection', (socket: Socket) => {
      socket.prependListener('timeout', () => {
        if (thrown++ === 0) throw new Error('a listener of the app')
      })
    })
  })
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => caught.push(error))
  try {
    const clients = await openIdle(port, 5)
    for (const { socket } of clients) socket.on('end', () => socket.end())
    await eventually(
      () => closed.length === 4,
      () => `4 connections to close, ${closed.length} did`,
    )
    expect(caught).toMatchObject([{ message: 'a listener of the app' }])
    for (const client of clients) client.close()
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of before) process.on('uncaughtException', listener)
  }
})

it('is Node’s again after detach()', async () => {
  const { kit, client, open } = await idle((server) => {
    server.keepAliveTimeout = 100
  })
  kit.detach()
  await eventually(() => !open(), 'Node to close it')
  client.close()
})
