import { createServer, type RequestListener } from 'node:http'
import { createServer as createNetServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { keepAlive } from '../../src/index.ts'
import { makeKit } from '../support/kit.ts'
import { openIdle, RawClient } from '../support/raw.ts'
import { listen, makeServer, serve } from '../support/server.ts'
import { eventually, sleep, within } from '../support/within.ts'

// What works on plain Node must work with the kit: these cases are easily overlooked.

const answer: RequestListener = (_req, res) => void res.end('ok')

const get = (path: string, head = ''): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n${head}\r\n`

describe('a request that the app emits again', () => {
  it("after 'checkContinue' is answered", async () => {
    const { kit } = makeKit()
    const { port } = await serve(
      (req, res) => void req.resume().on('end', () => res.end('ok')),
      (server) => {
        server.on('checkContinue', (req, res) => {
          res.writeContinue()
          server.emit('request', req, res)
        })
        kit.attach(server)
      },
    )
    const client = await RawClient.open({ port })
    client.write('POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n')
    await eventually(() => client.text.includes('100 Continue'), '100 Continue')
    client.write('hi')
    expect((await client.until(1))[0]!.body).toBe('ok')
    expect(kit.snapshot().requests.total).toBe(1)
    client.close()
  })

  it('to another server, which has a kit too, is answered', async () => {
    const inner = createServer((req, res) => res.end(`inner ${req.url}`))
    keepAlive().attach(inner)
    const { port } = await serve((req, res) => void inner.emit('request', req, res), keepAlive().attach)
    const client = await RawClient.open({ port })
    expect((await client.get('/1')).body).toBe('inner /1')
    expect((await client.get('/2')).body).toBe('inner /2')
    client.close()
  })
})

describe('an idle connection on which a head arrives', () => {
  const half = 'GET /2 HTTP/1.1\r\nHost: test\r\nX-A: b\r\n'

  it('is answered by a drain', async () => {
    const { kit } = makeKit({ minIdle: 0 })
    const { port } = await serve(answer, kit.attach)
    const client = await RawClient.open({ port })
    await client.get()
    client.write(half)
    await sleep(100)
    const drained = kit.drain({ timeout: 3_000 })
    await sleep(100)
    client.write('\r\n')
    expect((await client.until(2))[1]).toMatchObject({ body: 'ok', headers: { connection: 'close' } })
    client.socket.end()
    expect(await within(3_000, 'the drain', drained)).toMatchObject({ answered: 1, late: 0, closedIdle: 0 })
  })

  it('is not evicted', async () => {
    const { kit } = makeKit({ maxIdle: 1, minIdle: 0 })
    const { port } = await serve(answer, kit.attach)
    const client = await RawClient.open({ port })
    await client.get()
    client.write(half)
    await sleep(50)
    const others = await openIdle(port, 2)
    await eventually(() => others[0]!.ended !== undefined, 'an eviction')
    client.write('\r\n')
    expect((await client.until(2))[1]!.body).toBe('ok')
    for (const each of [client, ...others]) each.close()
  })
})

describe('an upgrade', () => {
  const upgrade = (server: ReturnType<typeof createServer>): void =>
    void server.on('upgrade', (_req, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
      socket.pipe(socket)
    })
  const head = 'Connection: Upgrade\r\nUpgrade: echo\r\n'

  it('with a body that is still arriving is reported as an upgrade', async () => {
    const { kit } = makeKit({ maxIdle: 1, minIdle: 0 })
    const { port } = await serve(answer, (server) => {
      kit.attach(server)
      upgrade(server)
    })
    const client = await RawClient.open({ port })
    await client.get()
    client.write(`POST /u HTTP/1.1\r\nHost: test\r\n${head}Content-Length: 4\r\n\r\n`)
    await eventually(() => client.text.includes('101'), 'the upgrade')
    expect(kit.connections()[0]!.state).toBe('upgraded')
    client.write('body')
    const other = await RawClient.open({ port })
    await other.get()
    await sleep(50)
    expect(client.ended).toBeUndefined()
    client.close()
    other.close()
  })

  it('after pipelined requests comes after their responses', async () => {
    const { kit } = makeKit()
    const { port } = await serve(
      (req, res) => void setTimeout(() => res.end(req.url), 5),
      (server) => {
        kit.attach(server)
        server.on('upgrade', (_req, socket: Socket) => void setTimeout(() => socket.end('upgraded'), 50))
      },
    )
    const client = await RawClient.open({ port })
    client.write(get('/a') + get('/b') + get('/u', head))
    await client.end()
    expect(client.responses.map(({ body }) => body.slice(0, 2))).toEqual(['/a', '/b'])
    expect(client.text).toMatch(/upgraded$/)
    expect(kit.snapshot().requests).toMatchObject({ total: 2, dropped: 0 })
    client.close()
  })

  it.each([
    ['http', false],
    ['https', true],
  ])('from before the kit was attached outlives evictions, over %s', async (_, tls) => {
    const { kit } = makeKit({ maxIdle: 1, minIdle: 0 })
    const server = await makeServer((req, res) => (kit as RequestListener)(req, res), tls)
    server.on('request', answer)
    upgrade(server)
    const port = await listen(server)
    const upgraded = await Promise.all([1, 2, 3].map(() => RawClient.open({ port, tls })))
    for (const client of upgraded) {
      client.write(get('/u', head))
      await eventually(() => client.text.includes('101'), 'the upgrade')
    }
    const others = await openIdle(port, 3, tls)
    await eventually(() => others.filter(({ ended }) => ended).length === 1, 'an eviction')
    for (const client of upgraded) {
      client.write('still here')
      await eventually(() => client.text.endsWith('still here'), 'the echo')
      client.close()
    }
    for (const client of others) client.close()
  })
})

it("a handler that throws leaves the response before it all its 'close' listeners", async () => {
  const events: string[] = []
  const { port } = await serve((req, res) => {
    events.push(`start ${req.url}`)
    if (req.url === '/b') throw new Error('thrown by /b')
    res.on('close', () => events.push('close /a'))
    res.end('ok')
  }, makeKit().kit.attach)
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const thrown = new Promise((done) => process.once('uncaughtException', done))
  const client = await RawClient.open({ port })
  client.write(get('/a') + get('/b'))
  expect(await within(2_000, 'the exception', thrown)).toMatchObject({ message: 'thrown by /b' })
  for (const listener of listeners) process.on('uncaughtException', listener)
  expect(events).toEqual(['start /a', 'close /a', 'start /b'])
  client.close()
})

describe('drain', () => {
  it('before there is a server does not count as the drain', async () => {
    const { kit } = makeKit({ minIdle: 0 })
    await expect(kit.drain()).rejects.toMatchObject({ code: 'ERR_KEEPALIVE_NOT_ATTACHED' })
    const { server, port } = await serve(answer, () => {})
    kit.attach(server)
    expect(server.listening).toBe(true)
    expect(await kit.drain()).toMatchObject({ forced: { unknown: 0 } })
    await expect(RawClient.open({ port })).rejects.toThrow()
  })

  it('closes idle connections that were answered before the kit was attached', async () => {
    const { server, port } = await serve(answer, () => {})
    const client = await RawClient.open({ port })
    await client.get()
    const { kit } = makeKit()
    kit.attach(server)
    expect(await within(2_000, 'the drain', kit.drain({ timeout: 5_000 }))).toMatchObject({
      forced: { unknown: 0 },
    })
    client.close()
  })

  it('counts as closed idle only what it closed', async () => {
    const { kit } = makeKit({ minIdle: 0 })
    const { port } = await serve(answer, kit.attach)
    const client = await RawClient.open({ port })
    client.write('GET / HTTP/1.1\r\nHost')
    await sleep(30)
    expect(await kit.drain({ timeout: 100 })).toMatchObject({ closedIdle: 0, forced: { new: 1 } })
    client.close()
  })

  it("leaves one 'close' event, and no timer of Node", async () => {
    const { kit } = makeKit()
    const { server } = await serve(answer, kit.attach)
    let closes = 0
    server.on('close', () => closes++)
    await kit.drain()
    await sleep(20)
    expect(closes).toBe(1)
    expect(Object.hasOwn(server, 'closeIdleConnections')).toBe(false)
  })
})

it('detach() during a last look keeps the connections open, and the sums right', async () => {
  const { kit } = makeKit({ maxIdle: 1, minIdle: 0 })
  const { port } = await serve(answer, kit.attach)
  const clients = await Promise.all([1, 2, 3].map(() => RawClient.open({ port })))
  for (const client of clients) client.write(get('/'))
  await eventually(() => clients.some(({ responses }) => responses.length === 1), 'an answer')
  kit.detach()
  await sleep(50)
  const { states, opened, closed, released, open } = kit.snapshot().connections
  for (const count of Object.values(states)) expect(count).toBeGreaterThanOrEqual(0)
  expect(opened).toBe(closed + released + open)
  for (const client of clients) client.close()
})

it("a 'clientError' listener may give a late head more time", async () => {
  const { kit, nextClosed } = makeKit({ headersTimeout: 60 })
  const { port } = await serve(
    answer,
    (server) => {
      kit.attach(server)
      server.on('clientError', () => {})
    },
    false,
    { connectionsCheckingInterval: 20 },
  )
  const client = await RawClient.open({ port })
  client.write('GET / HTTP/1.1\r\nHo')
  await sleep(200)
  client.write('st: test\r\n\r\n')
  expect((await client.until(1))[0]!.body).toBe('ok')
  client.socket.end()
  expect(await nextClosed()).toMatchObject({ requests: 1, closedBy: 'client' })
})

it('a plain socket handed to an https server is served', async () => {
  const { server } = await serve(answer, makeKit().kit.attach, true)
  const bridge = createNetServer((socket) => server.emit('secureConnection', socket))
  onTestFinished(() => void bridge.close())
  const port = await new Promise<number>((done) =>
    bridge.listen(0, '127.0.0.1', () => done((bridge.address() as { port: number }).port)),
  )
  const client = await RawClient.open({ port })
  expect((await client.get()).body).toBe('ok')
  client.close()
})

describe('the head with a cap', () => {
  it.each<[string, RequestListener]>([
    ['setHeader', (_req, res) => void res.setHeader('Connection', 'close').end('ok')],
    ['writeHead', (_req, res) => void res.writeHead(200, { Connection: 'close' }).end('ok')],
  ])('has no Keep-Alive beside a close of the app by %s', async (_, handler) => {
    const { port } = await serve(handler, makeKit({ maxRequests: 10 }).kit.attach)
    const client = await RawClient.open({ port })
    const { headers } = await client.get()
    expect(headers.connection).toBe('close')
    expect(headers).not.toHaveProperty('keep-alive')
    client.close()
  })

  it('keeps the Upgrade header of a 426', async () => {
    const { port } = await serve(
      (_req, res) =>
        void res.writeHead(426, { Connection: 'Upgrade', Upgrade: 'echo', 'Content-Length': 0 }).end(),
      makeKit({ maxRequests: 1 }).kit.attach,
    )
    const client = await RawClient.open({ port })
    expect((await client.get()).headers.connection).toBe('close, upgrade')
    client.close()
  })
})

it('a body that stalls after the last response under the cap changes neither reason nor counts', async () => {
  const { kit, nextClosed } = makeKit({ maxRequests: 1, headersTimeout: 50, linger: 500 })
  const { port } = await serve(
    answer,
    (server) => {
      kit.attach(server)
      server.requestTimeout = 100
    },
    false,
    { connectionsCheckingInterval: 20 },
  )
  const client = await RawClient.open({ port })
  client.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhal')
  await client.until(1)
  expect(await nextClosed()).toMatchObject({ reason: 'max-requests', requests: 1 })
  expect(kit.snapshot().requests.refused).toBe(0)
})

it('a request that times out after the last response under the cap ends without a second response', async () => {
  const { kit, nextClosed } = makeKit({ maxRequests: 1, headersTimeout: 50, linger: 60_000 })
  const errors: unknown[] = []
  const { port } = await serve(
    (req, res) => {
      req.on('error', (error) => errors.push(error))
      answer(req, res)
    },
    (server) => {
      kit.attach(server)
      server.requestTimeout = 100
    },
    false,
    { connectionsCheckingInterval: 20 },
  )
  const client = await RawClient.open({ port })
  client.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhal')
  await client.until(1)
  // Not closed by the client or by linger.
  expect(await nextClosed()).toMatchObject({ reason: 'max-requests', requests: 1 })
  expect(errors).toMatchObject([{ code: 'ECONNRESET' }])
  expect(client.responses).toHaveLength(1)
  expect(kit.snapshot().requests.refused).toBe(0)
})

it('a body that stalls behind an early answer is a request-timeout', async () => {
  const { kit, nextClosed } = makeKit({ headersTimeout: 50 })
  const { port } = await serve(
    answer,
    (server) => {
      kit.attach(server)
      server.requestTimeout = 100
    },
    false,
    { connectionsCheckingInterval: 20 },
  )
  const client = await RawClient.open({ port })
  client.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhal')
  await client.until(1)
  await client.end()
  client.close()
  expect(await nextClosed()).toMatchObject({ reason: 'request-timeout', requests: 1 })
  expect(kit.snapshot().requests.refused).toBe(0)
})

it('many kits without a server add one listener to a socket', async () => {
  for (let i = 0; i < 20; i++) keepAlive()
  const { server, port } = await serve(answer, () => {})
  const counts: number[] = []
  server.on('connection', (socket) => setImmediate(() => counts.push(socket.listenerCount('close'))))
  const client = await RawClient.open({ port })
  await client.get()
  expect(counts[0]).toBeLessThan(6)
  client.close()
})

it('a log function may throw any value', async () => {
  const kit = keepAlive({
    log() {
      throw Object.create(null)
    },
  })
  const { port } = await serve(answer, kit.attach)
  const client = await RawClient.open({ port })
  await client.get()
  client.close()
  await eventually(() => kit.snapshot().connections.closed === 1, 'the close')
})
