import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Histogram } from '../../src/index.ts'
import { binOf } from '../../src/stats/histogram.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve, stop } from '../support/server.ts'
import { eventually, sleep, within } from '../support/within.ts'

/** Expects one value in a histogram, at least this many ms and not much more. */
function holdsOne({ count, sum, bins }: Histogram, atLeast: number): void {
  expect({ count, ones: bins.filter((each) => each > 0) }).toEqual({ count: 1, ones: [1] })
  expect(bins.length).toBeGreaterThanOrEqual(binOf(atLeast))
  expect(sum).toBeGreaterThanOrEqual(atLeast - 2)
  expect(sum).toBeLessThan(atLeast + 1_000)
}

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_, tls) => {
  it('measures the time to the first request, and idle gaps by their outcome', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    await sleep(60)
    await client.get()
    await sleep(120)
    await client.get()
    await sleep(30)
    client.close()
    await nextClosed()
    const { histograms } = kit.snapshot()
    holdsOne(histograms.firstRequest, 60)
    holdsOne(histograms.idleGap.reused, 120)
    holdsOne(histograms.idleGap.clientClosed, 30)
    holdsOne(histograms.age, 210)
    expect(histograms.idleGap.cutOff.count).toBe(0)
    expect(histograms.requestsPerConnection).toEqual({ count: 1, sum: 2, bins: [0, 0, 0, 0, 0, 1] })
    expect(histograms.tlsHandshake.count).toBe(tls ? 1 : 0)
  })

  it('ends an idle gap at the idle timeout', async () => {
    const { kit, nextClosed } = makeKit({ keepAliveTimeout: 50 })
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    await client.get()
    await client.end()
    client.close()
    await nextClosed()
    const { cutOff, reused, clientClosed } = kit.snapshot().histograms.idleGap
    holdsOne(cutOff, 1_000)
    expect([reused.count, clientClosed.count]).toEqual([0, 0])
  })

  it('counts nothing from before attach()', async () => {
    const { server, port } = await serve(
      (_req, res) => void res.end('ok'),
      () => {},
      tls,
    )
    const client = await RawClient.open({ port, tls })
    await client.get()
    const { kit } = makeKit()
    kit.attach(server)
    await client.get()
    await client.get()
    const { histograms, requests } = kit.snapshot()
    expect(requests).toMatchObject({ total: 2, reused: 1 })
    expect([histograms.firstRequest.count, histograms.tlsHandshake.count]).toEqual([0, 0])
    client.close()
  })
})

it('measures TLS handshakes that succeed, however slow', async () => {
  const { kit, nextClosed } = makeKit()
  const { port } = await serve((_req, res) => void res.end('ok'), kit.attach, true)
  const failing = await RawClient.open({ port })
  failing.write('this is no ClientHello\r\n\r\n')
  await nextClosed()
  failing.close()
  const raw = connect({ port, host: '127.0.0.1' })
  onTestFinished(() => void raw.destroy())
  await within(5_000, 'the connection', new Promise((done) => raw.once('connect', done)))
  await sleep(80)
  const socket = connectTls({ socket: raw, rejectUnauthorized: false })
  await within(5_000, 'the handshake', new Promise((done) => socket.once('secureConnect', done)))
  await eventually(() => kit.snapshot().histograms.tlsHandshake.count === 1, 'the handshake to be counted')
  holdsOne(kit.snapshot().histograms.tlsHandshake, 80)
  socket.destroy()
})

it('counts pipelined requests as reuses without a gap', async () => {
  const { kit, nextClosed } = makeKit()
  const { port } = await serve((_req, res) => void setTimeout(() => res.end('ok'), 40), kit.attach)
  const client = await RawClient.open({ port })
  client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n'.repeat(3))
  await client.until(3)
  client.close()
  await nextClosed()
  const { reused } = kit.snapshot().histograms.idleGap
  expect(reused.count).toBe(2)
  expect(reused.sum).toBeLessThan(20)
})

it('counts a reuse within the buffer as a near miss', async () => {
  const { kit } = makeKit({ keepAliveTimeout: 100, keepAliveTimeoutBuffer: 1_000 })
  const { port } = await serve((_req, res) => void res.end('ok'), kit.attach)
  const client = await RawClient.open({ port })
  await client.get()
  await client.get()
  expect(kit.snapshot().requests).toMatchObject({ reused: 1, nearMisses: 0 })
  await sleep(200)
  await client.get()
  expect(kit.snapshot().requests).toMatchObject({ reused: 2, nearMisses: 1 })
  client.close()
})

