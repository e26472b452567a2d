import type { RequestListener, Server } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type * as Internals from '../../src/node/internals.ts'
import { endWithServer } from '../support/drains.ts'
import { makeKit } from '../support/kit.ts'
import { openIdle, RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { collectWarnings } from '../support/warnings.ts'
import { eventually } from '../support/within.ts'

const found = vi.hoisted(() => ({ instead: {} as Partial<typeof Internals> }))

/** The fallback for a private property, as documented in internals.ts. */
vi.mock('../../src/node/internals.ts', async (load) => {
  const real = await load<typeof Internals>()
  return Object.fromEntries(
    Object.entries(real).map(([name, own]) => [
      name,
      (...args: unknown[]) =>
        Reflect.apply(
          (found.instead[name as keyof typeof Internals] ?? own) as () => unknown,
          undefined,
          args,
        ),
    ]),
  )
})

afterEach(() => {
  found.instead = {}
})

const missing: Readonly<Record<string, Partial<typeof Internals>>> = {
  'socket._handle.bytesRead': { byteCounterOf: (socket) => socket },
  'socket._bytesDispatched': { bytesSent: ({ bytesWritten }) => bytesWritten },
  'socket._httpMessage': { ownerOf: () => undefined },
  'response.socket === null': { isDetached: () => false },
  'both of these': { ownerOf: () => undefined, isDetached: () => false },
  'response._keepAliveTimeout': { advertise: () => {} },
  'response._header': { endsWithConnection: () => false },
  'the list of connections': { isMessageArriving: () => true, openSockets: () => [] },
  'the checking interval': { checkingIntervalOf: () => undefined },
  'socket._handle.readStart()': { startReading: () => {} },
  'socket._parent': { canCarry: () => false, carrierOf: () => undefined },
  'the parser’s listener': { takeParserOff: () => {} },
  'closeIdleConnections()': { closeListening: (_server, close) => close() },
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`
const post = (body: string): string =>
  `POST /post HTTP/1.1\r\nHost: test\r\nContent-Length: ${body.length}\r\n\r\n${body}`

const echo: RequestListener = (req, res) => {
  let body = ''
  req.setEncoding('latin1').on('data', (chunk) => {
    body += chunk
  })
  req.on('end', () => setImmediate(() => res.end(`${req.url} ${body}`.trim())))
}

const cases = Object.entries(missing).flatMap(([name, instead]) =>
  [false, true].map((tls) => ({ instead, tls, title: `${name}, over ${tls ? 'https' : 'http'}` })),
)

describe.each(cases)('without $title', ({ instead, tls }) => {
  const set = async (options: Parameters<typeof makeKit>[0] = {}) => {
    found.instead = instead
    const warnings = collectWarnings()
    const test = makeKit({ linger: 20, ...options })
    const warned = (): string[] => warnings.map(({ code }) => code)
    return { warned, ...test, ...(await serve(echo, (server) => test.kit.attach(server as Server), tls)) }
  }

  it('answers and counts all requests', async () => {
    const { kit, port, nextClosed, warned } = await set()
    const client = await RawClient.open({ port, tls })
    for (let i = 1; i <= 5; i++) expect(await client.get(`/${i}`)).toMatchObject({ body: `/${i}` })
    client.write(get('/6') + post('seven') + get('/8'))
    const responses = await client.until(8)
    expect(responses.slice(5).map(({ body }) => body)).toEqual(['/6', '/post seven', '/8'])
    await eventually(() => kit.snapshot().requests.answered === 8, 'the last end')
    client.close()
    expect(await nextClosed()).toMatchObject({ requests: 8, reason: 'client-idle' })
    expect(kit.snapshot()).toMatchObject({
      requests: { total: 8, answered: 8, dropped: 0 },
      connections: { opened: 1, open: 0 },
    })
    // One of the two reports the end of a response.
    const isUnheard = 'ownerOf' in instead && 'isDetached' in instead
    expect(warned()).toEqual(isUnheard ? ['KEEPALIVE_NODE_CHANGED'] : [])
  })

  it('keeps the cap, and executes no request after it', async () => {
    const { port, nextClosed } = await set({ maxRequests: 3 })
    const client = endWithServer(await RawClient.open({ port, tls }))
    client.write(get('/1') + get('/2') + get('/3') + get('/4') + get('/5'))
    expect(await client.end()).toBe('FIN')
    expect(client.responses.map(({ body }) => body)).toEqual(['/1', '/2', '/3'])
    expect(client.responses[2]!.headers.connection).toBe('close')
    expect(await nextClosed()).toMatchObject({ requests: 3, dropped: 2, reason: 'max-requests' })
  })

  it('closes what is idle, evicts and drains', async () => {
    const idle = await set({ keepAliveTimeout: 100, keepAliveTimeoutBuffer: 0 })
    for (const client of await openIdle(idle.port, 1, tls)) endWithServer(client)
    const { kit, port, closed } = await set({ maxIdle: 1, minIdle: 0 })
    const clients = await openIdle(port, 3, tls)
    for (const client of clients) endWithServer(client)
    await eventually(() => closed.length === 2, 'the evictions')
    expect(closed.map(({ reason }) => reason)).toEqual(['evicted', 'evicted'])
    const report = await kit.drain({ timeout: 1_500, spread: 0 })
    expect(report.forced).toEqual({ new: 0, active: 0, idle: 0, closing: 0, upgraded: 0, unknown: 0 })
    for (const client of clients) expect(await client.end()).toBe('FIN')
    expect(kit.snapshot().connections).toMatchObject({ opened: 3, open: 0 })
    expect(await idle.nextClosed()).toMatchObject({ reason: 'idle-timeout', requests: 1 })
  })
})

describe('a function of internals.ts', async () => {
  const real = await vi.importActual<typeof Internals>('../../src/node/internals.ts')
  const bare = { bytesRead: 5, bytesWritten: 7 } as Socket

  it('finds nothing on a socket without private fields', () => {
    for (const socket of [bare, { ...bare, _handle: null }, { ...bare, _handle: {} }] as Socket[]) {
      expect(real.byteCounterOf(socket)).toBe(socket)
      expect(real.bytesSent(socket)).toBe(7)
      expect(real.ownerOf(socket)).toBeUndefined()
      expect(real.carrierOf(socket)).toBeUndefined()
      expect(real.canCarry(socket)).toBe(false)
      expect(() => real.startReading(socket)).not.toThrow()
    }
  })

  it('finds nothing on a server without private fields, or with different ones of the same name', () => {
    const list = Symbol('http.server.connections')
    const interval = Symbol('http.server.connectionsCheckingInterval')
    for (const server of [{}, { [list]: {}, [interval]: {} }, { [list]: undefined }] as unknown as Server[]) {
      expect(real.isMessageArriving(server, bare)).toBe(true)
      expect(real.openSockets(server)).toEqual([])
      expect(real.checkingIntervalOf(server)).toBeUndefined()
    }
  })

  it('assumes that a response has a length if the head is not available', () => {
    for (const head of [undefined, null, ' ', 5]) {
      const response = { statusCode: 200, _header: head }
      expect(real.endsWithConnection(response as never, { method: 'GET' })).toBe(false)
    }
  })

  it('closes the listening socket if closeIdleConnections cannot be replaced', () => {
    let closed = 0
    const server = Object.freeze({ closeIdleConnections() {} }) as unknown as Server
    real.closeListening(server, () => closed++)
    expect(closed).toBe(1)
  })
})
