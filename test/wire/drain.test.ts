import type { RequestListener, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import WebSocket, { WebSocketServer } from 'ws'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually, sleep, within } from '../support/within.ts'

const none = { new: 0, active: 0, idle: 0, closing: 0, upgraded: 0, unknown: 0 }

const handler: RequestListener = (req, res) => {
  if (req.url === '/stream') {
    res.write('a')
    setTimeout(() => res.end('z'), 150)
  } else if (req.url === '/slow') setTimeout(() => res.end('slow'), 100)
  else res.end('ok')
}

describe.each([
  ['http', false],
  ['https', true],
])('drain over %s', (_, tls) => {
  it('answers requests under way with Connection: close, lets streams finish, closes idle connections', async () => {
    const { kit, closed } = makeKit({ minIdle: 20 })
    const { server, port } = await serve(handler, kit.attach, tls)
    const [idle, never, slow, stream] = await Promise.all(
      Array.from({ length: 4 }, () => RawClient.open({ port, tls })),
    )
    await idle!.get()
    slow!.write('GET /slow HTTP/1.1\r\nHost: test\r\n\r\n')
    stream!.write('GET /stream HTTP/1.1\r\nHost: test\r\n\r\n')
    await eventually(() => stream!.text.endsWith('a\r\n'), 'the stream to begin')
    await eventually(() => kit.snapshot().connections.states.active === 2, 'two requests')
    const drained = kit.drain({ timeout: 5_000 })
    for (const client of [idle, never, slow, stream]) client!.socket.on('end', () => client!.socket.end())
    const report = await within(4_000, 'the drain', drained)
    expect(report).toMatchObject({ answered: 2, closedIdle: 3, late: 0, forced: none })
    expect(slow!.responses[0]).toMatchObject({ body: 'slow', headers: { connection: 'close' } })
    expect(stream!.responses[0]).toMatchObject({ body: 'az', headers: { connection: 'keep-alive' } })
    for (const client of [idle, never, slow, stream]) expect(client!.ended).toBe('FIN')
    expect(never!.text).toBe('')
    expect(server.listening).toBe(false)
    expect(closed.map(({ reason }) => reason).sort()).toEqual(['drain', 'drain', 'drain', 'never-used'])
    expect(kit.snapshot().connections).toMatchObject({ opened: 4, closed: 4, open: 0 })
  })

  it('answers a request that arrives on an idle connection during the drain', async () => {
    const { kit } = makeKit({ minIdle: 500 })
    const { port } = await serve(handler, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    await client.get()
    const drained = kit.drain({ timeout: 5_000 })
    await sleep(50)
    expect(await client.get()).toMatchObject({ body: 'ok', headers: { connection: 'close' } })
    client.socket.end()
    expect(await within(3_000, 'the drain', drained)).toMatchObject({
      answered: 1,
      closedIdle: 0,
      forced: none,
    })
  })
})

it('spreads the closing of idle connections', async () => {
  const { kit } = makeKit({ minIdle: 0 })
  const { port } = await serve(handler, kit.attach)
  const begun: number[] = []
  const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.open({ port })))
  for (const client of clients) {
    await client.get()
    client.socket.on('end', () => {
      begun.push(performance.now())
      client.socket.end()
    })
  }
  await kit.drain({ timeout: 5_000, spread: 400 })
  expect(begun).toHaveLength(10)
  expect(begun.at(-1)! - begun[0]!).toBeGreaterThan(200)
})

it('destroys the rest at the timeout, and reports it', async () => {
  const { kit, closed } = makeKit({ minIdle: 0 })
  const { server, port } = await serve((req, res) => {
    if (req.url === '/') res.write('never ending')
  }, kit.attach)
  const sockets = new WebSocketServer({ server, path: '/ws' })
  sockets.on('connection', (socket) => socket.on('message', (message) => socket.send(String(message))))
  const upgraded = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  await within(2_000, 'the upgrade', new Promise((done) => upgraded.once('open', done)))
  const stuck = await RawClient.open({ port })
  stuck.write('GET / HTTP/1.1\r\nHo')
  const streaming = await RawClient.open({ port })
  streaming.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  await eventually(() => streaming.text.includes('never'), 'the response to begin')
  const drained = kit.drain({ timeout: 400 })
  await sleep(100)
  const echoed = new Promise((done) => upgraded.once('message', (message) => done(String(message))))
  upgraded.send('still here')
  expect(await within(1_000, 'the echo', echoed)).toBe('still here')
  const report = await within(2_000, 'the drain', drained)
  expect(report.forced).toEqual({ ...none, new: 1, active: 1, upgraded: 1 })
  expect(report.duration).toBeGreaterThanOrEqual(400)
  await eventually(() => closed.length === 3, 'three closes')
  expect(closed.map(({ reason }) => reason).sort()).toEqual(['drain', 'drain', 'upgrade'])
  expect(kit.connections()).toEqual([])
})

