import { createServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import express from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import Koa from 'koa'
import morgan from 'morgan'
import { expect, it, onTestFinished } from 'vitest'
import { keepAlive as fastifyKeepAlive } from '../../src/adapters/fastify.ts'
import { keepAlive as koaKeepAlive } from '../../src/adapters/koa.ts'
import { connectionOf } from '../../src/index.ts'
import { registerTokens } from '../../src/reporters/morgan.ts'
import { H2Client } from '../support/h2.ts'
import { type H2Server, listenH2, makeH2Server } from '../support/h2-server.ts'
import { makeKit, type TestKit } from '../support/kit.ts'
import { numbersAddUp } from '../support/sums.ts'
import { collectWarnings } from '../support/warnings.ts'

/** The kit attaches by the first request, and counts it. */
async function sees({ kit, closed }: Pick<TestKit, 'kit' | 'closed'>, port: number): Promise<void> {
  const client = await H2Client.open({ port })
  const other = await H2Client.open({ port })
  expect(await client.get({ path: '/first' })).toBe(200)
  const [used] = kit.connections().filter(({ requests }) => requests > 0)
  expect(used).toMatchObject({ protocol: '2.0', requests: 1 })
  expect(await other.get()).toBe(200)
  expect(await client.get()).toBe(200)
  expect(kit.snapshot().requests).toMatchObject({ total: 3, answered: 3, reused: 1 })
  client.socket.end()
  other.socket.end()
  await client.untilClosed()
  await other.untilClosed()
  await expect.poll(() => closed.map(({ reason }) => reason)).toEqual(['client-idle', 'client-idle'])
  numbersAddUp(kit)
}

const listening = async (server: H2Server): Promise<number> => listenH2(server)

it('the middleware in the compatibility API', async () => {
  const made = makeKit()
  const server = await makeH2Server((req, res) => {
    made.kit(req as never, res as never, () => res.end(String(connectionOf(req)?.requests)))
  })
  await sees(made, await listening(server))
})

/** Like http2-express: Express's request and response on top of those of HTTP/2. */
function bridge(app: express.Express, from: typeof express): void {
  const onTop = (own: object, below: object, key: string): object =>
    Object.create(Object.create(below, Object.getOwnPropertyDescriptors(own)), {
      app: { configurable: true, enumerable: true, writable: true, value: app },
      [key]: { value: undefined, writable: true },
    })
  app.request = onTop(from.request, Http2ServerRequest.prototype, 'res') as never
  app.response = onTop(from.response, Http2ServerResponse.prototype, 'bridged') as never
}

it.each([
  ['4', express4],
  ['5', express],
])('Express %s, by a bridge', async (_, from) => {
  const made = makeKit()
  const app = from()
  bridge(app, from)
  app.use(made.kit)
  app.get(/.*/, (req, res) => void res.send(String(connectionOf(req)?.requests)))
  await sees(made, await listening(await makeH2Server(app as never)))
})

it("Koa's callback()", async () => {
  const made = makeKit()
  const app = new Koa()
  app.use(koaKeepAlive(made.kit))
  app.use((ctx) => {
    ctx.body = String(connectionOf(ctx.req)?.requests)
  })
  await sees(made, await listening(await makeH2Server(app.callback() as never)))
})

it('Fastify with http2: true', async () => {
  const made = makeKit()
  const app = Fastify({ http2: true })
  app.register(fastifyKeepAlive(made.kit))
  app.get('/*', async (request) => String(connectionOf(request.raw)?.requests))
  onTestFinished(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  await sees(made, (app.server.address() as { port: number }).port)
})

it('the stream API, which has no middleware', async () => {
  const made = makeKit()
  const server = createServer()
  made.kit.attach(server)
  const seen: unknown[] = []
  server.on('stream', (stream) => {
    seen.push(connectionOf(stream)?.requests)
    stream.respond({ ':status': 200 })
    stream.end('ok')
  })
  onTestFinished(() => void server.close())
  await sees(made, await listening(server))
  expect(seen).toEqual([1, 1, 2])
})

it('a second kit warns that it has no effect', async () => {
  const told = collectWarnings()
  const [first, second] = [makeKit(), makeKit()]
  const server = await makeH2Server((req, res) => second.kit(req as never, res as never, () => res.end('ok')))
  first.kit.attach(server)
  const client = await H2Client.open({ port: await listening(server) })
  await client.get()
  expect(told.map(({ code }) => code)).toContain('KEEPALIVE_SECOND_KIT')
  client.close()
})

it("morgan's tokens belong to the request, not to the latest one", async () => {
  const made = makeKit()
  const lines: string[] = []
  const log = registerTokens(morgan)(':url :request-number :connection-outcome', {
    stream: { write: (line: string) => void lines.push(line.trim()) },
  })
  const waiting: Http2ServerResponse[] = []
  const server = await makeH2Server((req: Http2ServerRequest, res: Http2ServerResponse) =>
    log(req as never, res as never, () => waiting.push(res)),
  )
  made.kit.attach(server)
  const client = await H2Client.open({ port: await listening(server) })
  const [one, two] = [client.ask({ path: '/1' }), client.ask({ path: '/2' })]
  await expect.poll(() => waiting.length).toBe(2)
  waiting[1]!.end('2')
  await client.answer(two)
  waiting[0]!.end('1')
  await client.answer(one)
  await expect.poll(() => lines).toEqual(['/2 2 +', '/1 1 +'])
  client.close()
})