describe('a late request', () => {
  const late = 'GET /late HTTP/1.1\r\nHost: test\r\n\r\n'

  it.each([
    ['by the cap', { maxRequests: 1 }, ''],
    ['by the app', {}, 'X-Close: yes\r\n'],
  ])('after a close that was announced %s is told apart', async (_, options, head) => {
    const { kit, nextClosed } = makeKit(options)
    const { port } = await serve((req, res) => {
      if (req.headers['x-close']) res.setHeader('Connection', 'close')
      res.end('ok')
    }, kit.attach)
    const client = await RawClient.open({ port })
    expect((await client.get('/', head)).headers.connection).toBe('close')
    await client.end()
    client.write(late)
    await sleep(50)
    client.close()
    await nextClosed()
    expect(kit.snapshot().requests).toMatchObject({ late: 1, lateAfterClose: 1 })
  })

  it.each(['GET / HTTP/1.0\r\n\r\n', 'GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n'])(
    'is not waited for where the client asked for the close: %j',
    async (request) => {
      const { kit, nextClosed } = makeKit({ linger: 60_000 })
      const { port } = await serve((_req, res) => void res.end('ok'), kit.attach)
      const client = await RawClient.open({ port })
      client.write(request)
      expect(await client.end()).toBe('FIN')
      expect(client.responses[0]!.body).toBe('ok')
      // Although the client has not closed its side.
      expect(await nextClosed()).toMatchObject({ reason: 'client-asked', closedBy: 'client' })
      client.close()
    },
  )

  it('after an idle close is what a proxy reports as 502', async () => {
    const { kit, nextClosed } = makeKit({ keepAliveTimeout: 50 })
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach)
    const client = await RawClient.open({ port })
    expect((await client.get()).headers.connection).toBe('keep-alive')
    await client.end()
    client.write(late)
    await sleep(50)
    client.close()
    await nextClosed()
    expect(kit.snapshot().requests).toMatchObject({ late: 1, lateAfterClose: 0 })
  })
})

it('counts what Node refuses with a 503 once, and no idle gap for it', async () => {
  const { kit } = makeKit()
  const { port } = await serve(
    (_req, res) => void res.end('ok'),
    (server) => {
      kit.attach(server)
      server.maxRequestsPerSocket = 1
    },
  )
  const client = await RawClient.open({ port })
  await client.get()
  expect((await client.get()).status).toBe(503)
  const { connections, requests, histograms } = kit.snapshot()
  expect(requests).toMatchObject({ total: 1, refused: 1, reused: 0 })
  expect(connections.states.idle).toBe(1)
  expect(histograms.idleGap.reused.count).toBe(0)
  client.close()
})

describe('clients', () => {
  // macOS has only 127.0.0.1; Linux and Windows have all of 127.0.0.0/8.
  it.skipIf(process.platform === 'darwin')('are counted by address', async () => {
    const { kit, closed } = makeKit()
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach)
    for (const localAddress of ['127.0.0.1', '127.0.0.1', '127.0.0.2']) {
      const client = await RawClient.open({ port, localAddress })
      await client.get()
      await client.get()
      client.close()
    }
    await eventually(() => closed.length === 3, 'all closes')
    const { rows, other } = kit.snapshot().clients
    expect(rows).toMatchObject([
      { address: '127.0.0.1', connections: 2, requests: 4, reused: 2, reasons: { 'client-idle': 2 } },
      { address: '127.0.0.2', connections: 1, requests: 2, reused: 1, reasons: { 'client-idle': 1 } },
    ])
    for (const { lastSeen } of rows) expect(Math.abs(Date.now() - lastSeen)).toBeLessThan(5_000)
    expect(other).toMatchObject({ address: null, connections: 0 })
  })

  it('are masked everywhere', async () => {
    const { kit, nextClosed } = makeKit({ maskAddresses: true })
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach, true)
    const client = await RawClient.open({ port, tls: true })
    await client.get()
    expect(kit.connections()).toMatchObject([{ remoteAddress: '127.0.0.0', tls: 'TLSv1.3' }])
    expect(kit.snapshot().clients.rows).toMatchObject([{ address: '127.0.0.0/24', requests: 1 }])
    client.close()
    expect(await nextClosed()).toMatchObject({ remoteAddress: '127.0.0.0', reason: 'client-idle' })
  })

  it('on a Unix socket are one', async () => {
    const { kit, nextClosed } = makeKit()
    const server = createServer((_req, res) => void res.end('ok'))
    onTestFinished(() => stop(server))
    kit.attach(server)
    const name = `keepalive-kit-${process.pid}.sock`
    // Windows has named pipes instead.
    const path = process.platform === 'win32' ? `//./pipe/${name}` : join(tmpdir(), name)
    await new Promise<void>((done) => server.listen(path, done))
    const socket = connect(path).on('connect', () => socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n'))
    socket.once('data', () => socket.destroy())
    expect(await nextClosed()).toMatchObject({ requests: 1, remoteAddress: undefined })
    expect(kit.snapshot().clients.rows).toMatchObject([{ address: 'unix', connections: 1, requests: 1 }])
  })
})

it('detach() cancels a pending eviction', async () => {
  const { kit } = makeKit({ maxIdle: 1, minIdle: 0 })
  const { server, port } = await serve((_req, res) => void res.end('ok'), kit.attach)
  const client = await RawClient.open({ port })
  await client.get()
  // Now the kit has the second one, and will close the first one in the next turn.
  server.once('connection', () => kit.detach())
  const other = await RawClient.open({ port })
  await sleep(50)
  const { connections, histograms } = kit.snapshot()
  expect(connections).toMatchObject({ opened: 2, released: 2, closed: 0, open: 0 })
  expect(Object.values(connections.states)).toEqual([0, 0, 0, 0, 0])
  expect(histograms.idleGap.cutOff.count).toBe(1)
  expect((await client.get()).body).toBe('ok')
  client.close()
  other.close()
})