it('calls readiness first, and waits', async () => {
  const { kit } = makeKit()
  let ready = true
  const { port } = await serve((_req, res) => void res.writeHead(ready ? 200 : 503).end(), kit.attach)
  const drained = kit.drain({
    timeout: 3_000,
    wait: 150,
    readiness: async () => {
      await sleep(20)
      ready = false
    },
  })
  await sleep(60)
  const client = await RawClient.open({ port })
  expect(await client.get()).toMatchObject({ status: 503, headers: { connection: 'keep-alive' } })
  client.socket.on('end', () => client.socket.end())
  const report = await within(3_000, 'the drain', drained)
  expect(report.duration).toBeGreaterThanOrEqual(150)
  expect(report.forced).toEqual(none)
})

it('rejects with the error of readiness, closes nothing, and can be called again', async () => {
  const { kit } = makeKit({ minIdle: 0 })
  const { server } = await serve(handler, kit.attach)
  const failing = kit.drain({
    readiness: () => {
      throw new Error('registry is down')
    },
  })
  await expect(failing).rejects.toThrow('registry is down')
  expect(server.listening).toBe(true)
  expect(await kit.drain()).toMatchObject({ forced: none })
  expect(server.listening).toBe(false)
})

it('does not wait longer than its timeout for readiness', async () => {
  const { kit } = makeKit()
  await serve(handler, kit.attach)
  const report = await within(
    1_000,
    'the drain',
    kit.drain({ timeout: 50, readiness: () => new Promise(() => {}) }),
  )
  expect(report.forced).toEqual(none)
})

it('returns the same drain when called twice, and works after close()', async () => {
  const { kit } = makeKit({ minIdle: 0 })
  const { server, port } = await serve(handler, kit.attach)
  const client = await RawClient.open({ port })
  client.socket.on('end', () => client.socket.end())
  await client.get()
  const [first, second] = await Promise.all([kit.drain(), kit.drain({ timeout: 0 })])
  expect(second).toEqual(first)
  expect(await kit.drain()).toEqual(first)
  await new Promise((done) => server.close(done))
  const closedBefore = makeKit().kit
  const other = await serve(handler, closedBefore.attach)
  await new Promise((done) => other.server.close(done))
  expect(await closedBefore.drain()).toMatchObject({ forced: none })
})

it('names an invalid option', async () => {
  const { kit } = makeKit()
  await expect(kit.drain({ timeout: '5' } as never)).rejects.toMatchObject({
    code: 'ERR_KEEPALIVE_OPTION_TYPE',
  })
  await expect(kit.drain({ timeuot: 5 } as never)).rejects.toMatchObject({
    code: 'ERR_KEEPALIVE_UNKNOWN_OPTION',
  })
  await expect(kit.drain({ readiness: 5 } as never)).rejects.toMatchObject({
    code: 'ERR_KEEPALIVE_OPTION_TYPE',
  })
})

it('destroys connections at the timeout that were upgraded before attach()', async () => {
  const { server, port } = await serve(handler, () => {})
  server.on('upgrade', (_req, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    socket.on('end', () => socket.end()).resume()
  })
  const client = await RawClient.open({ port })
  client.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
  await eventually(() => client.text.includes('101'), 'the upgrade')
  const { kit } = makeKit()
  kit.attach(server)
  const drained = kit.drain({ timeout: 200 })
  await sleep(300)
  client.close()
  expect((await within(3_000, 'the drain', drained)).forced).toEqual({ ...none, unknown: 1 })
})

it('closes all listening sockets before it tells the connections of any server', async () => {
  const { kit } = makeKit()
  const responses: ServerResponse[] = []
  const { port } = await serve((_req, res) => void responses.push(res), kit.attach)
  const { server } = await serve(handler, kit.attach)
  const client = await RawClient.open({ port })
  client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  await eventually(() => responses.length === 1, 'the request')
  const isTold = (): boolean => Object.hasOwn(responses[0]!, 'writeHead')
  let toldBefore: boolean | undefined
  const { close } = server
  server.close = (...args) => {
    toldBefore = isTold()
    return close.apply(server, args)
  }
  const drained = kit.drain()
  await eventually(() => isTold(), 'the response to be asked about')
  expect(toldBefore).toBe(false)
  responses[0]!.end('ok')
  expect(await client.until(1)).toMatchObject([{ headers: { connection: 'close' } }])
  await within(3_000, 'the drain', drained)
})
