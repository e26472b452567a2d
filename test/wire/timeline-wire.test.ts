import type { RequestListener, Server, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { TimelineEvent } from '../../src/timeline.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { relayTo } from '../support/relay.ts'
import { serve } from '../support/server.ts'
import { eventually } from '../support/within.ts'

const get = (path: string, head = ''): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n${head}\r\n`

/** More than the kernel buffers of an unread response. */
const large = Buffer.alloc(32_000_000, 'x')

/** The events that both ends can see, without times: `fin client`, `response 400`. */
const told = (events: TimelineEvent[] | undefined): string[] =>
  (events ?? [])
    .filter(({ event }) => event === 'fin' || event === 'reset' || event === 'response')
    .map(({ event, by, detail }) => `${event} ${by ?? detail}`)

/** A server with one connection, and its timeline. */
async function connection(tls: boolean, options: Parameters<typeof makeKit>[0] = {}) {
  const { kit, nextClosed } = makeKit(options)
  const responses: ServerResponse[] = []
  const handler: RequestListener = (req, res) => {
    responses.push(res)
    if (req.url === '/upload') req.resume()
    else if (req.url === '/large') res.end(large)
    else if (req.url === '/large-and-end') res.end(large).socket!.destroySoon()
    else if (req.url !== '/wait') res.end('ok')
  }
  const { server, port } = await serve(handler, kit.attach, tls, { connectionsCheckingInterval: 50 })
  const relay = await relayTo(port)
  const client = await RawClient.open({ port: relay.port, tls })
  // On the server the TLS handshake completes a little later than on the client.
  await eventually(() => kit.connections().some((info) => (info.tls !== null) === tls), 'the connection')
  const { id } = kit.connections()[0]!
  const timeline = (): string[] => told(kit.timeline(id))
  return { kit, server: server as Server, client, relay, responses, timeline, nextClosed }
}

describe.each([
  ['http', false],
  ['https', true],
])('the timeline follows the wire over %s', (_, tls) => {
  it("if the client's FIN arrives first, on an idle connection", async () => {
    const { client, timeline, nextClosed } = await connection(tls)
    await client.get()
    client.socket.end()
    await client.end()
    await nextClosed()
    expect(timeline()).toEqual(['response 200', 'fin client', 'fin server'])
  })

  it.each([
    ['the response that is the last', '/large'],
    ['a response behind which the app ends the socket', '/large-and-end'],
  ])("where the client's FIN comes first, within %s", async (_what, path) => {
    const { client, timeline, nextClosed } = await connection(tls, { maxRequests: 1 })
    client.socket.pause()
    client.write(get(path)).socket.end()
    await eventually(() => timeline().includes('fin client'), "the client's FIN")
    expect(timeline()).not.toContain('fin server')
    client.socket.resume()
    await client.end(10_000)
    await nextClosed()
    expect(timeline().filter((event) => event.startsWith('fin'))).toEqual(['fin client', 'fin server'])
  })

  it('if our FIN is sent first', async () => {
    const { client, timeline, nextClosed } = await connection(tls, { maxRequests: 1 })
    await client.get()
    await client.end()
    client.socket.end()
    await nextClosed()
    expect(timeline()).toEqual(['response 200', 'fin server', 'fin client'])
  })

  it.each([
    ['a connection without a request', '', []],
    ['half a head', 'GET / HTTP/1.1\r\nHo', []],
    ['an idle connection', get('/'), ['response 200']],
    ['a request under way', get('/wait'), []],
    ['a body that is arriving', `POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\npart`, []],
    ['requests that wait for their turn', get('/wait') + get('/2') + get('/3'), []],
  ])('where the client resets %s', async (_what, bytes, before) => {
    const { kit, client, relay, timeline, nextClosed } = await connection(tls)
    client.write(bytes)
    await eventually(() => (kit.connections()[0]?.bytesRead ?? 0) >= bytes.length, 'the bytes')
    await eventually(() => timeline().length === before.length, 'the response')
    relay.reset()
    await nextClosed()
    expect(timeline()).toEqual([...before, 'reset client'])
  })

  it('if the client resets a response that it does not read', async () => {
    const { kit, client, relay, timeline, nextClosed } = await connection(tls)
    client.socket.pause()
    client.write(get('/large'))
    await eventually(() => kit.connections()[0]?.state === 'active', 'the request')
    relay.reset()
    await nextClosed()
    expect(timeline()).toEqual(['reset client'])
  })

  it('if the client resets a connection after our FIN', async () => {
    const { client, relay, timeline, nextClosed } = await connection(tls, { maxRequests: 1 })
    await client.get()
    await client.end()
    relay.reset()
    await nextClosed()
    expect(timeline()).toEqual(['response 200', 'fin server', 'reset client'])
  })

  it.each([
    ['garbage', 'no http\r\n\r\n', [], 400],
    ['garbage behind an answered request', `${get('/')}`, ['response 200'], 400],
    ['an oversized head', get('/', `X-Big: ${'x'.repeat(20_000)}\r\n`), [], 431],
    ['a missing Host', 'GET / HTTP/1.1\r\n\r\n', [], 400],
    ['half a head', 'GET / HTTP/1.1\r\nHo', [], 408],
  ])('where Node answers %s', async (_what, bytes, before, status) => {
    const { client, timeline, nextClosed } = await connection(
      tls,
      status === 408 ? { headersTimeout: 200 } : {},
    )
    client.write(bytes)
    await client.until(before.length)
    if (before.length > 0) client.write('no http\r\n\r\n')
    await client.end()
    client.close()
    await nextClosed()
    const answers = timeline().filter((event) => event.startsWith('response'))
    expect(answers).toEqual([...before, `response ${status}`])
    expect(timeline().indexOf('fin server')).toBe(answers.length)
  })
})

it("the timeline matches the wire if the client's FIN arrives before a response", async () => {
  const { server, client, responses, timeline, nextClosed } = await connection(false)
  Object.assign(server, { httpAllowHalfOpen: true })
  client.write(get('/wait')).socket.end()
  await eventually(() => timeline().includes('fin client'), "the client's FIN")
  responses[0]!.setHeader('Connection', 'close').end('ok')
  await client.end()
  await nextClosed()
  expect(timeline()).toEqual(['fin client', 'response 200', 'fin server'])
})
