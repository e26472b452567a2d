import type { IncomingMessage, RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { noting, Refs } from '../support/collect.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { makeServer, serve } from '../support/server.ts'
import { eventually } from '../support/within.ts'

const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`
const answer: RequestListener = (_req, res) => void res.end('ok')

async function open(port: number, tls: boolean): Promise<RawClient> {
  const client = await RawClient.open({ port, tls })
  onTestFinished(() => client.close())
  return client
}

describe.each([
  ['http', false],
  ['https', true],
])('over %s, a kit does not keep its latest request', (_, tls) => {
  async function setUp(handler: RequestListener, options: Parameters<typeof makeKit>[0] = {}) {
    const refs = new Refs()
    const test = makeKit(options)
    const { server, port } = await serve(noting(refs, handler), test.kit.attach, tls)
    return { ...test, server, refs, client: await open(port, tls) }
  }

  it('if the connection is idle', async () => {
    const { kit, client, refs } = await setUp(answer)
    await client.get()
    expect(await refs.left()).toBe(0)
    expect(kit.connections()).toMatchObject([{ state: 'idle' }])
  })

  it('if the connection has closed', async () => {
    const { kit, client, refs } = await setUp(answer)
    await client.get()
    client.close()
    await eventually(() => kit.connections().length === 0, 'the close')
    expect(await refs.left()).toBe(0)
    expect(kit.snapshot().connections.closed).toBe(1)
  })

  it('if the request was aborted', async () => {
    const { kit, client, refs } = await setUp(() => {})
    client.write(get())
    await eventually(() => refs.size > 0, 'the request')
    client.close()
    await eventually(() => kit.connections().length === 0, 'the close')
    expect(await refs.left()).toBe(0)
    expect(kit.snapshot().connections.closed).toBe(1)
  })

  it('if the response ended its connection, which lingers', async () => {
    const { kit, client, refs } = await setUp(answer, { maxRequests: 1, linger: 60_000 })
    expect((await client.get()).headers.connection).toBe('close')
    expect(await client.end()).toBe('FIN')
    expect(kit.connections()).toMatchObject([{ state: 'closing' }])
    expect(await refs.left()).toBe(0)
    expect(kit.connections()).toMatchObject([{ state: 'closing' }])
  })

  it('if requests were dropped after the last response', async () => {
    const { client, refs, nextClosed } = await setUp(answer, { maxRequests: 2 })
    client.write(get().repeat(5))
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ requests: 2, dropped: 3 })
    expect(await refs.left()).toBe(0)
  })

  it('if it was emitted to another server of the kit', async () => {
    const { kit } = makeKit()
    const refs = new Refs()
    const inner = await makeServer(noting(refs, answer))
    kit.attach(inner)
    const { port } = await serve((req, res) => void inner.emit('request', req, res), kit.attach, tls)
    const client = await open(port, tls)
    expect((await client.get()).body).toBe('ok')
    expect(await refs.left()).toBe(0)
    expect(kit.connections()).toMatchObject([{ state: 'idle' }])
  })

  it.each([
    ['plain Node', false],
    ['the kit', true],
  ])('where it was an upgrade that goes on, on %s', async (_, attached) => {
    const refs = new Refs()
    const { kit } = makeKit()
    const { server, port } = await serve(answer, attached ? kit.attach : () => {}, tls)
    server.on('upgrade', (req: IncomingMessage, socket: Socket) => {
      refs.add(req)
      socket.resume().on('end', () => socket.end())
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    })
    const client = await open(port, tls)
    client.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    await eventually(() => client.text.includes('101'), 'the upgrade')
    expect(await refs.left()).toBe(0)
    expect(client.ended).toBeUndefined()
  })
})
