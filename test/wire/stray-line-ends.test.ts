import type { RequestListener } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { KeepAlive } from '../../src/index.ts'
import { makeKit } from '../support/kit.ts'
import { openIdle, RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { numbersAddUp } from '../support/sums.ts'
import { eventually, within } from '../support/within.ts'

// RFC 9112, section 2.2: a server ignores an empty line before a request. It is not the beginning of a request.

const answer: RequestListener = (_req, res) => void res.end('ok')
const get = 'GET / HTTP/1.1\r\nHost: test\r\n\r\n'
const strays = [
  ['a CRLF', '\r\n'],
  ['three CRLFs', '\r\n\r\n\r\n'],
  ['a line feed', '\n'],
] as const

const isOpen = ({ ended }: RawClient): boolean => ended === undefined

/** Sends bytes on each connection, one after the other, and waits until the server has them. */
async function send(kit: KeepAlive, clients: readonly RawClient[], bytes: string): Promise<void> {
  for (const client of clients) {
    const read = (): number => kit.connections().reduce((sum, { bytesRead }) => sum + bytesRead, 0)
    const before = read()
    client.write(bytes)
    await eventually(() => read() === before + bytes.length, 'the server to read the bytes')
  }
}

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_, tls) => {
  async function setUp(count: number, options: Parameters<typeof makeKit>[0] = {}) {
    const test = makeKit({ linger: 100, ...options })
    const { server, port } = await serve(answer, test.kit.attach, tls)
    const open = async (count: number): Promise<RawClient[]> => {
      const clients = await openIdle(port, count, tls)
      onTestFinished(() => clients.forEach((client) => void client.close()))
      for (const { socket } of clients) socket.on('end', () => socket.end())
      return clients
    }
    return { ...test, server, port, open, clients: await open(count) }
  }

  it.each(strays)('%s on idle connections does not prevent eviction', async (_, bytes) => {
    const { kit, clients, open } = await setUp(4, { maxIdle: 4, minIdle: 0 })
    await send(kit, clients, bytes)
    const others = await open(3)
    await eventually(
      () => clients.filter(isOpen).length === 1,
      () => `three evictions, got ${clients.filter((client) => !isOpen(client)).length}`,
    )
    expect(clients.map(isOpen)).toEqual([false, false, false, true])
    expect(others.every(isOpen)).toBe(true)
    await eventually(() => kit.connections().length === 4, 'the closes')
    expect(kit.snapshot().connections.reasons).toMatchObject({ evicted: 3 })
    expect(kit.snapshot().requests).toMatchObject({ total: 7, late: 0 })
    numbersAddUp(kit)
  })

  it.each([
    ['a CRLF', '\r\n'],
    ['two CRLFs', '\r\n\r\n'],
  ])('%s before the first request leaves its connection to maxIdle', async (_, bytes) => {
    const { kit, port, open } = await setUp(0, { maxIdle: 2, minIdle: 0 })
    const client = await RawClient.open({ port, tls })
    await eventually(() => kit.connections().length === 1, 'the record')
    await send(kit, [client], bytes)
    await open(2)
    expect(await client.end()).toBe('FIN')
    client.close()
  })

  it('a first request whose head has just begun is not evicted', async () => {
    const { kit, port, open } = await setUp(0, { maxIdle: 2, minIdle: 0 })
    const client = await RawClient.open({ port, tls })
    await eventually(() => kit.connections().length === 1, 'the record')
    await send(kit, [client], 'GET /')
    const [first] = await open(3)
    expect(await first!.end()).toBe('FIN')
    client.write(' HTTP/1.1\r\nHost: test\r\n\r\n')
    expect((await client.until(1))[0]).toMatchObject({ body: 'ok' })
    client.close()
  })

  it.each(strays)('%s on idle connections does not delay a drain', async (_, bytes) => {
    const { kit, clients } = await setUp(5, { minIdle: 0 })
    await send(kit, clients, bytes)
    const report = await within(3_000, 'the drain', kit.drain({ timeout: 10_000 }))
    expect(report).toMatchObject({ closedIdle: 5, late: 0, forced: { idle: 0, active: 0, closing: 0 } })
    expect(clients.some(isOpen)).toBe(false)
  })

  it('repeated CRLFs delay neither a drain nor an eviction', async () => {
    const { kit, clients, open } = await setUp(1, { maxIdle: 2, minIdle: 0 })
    const others = await open(1)
    const drip = setInterval(() => {
      for (const client of [...clients, ...others]) if (isOpen(client)) client.write('\r\n')
    }, 10)
    onTestFinished(() => clearInterval(drip))
    await open(1)
    await eventually(() => !isOpen(clients[0]!), 'the eviction')
    await within(3_000, 'the drain', kit.drain({ timeout: 10_000 }))
    expect(others.some(isOpen)).toBe(false)
  })

  it('a CRLF does not double the idle timeout', { timeout: 15_000 }, async () => {
    const timeouts = { keepAliveTimeout: 2_000, keepAliveTimeoutBuffer: 1_000 }
    const attached = await setUp(1, timeouts)
    const plain = await serve(answer, (server) => Object.assign(server, timeouts), tls)
    const [plainClient] = await openIdle(plain.port, 1, tls)
    const lasts = [plainClient!, ...attached.clients].map(async (client) => {
      client.write('\r\n')
      const begun = performance.now()
      await client.end(10_000)
      client.close()
      return performance.now() - begun
    })
    const [onPlain, withKit] = await Promise.all(lasts)
    // Twice would be 6 s.
    expect(withKit).toBeLessThan(onPlain! + 1_500)
    expect(withKit).toBeGreaterThan(2_500)
    expect(await attached.nextClosed()).toMatchObject({ reason: 'idle-timeout', closedBy: 'server', late: 0 })
  })

  it.each([
    ['a part of a head', 'GET / HT', 'TP/1.1\r\nHost: test\r\n\r\n'],
    ['one letter', 'G', get.slice(1)],
    ['a CRLF and a part of a head', '\r\nGET / HT', 'TP/1.1\r\nHost: test\r\n\r\n'],
  ])('%s is not evicted, and gets its answer', async (_, begin, rest) => {
    const { kit, clients, open } = await setUp(1, { maxIdle: 1, minIdle: 0 })
    const [client] = clients
    await send(kit, clients, begin)
    const others = await open(3)
    await eventually(() => others.filter(isOpen).length <= 1, 'two evictions')
    expect(isOpen(client!)).toBe(true)
    client!.write(rest)
    expect((await client!.until(2))[1]!.body).toBe('ok')
  })

  it.each([
    ['a part of a head', ['GET / HT'], 'TP/1.1\r\nHost: test\r\n\r\n'],
    ['a CRLF, then a part of a head', ['\r\n', 'GET / HT'], 'TP/1.1\r\nHost: test\r\n\r\n'],
    ['a CRLF and a part of a head at once', ['\r\nGET / HT'], 'TP/1.1\r\nHost: test\r\n\r\n'],
  ])('%s is answered in a drain', async (_, begin, rest) => {
    const { kit, clients, open } = await setUp(1, { minIdle: 0 })
    const [client] = clients
    for (const bytes of begin) await send(kit, clients, bytes)
    const [other] = await open(1)
    const drained = kit.drain({ timeout: 8_000 })
    await other!.end()
    expect(isOpen(client!)).toBe(true)
    client!.write(rest)
    expect((await client!.until(2))[1]).toMatchObject({ body: 'ok', headers: { connection: 'close' } })
    expect(await within(3_000, 'the drain', drained)).toMatchObject({ answered: 1, closedIdle: 1, late: 0 })
  })

  it('CRLFs between requests change no count', async () => {
    const { kit, clients } = await setUp(1)
    const [client] = clients
    await send(kit, clients, '\r\n')
    await client!.get()
    client!.write(`\r\n\r\n${get}\r\n${get}\r\n`)
    expect((await client!.until(4)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
    await eventually(() => kit.connections()[0]?.state === 'idle', 'the connection to idle')
    expect(kit.connections()).toMatchObject([{ requests: 4, reused: 3 }])
    expect(kit.snapshot().requests).toMatchObject({ total: 4, reused: 3, refused: 0, dropped: 0 })
    numbersAddUp(kit)
  })

  it('a CRLF after our FIN is no late request', async () => {
    const { kit, port, nextClosed } = await setUp(0, { maxRequests: 1, linger: 5_000 })
    const client = await RawClient.open({ port, tls })
    await client.get()
    expect(await client.end()).toBe('FIN')
    await send(kit, [client], '\r\n')
    client.socket.end()
    expect(await nextClosed()).toMatchObject({ reason: 'max-requests', late: 0 })
    expect(kit.snapshot().requests.late).toBe(0)
    client.close()
  })
})
