import { describe, expect, it } from 'vitest'
import { endWithServer, nothingForced } from '../support/drains.ts'
import { RawClient } from '../support/raw.ts'
import { eventually } from '../support/within.ts'
import { App } from './app.ts'

/** How an app says ok, and takes an upload of so many bytes; `/stream` only where it has one. */
interface Shape {
  readonly ok: string
  readonly body: RegExp
  readonly stream: boolean
  /** The `Keep-Alive` headers of three responses, if they are not the kit's. */
  readonly hints?: readonly (string | undefined)[]
  upload(size: number): { readonly path: string; readonly type: string; readonly body: string }
  /** What a whole upload is answered with. */
  uploaded(size: number): RegExp
}

const ofKit = ['timeout=30, max=2', 'timeout=30, max=1', undefined]

/** http-proxy hands on what the backend says of its own connection, 5 s here, as it does without the kit. */
const ofBackend = ['timeout=5', 'timeout=5', undefined]

const usual: Shape = {
  ok: '/',
  body: /^"?ok"?$/,
  stream: true,
  upload: (size) => ({ path: '/upload', type: 'a/b', body: 'x'.repeat(size) }),
  uploaded: (size) => new RegExp(`^${size}$`),
}

const graphql: Shape = {
  ok: '/graphql?query=%7Bok%7D',
  body: /"ok":"ok"/,
  stream: false,
  upload: (size) => ({
    path: '/graphql',
    type: 'application/json',
    body: JSON.stringify({ query: `{ size(of: "${'x'.repeat(size)}") }` }),
  }),
  uploaded: (size) => new RegExp(`"size":${size}`),
}

const trpc: Shape = {
  ok: '/ok',
  body: /"data":"ok"/,
  stream: false,
  upload: (size) => ({
    path: '/size',
    type: 'application/json',
    body: JSON.stringify({ of: 'x'.repeat(size) }),
  }),
  uploaded: (size) => new RegExp(`"data":${size}`),
}

const frameworks: Readonly<Record<string, readonly [app: string, shape: Shape]>> = {
  'node:http': ['plain', usual],
  'Express 4': ['express4', usual],
  'Express 5': ['express5', usual],
  connect: ['connect', usual],
  'Koa 2': ['koa2', usual],
  'Koa 3': ['koa3', usual],
  'Fastify 4': ['fastify4', usual],
  'Fastify 5': ['fastify5', usual],
  'NestJS 11 on Express': ['nest-express', usual],
  'NestJS 11 on Fastify': ['nest-fastify', usual],
  "Hono's node-server": ['hono', usual],
  hapi: ['hapi', usual],
  restify: ['restify', usual],
  polka: ['polka', usual],
  h3: ['h3', usual],
  'GraphQL Yoga': ['graphql-yoga', graphql],
  'tRPC, standalone': ['trpc', trpc],
  'http-proxy-middleware': ['proxy', { ...usual, hints: ofBackend }],
}

/** Asks one request after the other, until a response says close; true where a request was not answered. */
async function askOn(client: RawClient, path: string): Promise<boolean> {
  while (client.responses.at(-1)?.headers.connection !== 'close') {
    const answer = client.get(path).then(
      () => false,
      () => true,
    )
    const isLost = await Promise.race([answer, client.end(20_000).then(() => true)])
    if (isLost) return true
  }
  return false
}

/** One of each kind, for where little time is: FRAMEWORKS=short. */
const few = [
  'Express 5',
  'Koa 3',
  'Fastify 4',
  'NestJS 11 on Express',
  "Hono's node-server",
  'hapi',
  'http-proxy-middleware',
]
const held = Object.entries(frameworks).filter(
  ([name]) => process.env.FRAMEWORKS !== 'short' || few.includes(name),
)

describe.each(held)('%s', (_name, [name, { hints = ofKit, ok, body, stream, upload, uploaded }]) => {
  it('counts requests and caps the third, from the first response on', async () => {
    const app = await App.start(name, { keepAliveTimeout: 30_000, maxRequests: 3 })
    const client = await app.client()
    const responses = [await client.get(ok), await client.get(ok), await client.get(ok)]
    for (const response of responses)
      expect(response).toMatchObject({ status: 200, body: expect.stringMatching(body) })
    expect(responses.map(({ headers }) => headers['keep-alive'])).toEqual(hints)
    expect(responses.map(({ headers }) => headers.connection)).toEqual(['keep-alive', 'keep-alive', 'close'])
    expect(await client.end()).toBe('FIN')
    client.close()
    const { requests } = await app.snapshot()
    expect(requests).toMatchObject({ total: 3, reused: 2, answered: 3, dropped: 0, late: 0 })
  })

  it('loses no request in a drain under load', async () => {
    const app = await App.start(name, {})
    const clients = await Promise.all(Array.from({ length: 10 }, () => app.client()))
    await Promise.all(clients.map((client) => endWithServer(client).get(ok)))
    const lost = Promise.all(clients.map((client) => askOn(client, ok)))
    const report = await app.drain()
    expect(await lost).toEqual(clients.map(() => false))
    expect(report.forced).toEqual(nothingForced)
  })

  it('carries bodies whole in both directions, on a connection that the response ends too', async () => {
    for (const maxRequests of [0, 1]) {
      const app = await App.start(name, { maxRequests })
      if (stream) {
        const reader = await app.client()
        expect(await reader.get('/stream')).toMatchObject({ status: 200, body: 'stream' })
        reader.close()
      }
      const writer = await app.client()
      const size = 500_000
      const { path, type, body: sent } = upload(size)
      const head = `POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Type: ${type}\r\nContent-Length: ${sent.length}\r\n\r\n`
      writer.write(head)
      for (let at = 0; at < sent.length; at += 50_000) {
        writer.write(sent.slice(at, at + 50_000))
        await new Promise((turn) => setImmediate(turn))
      }
      const [response] = await writer.until(1)
      expect(response).toMatchObject({ body: expect.stringMatching(uploaded(size)) })
      writer.close()
    }
  })

  it('hands an upgrade over', async () => {
    const app = await App.start(name, {})
    const client = await app.client()
    // As middleware the kit comes with the first request.
    await client.get(ok)
    client.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await eventually(() => client.text.includes('101 Switching Protocols'), 'the upgrade')
    client.write('over here')
    await eventually(() => client.text.endsWith('over here'), 'the echo')
    expect((await app.snapshot()).connections.states.upgraded).toBe(1)
    client.close()
  })

  it('closes as quickly as without the kit', async () => {
    const times = []
    for (const options of [undefined, {}]) {
      const app = await App.start(name, options)
      const idle = await RawClient.open({ port: app.port })
      endWithServer(idle)
      await idle.get(ok)
      times.push(await app.close())
      idle.close()
    }
    const [without, withKit] = times
    // The last look at an idle connection takes less than a second.
    expect(withKit).toBeLessThan(without! + 1_000)
  })
})
