import type { RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { sleep } from '../support/within.ts'

const answer: RequestListener = (_req, res) => void res.end('ok')

/** Every kind of response with its own code path in Node. */
const answers: Record<string, RequestListener> = {
  plain: answer,
  chunked: (_req, res) => {
    res.write('o')
    res.end('k')
  },
  streamed: (_req, res) => {
    res.write('o')
    setTimeout(() => res.end('k'), 5)
  },
  'writeHead with an object': (_req, res) => void res.writeHead(200, { 'Content-Length': 2 }).end('ok'),
  'writeHead with an array': (_req, res) =>
    void res.writeHead(200, ['Content-Length', '2', 'X-A', '1', 'X-A', '2']).end('ok'),
  'writeHead with nested arrays': (_req, res) =>
    void res.writeHead(200, 'Fine', [['Content-Length', '2']] as unknown as string[]).end('ok'),
  'a keep-alive of its own': (_req, res) =>
    void res
      .writeHead(200, { Connection: 'keep-alive', 'Keep-Alive': 'timeout=9', 'Content-Length': 2 })
      .end('ok'),
  'a keep-alive set before': (_req, res) =>
    void res.setHeader('Connection', 'keep-alive').setHeader('Keep-Alive', 'timeout=9').end('ok'),
  'a keep-alive set before, and another header beside it': (_req, res) =>
    void res.setHeader('Keep-Alive', 'timeout=9').writeHead(200, { 'Content-Length': 2 }).end('ok'),
  'a keep-alive of its own in an array': (_req, res) =>
    void res
      .writeHead(200, ['Content-Length', '2', 'Connection', 'keep-alive', 'KEEP-ALIVE', 'timeout=9'])
      .end('ok'),
  'a keep-alive of its own in nested arrays': (_req, res) =>
    void res
      .writeHead(200, [
        ['Content-Length', '2'],
        ['Connection', 'keep-alive'],
        ['Keep-Alive', 'timeout=9'],
      ] as unknown as string[])
      .end('ok'),
  'flushed headers': (_req, res) => {
    res.flushHeaders()
    res.end('ok')
  },
  'all headers removed': (_req, res) => {
    res.setHeader('X-A', '1')
    for (const name of res.getHeaderNames()) res.removeHeader(name)
    res.end('ok')
  },
  'an error': (_req, res) => void res.writeHead(500).end('ok'),
}

describe.each([
  ['http', false],
  ['https', true],
])('maxRequests over %s', (_, tls) => {
  it.each(Object.entries(answers))('is exact for %s', async (_name, handler) => {
    const { kit, nextClosed } = makeKit({ maxRequests: 3 })
    const { port } = await serve(handler, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    const [first, second, third] = [await client.get(), await client.get(), await client.get()]
    for (const response of [first, second, third]) expect(response.body).toBe('ok')
    expect(first.headers.connection).toBe('keep-alive')
    expect(second.headers.connection).toBe('keep-alive')
    expect(third.headers.connection).toBe('close')
    expect(third.headers).not.toHaveProperty('keep-alive')
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({
      reason: 'max-requests',
      closedBy: 'server',
      requests: 3,
      reused: 2,
    })
  })

  it('sends the remaining requests as max=, after timeout=', async () => {
    const { kit } = makeKit({ maxRequests: 3 })
    const { port } = await serve(answer, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    expect((await client.get()).headers['keep-alive']).toBe('timeout=65, max=2')
    expect((await client.get()).headers['keep-alive']).toBe('timeout=65, max=1')
    expect((await client.get()).headers['keep-alive']).toBeUndefined()
    client.close()
  })

  it('is exact for HTTP/1.0 with keep-alive', async () => {
    const { kit, nextClosed } = makeKit({ maxRequests: 3 })
    const { port } = await serve(
      (_req, res) => void res.setHeader('Content-Length', 2).end('ok'),
      kit.attach,
      tls,
    )
    const client = await RawClient.open({ port, tls })
    for (let n = 1; n <= 3; n++) {
      client.write('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
      const response = (await client.until(n))[n - 1]!
      expect(response.headers.connection).toBe(n < 3 ? 'keep-alive' : 'close')
    }
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'max-requests', requests: 3, protocol: '1.0' })
  })

  it('completes a large response, however slowly it is read', async () => {
    const size = 8 * 1024 * 1024
    const { kit } = makeKit({ maxRequests: 1, linger: 20 })
    const { port } = await serve((_req, res) => void res.end(Buffer.alloc(size, 'x')), kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n').socket.pause()
    await sleep(100)
    client.socket.resume()
    expect(await client.end(15_000)).toBe('FIN')
    expect(client.responses[0]!.body.length).toBe(size)
    client.close()
  })

  it('completes the response if the request body is not read', async () => {
    const { kit, nextClosed } = makeKit({ maxRequests: 1 })
    const { port } = await serve((_req, res) => void res.writeHead(413).end('too large'), kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    const size = 4 * 1024 * 1024
    client.write(`POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${size}\r\n\r\n`).write('x'.repeat(size))
    const [response] = await client.until(1)
    expect(response).toMatchObject({ status: 413, body: 'too large' })
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'max-requests', closedBy: 'server', late: 0 })
  })
})

it('counts HEAD, 304 and 204', async () => {
  const { kit, nextClosed } = makeKit({ maxRequests: 3 })
  const { port } = await serve((req, res) => void res.writeHead(Number(req.url!.slice(1))).end(), kit.attach)
  const client = await RawClient.open({ port })
  client.write('HEAD /200 HTTP/1.1\r\nHost: test\r\n\r\n')
  await sleep(30)
  expect(client.text).toMatch(/Keep-Alive: timeout=65, max=2/)
  client.write('GET /304 HTTP/1.1\r\nHost: test\r\n\r\n')
  await sleep(30)
  expect(client.text).toMatch(/Keep-Alive: timeout=65, max=1/)
  client.write('GET /204 HTTP/1.1\r\nHost: test\r\n\r\n')
  expect(await client.end()).toBe('FIN')
  expect(client.text).toMatch(/HTTP\/1.1 204.*Connection: close/s)
  client.close()
  expect(await nextClosed()).toMatchObject({ reason: 'max-requests', requests: 3 })
})

it('draws the cap for each connection, downward', async () => {
  const { kit } = makeKit({ maxRequests: 100, jitter: 0.5 })
  const { port } = await serve(answer, kit.attach)
  const caps = new Set<number>()
  for (let i = 0; i < 20; i++) {
    const client = await RawClient.open({ port })
    const [, max] = /max=(\d+)/.exec((await client.get()).headers['keep-alive']!)!
    caps.add(Number(max) + 1)
    client.close()
  }
  expect(caps.size).toBeGreaterThan(1)
  for (const cap of caps) {
    expect(cap).toBeGreaterThanOrEqual(50)
    expect(cap).toBeLessThanOrEqual(100)
  }
})

describe('maxAge', () => {
  it('closes after the first response past it, and never an idle connection', async () => {
    const { kit, nextClosed } = makeKit({ maxAge: 60 })
    const { port } = await serve(answer, kit.attach)
    const client = await RawClient.open({ port })
    expect((await client.get()).headers.connection).toBe('keep-alive')
    await sleep(150)
    expect(client.ended).toBeUndefined()
    expect((await client.get()).headers.connection).toBe('close')
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'max-age', closedBy: 'server', requests: 2 })
  })

  it.each([
    [250_000, true],
    [600_000, false],
  ])(
    'watches the head of a response only in the last five minutes: of %i ms, %s',
    async (maxAge, watched) => {
      const { kit } = makeKit({ maxAge })
      const { port } = await serve(
        (_req, res) => void res.end(String(Object.hasOwn(res, 'writeHead'))),
        kit.attach,
      )
      const client = await RawClient.open({ port })
      expect((await client.get()).body).toBe(String(watched))
      client.close()
    },
  )

  it('measures the age when the head is sent, not when the request arrives', async () => {
    const { kit } = makeKit({ maxAge: 60 })
    const { port } = await serve((_req, res) => void setTimeout(() => res.end('ok'), 120), kit.attach)
    const client = await RawClient.open({ port })
    expect((await client.get()).headers.connection).toBe('close')
    client.close()
  })
})
