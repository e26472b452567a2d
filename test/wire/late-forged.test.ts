import { describe, expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually, within } from '../support/within.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** The max `late` of one client: no client has that many requests in flight. */
const bound = 100

describe.each([
  ['http', false],
  ['https', true],
])('what comes after our FIN over %s', (_, tls) => {
  /** Sends the parts after our FIN, one read each, then a FIN. */
  async function late(parts: readonly string[], options = {}) {
    const { kit, closed, nextClosed } = makeKit({ maxRequests: 1, linger: 5_000, ...options })
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    // The server may close first.
    client.socket.on('close', () => client.close())
    await client.get()
    expect(await client.end()).toBe('FIN')
    const bytesRead = (): number => kit.connections()[0]?.bytesRead ?? closed[0]?.bytesRead ?? 0
    for (const part of parts) {
      const before = bytesRead()
      client.write(part)
      await eventually(() => bytesRead() >= before + part.length || closed.length > 0, 'the bytes to arrive')
    }
    client.socket.end()
    const record = await within(10_000, 'the closed record', nextClosed())
    return { record, requests: kit.snapshot().requests }
  }

  it.each([
    ['request lines', 'GET / HTTP/1.1\r\n'.repeat(400_000), 0],
    ['whole requests', get('/').repeat(100_000), 1],
    ['requests with bodies', post('/', 'hi').repeat(100_000), 1],
  ])(
    'counts within bounds, though one client sends hundreds of thousands of %s',
    async (_what, bytes, least) => {
      const { record, requests } = await late([bytes])
      expect(record.late).toBeGreaterThanOrEqual(least)
      expect(record.late).toBeLessThanOrEqual(bound)
      expect(requests.late).toBe(record.late)
      expect(requests.lateAfterClose).toBeLessThanOrEqual(requests.late)
    },
  )

  it.each([
    ['all in one read', [get('/1') + post('/2', 'hi') + get('/3')], 3],
    ['each in a read of its own', [get('/1'), post('/2', 'hi'), get('/3')], 3],
    ['one in two reads, cut within its first line', ['GET /1 HT', 'TP/1.1\r\nHost: test\r\n\r\n'], 1],
    ['one in two reads, cut behind its first line', ['GET /1 HTTP/1.1\r\n', 'Host: test\r\n\r\n'], 1],
    ['one whose body comes later', [post('/1', 'hello').slice(0, -5), 'hello'], 1],
    ['one behind a stray line end', [`\r\n${get('/1')}`], 1],
  ])('counts honest requests as they are: %s', async (_what, parts, count) => {
    const { record, requests } = await late(parts)
    expect(record).toMatchObject({ reason: 'max-requests', requests: 1, late: count })
    expect(requests.late).toBe(count)
  })

  it('counts the same if the idle timeout sent our FIN', async () => {
    const idle = { maxRequests: 0, keepAliveTimeout: 100, keepAliveTimeoutBuffer: 0 }
    const honest = await late([get('/1'), get('/2') + get('/3')], idle)
    expect(honest.record).toMatchObject({ reason: 'idle-timeout', late: 3 })
    expect(honest.requests).toMatchObject({ late: 3, lateAfterClose: 0 })
    expect((await late([get('/').repeat(100_000)], idle)).requests.late).toBeLessThanOrEqual(bound)
  })

  it('counts no lines of a body', async () => {
    const lines = 'GET /not HTTP/1.1\r\n'.repeat(20)
    expect((await late([post('/', lines)])).record.late).toBe(1)
    expect((await late([post('/', lines).slice(0, -200), lines.slice(-200)])).record.late).toBe(1)
    expect((await late([post('/', `\r\n\r\n${lines}`) + get('/2')])).record.late).toBe(2)
  })

  it('counts no lines of a chunked body', async () => {
    const line = 'GET /not HTTP/1.1\r\n'
    const head = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n'
    const chunk = `${line.length.toString(16)}\r\n${line}\r\n`
    expect((await late([head + chunk.repeat(5), `${chunk}0\r\n\r\n`])).record.late).toBe(1)
  })

  it('counts only requests', async () => {
    expect((await late(['no http\r\n'.repeat(100)])).record.late).toBe(0)
    expect((await late(['\r\n\r\n'])).record.late).toBe(0)
  })
})
