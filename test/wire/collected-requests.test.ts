import type { RequestListener, Server } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectionOf, type KeepAlive } from '../../src/index.ts'
import { noting, Refs } from '../support/collect.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

// Node core has the same test: test-http-server-keepalive-req-gc.js.

const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`
const post = (length: number): string => `POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${length}\r\n\r\n`

const refuse: RequestListener = (_req, res) => void res.writeHead(401, { 'Content-Length': 0 }).end()
const answer: RequestListener = (_req, res) => void res.end('ok')

interface Way {
  readonly handler: RequestListener
  /** Waits until the connection is idle. */
  readonly talk: (client: RawClient) => Promise<unknown>
  /** Requests that the handler sees. */
  readonly requests: number
}

const ways: Readonly<Record<string, Way>> = {
  'a response': { handler: answer, talk: (client) => client.get(), requests: 1 },
  'the last of three': {
    handler: answer,
    talk: async (client) => {
      for (let i = 0; i < 3; i++) await client.get()
    },
    requests: 3,
  },
  'three pipelined ones': {
    handler: (_req, res) => void setImmediate(() => res.end('ok')),
    talk: (client) => client.write(get() + get() + get()).until(3),
    requests: 3,
  },
  'a body that was read': {
    handler: (req, res) => void req.resume().on('end', () => res.end('ok')),
    talk: (client) => client.write(`${post(4)}body`).until(1),
    requests: 1,
  },
  'a body that was not read': {
    handler: refuse,
    talk: (client) => client.write(`${post(4)}body`).until(1),
    requests: 1,
  },
  'two bodies that were not read': {
    handler: refuse,
    talk: (client) => client.write(`${post(4)}body`.repeat(2)).until(2),
    requests: 2,
  },
  'a body that came behind the response': {
    handler: refuse,
    talk: async (client) => {
      await client.write(post(100_000)).until(1)
      client.write('x'.repeat(100_000))
    },
    requests: 1,
  },
  'a body in chunks that was not read': {
    handler: refuse,
    talk: (client) =>
      client
        .write('POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n')
        .until(1),
    requests: 1,
  },
  'a 404 to Expect: 100-continue': {
    handler: (_req, res) => void res.writeHead(404, { 'Content-Length': 0 }).end(),
    talk: (client) =>
      client
        .write('POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n')
        .write('body')
        .until(1),
    requests: 1,
  },
  'a request whose connection the app asked for': {
    handler: (req, res) => void res.end(String(connectionOf(req)?.requests)),
    talk: (client) => client.get(),
    requests: 1,
  },
}

const wiring: Readonly<Record<string, (server: Server, kit: KeepAlive) => unknown>> = {
  attached: (server, kit) => kit.attach(server),
  mounted: (server, kit) => server.prependListener('request', (req, res) => kit(req, res)),
}

async function open(port: number, tls: boolean): Promise<RawClient> {
  const client = await RawClient.open({ port, tls })
  onTestFinished(() => client.close())
  return client
}

describe.each([
  ['http', false],
  ['https', true],
])('while its connection idles over %s, a request is collected after', (_, tls) => {
  async function idleAfter({ handler, talk, requests }: Way, attach: (server: Server) => unknown) {
    const refs = new Refs()
    const { port } = await serve(noting(refs, handler), attach, tls)
    const client = await open(port, tls)
    await talk(client)
    expect(refs.size).toBe(3 * requests)
    // What a kit may keep of its latest request has its own test.
    await (await open(port, tls)).get('/other')
    return { client, refs }
  }

  it.each(Object.entries(ways))('%s, as on plain Node', async (_, way) => {
    const plain = await idleAfter(way, () => {})
    expect(await plain.refs.left()).toBe(0)
    for (const [name, attach] of Object.entries(wiring)) {
      const { kit } = makeKit({ maxRequests: 1_000, maxAge: 60_000, maxIdle: 100 })
      const { client, refs } = await idleAfter(way, (server) => attach(server, kit))
      expect(await refs.left(), name).toBe(0)
      expect(client.ended).toBeUndefined()
      expect(kit.connections()[0]).toMatchObject({ state: 'idle', requests: way.requests })
    }
  })
})
