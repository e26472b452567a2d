import { type RequestListener, Server } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { connectionOf, KeepAliveError, keepAlive } from '../../src/index.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { listen, makeServer, serve } from '../support/server.ts'
import { eventually, sleep } from '../support/within.ts'

const answer: RequestListener = (_req, res) => void res.end('ok')

/** All properties of a server that the kit may change. */
function portrait(server: Server): unknown {
  const { keepAliveTimeout, headersTimeout, requestTimeout, timeout } = server
  return {
    timeouts: [
      keepAliveTimeout,
      (server as { keepAliveTimeoutBuffer?: number }).keepAliveTimeoutBuffer,
      headersTimeout,
      requestTimeout,
      timeout,
    ],
    own: Reflect.ownKeys(server)
      .filter((key) => typeof key === 'string')
      .sort(),
    events: server.eventNames().map((event) => [event, server.listeners(event)]),
    emit: server.emit,
  }
}

describe.each([
  ['http', false],
  ['https', true],
])('attaching over %s', (_, tls) => {
  it('before listen', async () => {
    const { kit } = makeKit()
    const { port } = await serve(answer, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    await eventually(() => kit.connections().length === 1, 'the record')
    expect(kit.connections()[0]).toMatchObject({ state: 'new', requests: 0, remoteAddress: '127.0.0.1' })
    await client.get()
    const [record] = kit.connections()
    expect(record).toMatchObject({
      state: 'idle',
      requests: 1,
      reused: 0,
      protocol: '1.1',
      tls: tls ? 'TLSv1.3' : null,
    })
    expect(record!.bytesRead).toBe('GET / HTTP/1.1\r\nHost: test\r\n\r\n'.length)
    expect(record!.bytesWritten).toBe(client.text.length)
    expect(record!.remotePort).toBe((client.socket.address() as { port: number }).port)
    client.close()
  })

  it('after listen, in the middle of a connection', async () => {
    const { kit, nextClosed } = makeKit()
    const { server, port } = await serve(answer, () => {}, tls)
    const client = await RawClient.open({ port, tls })
    expect((await client.get()).headers['keep-alive']).toBe('timeout=5')
    kit.attach(server)
    expect((await client.get()).headers['keep-alive']).toBe('timeout=65')
    client.socket.end()
    expect(await nextClosed()).toMatchObject({
      requests: 1,
      reason: 'client-idle',
      tls: tls ? 'TLSv1.3' : null,
    })
  })

  it("at the middleware's first request, with connections that were open before", async () => {
    const { kit, closed } = makeKit({ maxRequests: 9 })
    const app = express()
    app.use(kit)
    app.get('/', (req, res) => void res.json(connectionOf(req)))
    const server = await makeServer(app, tls)
    const port = await listen(server)
    const silent = await RawClient.open({ port, tls })
    const other = await RawClient.open({ port, tls })
    await sleep(50)
    const client = await RawClient.open({ port, tls })
    const first = await client.get()
    expect(first.headers['keep-alive']).toBe('timeout=65, max=8')
    expect(JSON.parse(first.body)).toMatchObject({ requests: 1, reused: 0, state: 'active' })
    expect(kit.connections()).toHaveLength(3)
    const second = await other.get()
    expect(JSON.parse(second.body)).toMatchObject({ requests: 1 })
    expect(JSON.parse(second.body).age).toBeGreaterThanOrEqual(0)
    expect((await other.get()).headers['keep-alive']).toBe('timeout=65, max=7')
    expect(kit.connections()).toHaveLength(3)
    for (const each of [silent, other, client]) each.close()
    await eventually(() => closed.length === 3, 'three closed records')
    expect(closed.map(({ requests }) => requests).sort()).toEqual([0, 1, 2])
    expect(kit.snapshot().connections).toMatchObject({
      opened: 3,
      closed: 3,
      open: 0,
      reasons: { 'never-used': 1 },
    })
  })

  it('detach() restores the server', async () => {
    const server = await makeServer(answer, tls)
    server.keepAliveTimeout = 1_234
    const before = portrait(server)
    const { kit } = makeKit({ maxRequests: 2 })
    kit.attach(server)
    expect(server.keepAliveTimeout).toBe(65_000)
    const port = await listen(server)
    const client = await RawClient.open({ port, tls })
    await client.get()
    const listening = server.listeners('listening')
    kit.detach()
    expect({ ...(portrait(server) as object), listening }).toEqual({
      ...(before as object),
      own: expect.anything(),
      listening,
    })
    expect(server.emit).toBe(Server.prototype.emit)
    for (let i = 0; i < 3; i++) expect((await client.get()).headers.connection).toBe('keep-alive')
    expect(kit.connections()).toEqual([])
    expect(kit.snapshot().connections).toMatchObject({ opened: 1, closed: 0, released: 1, open: 0 })
    client.close()
  })
})

it('detach() keeps what the app has changed since', async () => {
  const server = await makeServer(answer)
  const { kit } = makeKit()
  kit.attach(server)
  server.keepAliveTimeout = 777
  const emit = server.emit as (...args: unknown[]) => boolean
  const wrapped = (...args: unknown[]): boolean => emit.apply(server, args)
  server.emit = wrapped
  kit.detach()
  expect(server.keepAliveTimeout).toBe(777)
  expect(server.emit).toBe(wrapped)
  const client = await RawClient.open({ port: await listen(server) })
  expect((await client.get()).body).toBe('ok')
  expect(kit.snapshot().connections.opened).toBe(0)
  client.close()
})

it('detach hands pipelined requests to the app', async () => {
  const { kit } = makeKit()
  const { port } = await serve((req, res) => {
    if (req.url === '/1') setTimeout(() => res.end('1'), 50)
    else res.end('2')
  }, kit.attach)
  const client = await RawClient.open({ port })
  client.write('GET /1 HTTP/1.1\r\nHost: test\r\n\r\nGET /2 HTTP/1.1\r\nHost: test\r\n\r\n')
  await sleep(20)
  kit.detach()
  expect((await client.until(2)).map(({ body }) => body)).toEqual(['1', '2'])
  client.close()
})

it('adds no enumerable property to server, request or response, and three functions to a socket', async () => {
  const seen: string[][] = []
  // Node stores the peer's address in `_peername` after the first call.
  const look: RequestListener = (req, res) => {
    seen.push(
      [req.socket, req, res, (req.socket as unknown as { server: object }).server]
        .flatMap((each) => Object.keys(each))
        .filter((key) => key !== '_peername'),
    )
    res.end('ok')
  }
  const bare = await serve(look, () => {})
  await (await RawClient.open(bare)).get()
  const kitted = await serve(look, makeKit().kit.attach)
  await (await RawClient.open(kitted)).get()
  expect(seen[1]!.filter((key) => !seen[0]!.includes(key))).toEqual(['emit', 'destroySoon', 'setTimeout'])
  expect(seen[0]!.filter((key) => !seen[1]!.includes(key))).toEqual([])
})

describe('several kits or servers', () => {
  it('one kit on two servers has one ledger', async () => {
    const { kit, closed } = makeKit()
    const servers = [await serve(answer, kit.attach), await serve(answer, kit.attach, true)]
    for (const [i, { port }] of servers.entries()) {
      const client = await RawClient.open({ port, tls: i === 1 })
      await client.get()
      client.close()
    }
    await eventually(() => closed.length === 2, 'two closed records')
    expect(kit.snapshot().requests.total).toBe(2)
    kit.detach(servers[0]!.server)
    expect(servers[0]!.server.keepAliveTimeout).toBe(5_000)
    expect(servers[1]!.server.keepAliveTimeout).toBe(65_000)
  })

  it('two kits on two servers are independent', async () => {
    const [one, two] = [makeKit({ maxRequests: 1 }), makeKit()]
    const first = await serve(answer, one.kit.attach)
    const second = await serve(answer, two.kit.attach)
    const client = await RawClient.open(first)
    expect((await client.get()).headers.connection).toBe('close')
    const other = await RawClient.open(second)
    expect((await other.get()).headers.connection).toBe('keep-alive')
    expect(one.kit.snapshot().requests.total).toBe(1)
    expect(two.kit.snapshot().requests.total).toBe(1)
    client.close()
    other.close()
  })

  it('a second kit on the same server is an error, attaching twice is not', async () => {
    const server = await makeServer(answer)
    const { kit } = makeKit()
    kit.attach(server).attach(server)
    expect(() => keepAlive().attach(server)).toThrow(
      expect.objectContaining({ code: 'ERR_KEEPALIVE_ALREADY_ATTACHED' }),
    )
    kit.detach()
    const second = keepAlive()
    second.attach(server)
    second.detach()
  })

  it('a second kit as middleware warns and calls next()', async () => {
    const { kit } = makeKit()
    const warnings: string[] = []
    const onWarning = (warning: Error & { code?: string }): void => void warnings.push(warning.code ?? '')
    process.on('warning', onWarning)
    const app = express()
      .use(kit, keepAlive())
      .get('/', (_req, res) => void res.send('ok'))
    const { port } = await serve(app, () => {})
    const client = await RawClient.open({ port })
    expect((await client.get()).body).toBe('ok')
    expect((await client.get()).body).toBe('ok')
    await sleep(10)
    process.off('warning', onWarning)
    expect(warnings).toEqual(['KEEPALIVE_SECOND_KIT'])
    client.close()
  })
})

it.each([
  ['an Express app', express()],
  ['a net server', createNetServer()],
  ['nothing', undefined],
])('refuses %s for a server', (_, value) => {
  const error = (() => {
    try {
      keepAlive().attach(value as unknown as Server)
    } catch (thrown) {
      return thrown
    }
  })()
  expect(error).toBeInstanceOf(KeepAliveError)
  expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_NOT_A_SERVER' })
})

it('numbers requests and measures the idle gap before each', async () => {
  const { kit } = makeKit()
  const { port } = await serve((req, res) => void res.end(JSON.stringify(connectionOf(req))), kit.attach)
  const client = await RawClient.open({ port })
  expect(JSON.parse((await client.get()).body)).toMatchObject({
    requests: 1,
    reused: 0,
    idleBefore: 0,
    state: 'active',
  })
  await sleep(60)
  const second = JSON.parse((await client.get()).body)
  expect(second).toMatchObject({ requests: 2, reused: 1 })
  expect(second.idleBefore).toBeGreaterThanOrEqual(55)
  expect(second.idleBefore).toBeLessThan(500)
  expect(second.age).toBeGreaterThanOrEqual(second.idleBefore)
  client.close()
})
