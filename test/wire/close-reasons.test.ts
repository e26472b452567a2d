import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { makeServer, serve } from '../support/server.ts'
import { sleep } from '../support/within.ts'

const answer = (_req: unknown, res: { end(body: string): void }): void => res.end('ok')

describe.each([
  ['http', false],
  ['https', true],
])('close reasons over %s', (_, tls) => {
  it('idle-timeout: the server closes with FIN after the timeout and its buffer', async () => {
    const { kit, nextClosed } = makeKit({ keepAliveTimeout: 60, keepAliveTimeoutBuffer: 1_000 })
    const { port } = await serve(answer, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    await client.get()
    expect(await client.end()).toBe('FIN')
    client.close()
    const closed = await nextClosed()
    expect(closed).toMatchObject({
      reason: 'idle-timeout',
      closedBy: 'server',
      requests: 1,
      reused: 0,
      late: 0,
    })
    expect(closed.idleAtClose).toBeGreaterThanOrEqual(1_055)
    expect(closed.idleAtClose).toBeLessThan(2_000)
  })

  it('client-asked: Connection: close', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(answer, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    await client.get('/', 'Connection: close\r\n')
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'client-asked', closedBy: 'client', requests: 1 })
  })

  it('client-asked: HTTP/1.0 without keep-alive', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(answer, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    client.write('GET / HTTP/1.0\r\n\r\n')
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'client-asked', closedBy: 'client', protocol: '1.0' })
  })

  it('client-idle: FIN while idle', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(answer, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    await client.get()
    await client.get()
    await sleep(50)
    client.socket.end()
    const closed = await nextClosed()
    expect(closed).toMatchObject({ reason: 'client-idle', closedBy: 'client', requests: 2, reused: 1 })
    expect(closed.idleAtClose).toBeGreaterThanOrEqual(45)
  })

  it('client-abort: FIN while the response is under way', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve((_req, res) => void res.write('a part'), kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
    await sleep(30)
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'client-abort', closedBy: 'client', idleAtClose: 0 })
  })

  it('client-abort: FIN in the middle of a head', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(answer, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    client.write('GET / HTTP/1.1\r\nHo').socket.end()
    expect(await nextClosed()).toMatchObject({ reason: 'client-abort', closedBy: 'client', requests: 0 })
  })

  it('app: the handler asks for the close', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(
      (_req, res) => void res.setHeader('Connection', 'close').end('ok'),
      kit.attach,
      tls,
    )
    const client = await RawClient.open({ port, tls })
    await client.get()
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'app', closedBy: 'server', requests: 1 })
  })

  it('app: the handler destroys the socket', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve((req) => void req.socket.destroy(), kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
    await client.end()
    expect(await nextClosed()).toMatchObject({ reason: 'app', closedBy: 'server', requests: 1 })
  })

  it('bad-request: not HTTP', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(answer, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    client.write('not http at all\r\n\r\n')
    const [response] = await client.until(1)
    expect(response!.status).toBe(400)
    await client.end()
    expect(await nextClosed()).toMatchObject({ reason: 'bad-request', closedBy: 'server', requests: 0 })
    expect(kit.snapshot().requests).toMatchObject({ total: 0, refused: 1 })
  })

  it('bad-request: HTTP/1.1 without Host', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(answer, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    client.write('GET / HTTP/1.1\r\n\r\n')
    expect((await client.until(1))[0]!.status).toBe(400)
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'bad-request', closedBy: 'server', requests: 0 })
    expect(kit.snapshot().requests).toMatchObject({ total: 0, refused: 1 })
  })

  it('header-timeout: a head that does not arrive in time', async () => {
    const { kit, nextClosed } = makeKit({ headersTimeout: 60 })
    const { port } = await serve(answer, kit.attach, tls, { connectionsCheckingInterval: 20 })
    const client = await RawClient.open({ port, tls })
    client.write('GET / HTTP/1.1\r\nHost')
    expect((await client.until(1))[0]!.status).toBe(408)
    expect(await nextClosed()).toMatchObject({ reason: 'header-timeout', closedBy: 'server', requests: 0 })
    expect(kit.snapshot().requests.refused).toBe(1)
  })

  it('request-timeout: a body that does not arrive in time', async () => {
    const { kit, nextClosed } = makeKit({ headersTimeout: 50 })
    const { port } = await serve(
      (req) => void req.resume(),
      (server) => {
        kit.attach(server)
        server.requestTimeout = 100
      },
      tls,
      { connectionsCheckingInterval: 20 },
    )
    const client = await RawClient.open({ port, tls })
    client.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhal')
    await client.end()
    expect(await nextClosed()).toMatchObject({ reason: 'request-timeout', closedBy: 'server', requests: 1 })
  })

  it('inactivity: server.timeout during a request', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(
      () => {},
      (server) => {
        kit.attach(server)
        server.timeout = 60
      },
      tls,
    )
    const client = await RawClient.open({ port, tls })
    client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
    await client.end()
    expect(await nextClosed()).toMatchObject({ reason: 'inactivity', closedBy: 'server', requests: 1 })
  })

  it('inactivity: server.timeout in the middle of the first head', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(
      answer,
      (server) => {
        kit.attach(server)
        server.timeout = 60
      },
      tls,
    )
    const client = await RawClient.open({ port, tls })
    client.write('GET / HTTP/1.1\r\nHo')
    await client.end()
    expect(await nextClosed()).toMatchObject({ reason: 'inactivity', closedBy: 'server', requests: 0 })
  })

  it('never-used: the client closes without a request', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(answer, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    client.socket.end()
    expect(await nextClosed()).toMatchObject({
      reason: 'never-used',
      closedBy: 'client',
      requests: 0,
      bytesRead: 0,
    })
  })

  it('never-used: the server closes it, without a 408', async () => {
    const { kit, nextClosed } = makeKit({ headersTimeout: 50 })
    const { port } = await serve(answer, kit.attach, tls, { connectionsCheckingInterval: 20 })
    const client = await RawClient.open({ port, tls })
    expect(await client.end()).toBe('FIN')
    expect(client.text).toBe('')
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'never-used', closedBy: 'server', requests: 0 })
  })

  it('upgrade: the connection changes its protocol', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(
      answer,
      (server) => {
        kit.attach(server)
        server.on('upgrade', (_req, socket) => {
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
          socket.pipe(socket)
        })
      },
      tls,
    )
    const client = await RawClient.open({ port, tls })
    client.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    await sleep(50)
    expect(client.text).toContain('101')
    expect(kit.connections()[0]).toMatchObject({ state: 'upgraded' })
    client.write('hello')
    await sleep(50)
    expect(client.text).toMatch(/hello$/)
    client.socket.end()
    expect(await nextClosed()).toMatchObject({ reason: 'upgrade', closedBy: 'client' })
  })
})

