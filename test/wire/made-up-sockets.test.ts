import { EventEmitter } from 'node:events'
import { IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex, PassThrough } from 'node:stream'
import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { keepAlive as plugin } from '../../src/adapters/fastify.ts'
import { connectionOf, type KeepAlive } from '../../src/index.ts'
import { collectUntil } from '../support/collect.ts'
import { duplexPair } from '../support/duplex-pair.ts'
import { makeKit } from '../support/kit.ts'
import { responsesIn } from '../support/responses.ts'
import { makeServer } from '../support/server.ts'
import { numbersAddUp } from '../support/sums.ts'
import { eventually, within } from '../support/within.ts'

// Test tools and proxies emit requests without a connection, or with a stream that is not a socket.

const none = { new: 0, active: 0, idle: 0, closing: 0, upgraded: 0 }

/** Fake sockets, as these tools create them. */
const sockets: Readonly<Record<string, () => unknown>> = {
  'no socket': () => undefined,
  'an object': () => ({ remoteAddress: '192.0.2.1' }),
  'an emitter, as of light-my-request': () =>
    Object.assign(new EventEmitter(), { remoteAddress: '192.0.2.1' }),
  'a PassThrough': () => new PassThrough(),
  'a Duplex': () =>
    new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        done()
      },
    }),
  'a Duplex with an address': () =>
    Object.assign(
      new Duplex({
        read() {},
        write(_chunk, _encoding, done) {
          done()
        },
      }),
      { remoteAddress: '192.0.2.1', remotePort: 5, encrypted: true, setTimeout() {} },
    ),
}

/** A request with a socket that only the request references. Resolves when the response has ended. */
async function emit(server: Server, socket: unknown, end = true): Promise<void> {
  const req = new IncomingMessage(socket as Socket)
  Object.assign(req, { method: 'GET', url: end ? '/' : '/never' })
  const res = new ServerResponse(req)
  if (socket instanceof Duplex) res.assignSocket(socket as Socket)
  const finished = new Promise<void>((done) => res.once('finish', done))
  server.emit('request', req, res)
  if (end && socket instanceof Duplex) await within(1_000, 'the response', finished)
  if (socket instanceof Duplex) res.detachSocket(socket as Socket)
}

function hasNoRecord(kit: KeepAlive): boolean {
  return kit.connections().length === 0 && kit.snapshot().connections.open === 0
}

describe.each([
  ['http', false],
  ['https', true],
])('over %s, no record is left', (_, tls) => {
  async function setUp(): Promise<{ server: Server; kit: KeepAlive; seen: (string | undefined)[] }> {
    const { kit } = makeKit({ maxRequests: 1_000 })
    const seen: (string | undefined)[] = []
    const handler: RequestListener = (req, res) => {
      seen.push(req.url)
      connectionOf(req)
      if (req.url === '/') res.end('ok')
    }
    const server = await makeServer(handler, tls)
    kit.attach(server)
    return { server, kit, seen }
  }

  it.each(Object.entries(sockets))('of answered requests with %s', async (_, make) => {
    const { server, kit, seen } = await setUp()
    for (let i = 0; i < 20; i++) await emit(server, make())
    expect(seen).toEqual(Array(20).fill('/'))
    expect(await collectUntil(() => hasNoRecord(kit))).toBe(true)
    expect(kit.snapshot().connections.states).toEqual(none)
    numbersAddUp(kit)
  })

  it.each(Object.entries(sockets))('of requests never answered with %s', async (_, make) => {
    const { server, kit, seen } = await setUp()
    for (let i = 0; i < 20; i++) await emit(server, make(), false)
    expect(seen).toEqual(Array(20).fill('/never'))
    expect(await collectUntil(() => hasNoRecord(kit))).toBe(true)
    expect(kit.snapshot().connections.states).toEqual(none)
    numbersAddUp(kit)
  })

  it('of a request whose Duplex is destroyed', async () => {
    const { server, kit, seen } = await setUp()
    const socket = sockets['a Duplex']!() as Duplex
    await emit(server, socket, false)
    expect(seen).toEqual(['/never'])
    socket.destroy()
    await eventually(() => hasNoRecord(kit), 'no record')
    numbersAddUp(kit)
  })

  it('of a connection over a stream that has closed, which is counted as any other', async () => {
    const { server, kit, seen } = await setUp()
    const [client, stream] = duplexPair()
    server.emit(tls ? 'secureConnection' : 'connection', stream)
    let text = ''
    client.on('data', (chunk) => {
      text += chunk
    })
    for (const requests of [1, 2]) {
      client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
      await eventually(() => responsesIn(text).length === requests, `response ${requests}`)
      await eventually(() => kit.connections()[0]?.state === 'idle', 'the connection to idle')
      expect(kit.connections()).toMatchObject([{ requests }])
    }
    expect(seen).toHaveLength(2)
    client.end()
    await eventually(() => hasNoRecord(kit), 'no record')
    expect(kit.snapshot().connections).toMatchObject({ opened: 1, closed: 1 })
    expect(kit.snapshot().requests).toMatchObject({ total: 2, reused: 1 })
    numbersAddUp(kit)
  })
})

it("inject() of Fastify's leaves no record", async () => {
  const { kit } = makeKit()
  const app = Fastify()
  await app.register(plugin(kit))
  app.get('/', async () => 'ok')
  for (let i = 0; i < 20; i++) expect((await app.inject('/')).body).toBe('ok')
  expect(kit.connections()).toEqual([])
  expect(kit.snapshot().connections.states).toEqual(none)
  await app.close()
})