describe('close reasons over http alone', () => {
  it('client-reset: RST while idle', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(answer, kit.attach)
    const client = await RawClient.open({ port })
    await client.get()
    client.reset()
    expect(await nextClosed()).toMatchObject({ reason: 'client-reset', closedBy: 'client', requests: 1 })
  })

  it('client-reset: RST while a request is under way', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(() => {}, kit.attach)
    const client = await RawClient.open({ port })
    client.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhal')
    await sleep(30)
    client.reset()
    expect(await nextClosed()).toMatchObject({ reason: 'client-reset', closedBy: 'client', requests: 1 })
  })

  it('error: a TLS handshake that fails', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve(answer, kit.attach, true)
    const client = await RawClient.open({ port })
    client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
    await client.end()
    expect(await nextClosed()).toMatchObject({ reason: 'error', requests: 0, tls: null })
  })

  it('app: a response without a length for HTTP/1.0 ends with the connection', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve((_req, res) => {
      res.write('streamed')
      res.end()
    }, kit.attach)
    const client = await RawClient.open({ port })
    client.write('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'app', closedBy: 'server' })
  })
})

it('follows a socket that another server handed over', async () => {
  const { kit, nextClosed } = makeKit()
  const server = await makeServer(answer)
  kit.attach(server)
  const bridge = createServer((socket) => server.emit('connection', socket))
  const port = await new Promise<number>((done) =>
    bridge.listen(0, '127.0.0.1', () => done((bridge.address() as { port: number }).port)),
  )
  const client = await RawClient.open({ port })
  await client.get()
  client.close()
  expect(await nextClosed()).toMatchObject({ requests: 1, closedBy: 'client' })
  bridge.close()
})
