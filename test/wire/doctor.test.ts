import { createServer, type Server } from 'node:http'
import express from 'express'
import Fastify from 'fastify'
import Koa from 'koa'
import { expect, it, onTestFinished, vi } from 'vitest'
import { keepAlive as fastifyKeepAlive } from '../../src/adapters/fastify.ts'
import { keepAlive as koaKeepAlive } from '../../src/adapters/koa.ts'
import { type Finding, type KeepAlive, keepAlive } from '../../src/index.ts'
import { RawClient } from '../support/raw.ts'
import { listen, makeServer, serve, stop } from '../support/server.ts'

/** The findings after one request; no warning is emitted. */
async function findingsAfterRequest(kit: KeepAlive, server: Server): Promise<Finding[]> {
  const client = await RawClient.open({ port: await listen(server) })
  await client.get()
  client.close()
  const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue()
  onTestFinished(() => warnings.mockRestore())
  return kit.diagnose()
}

const misplaced = {
  code: 'KEEPALIVE_TIMEOUT_ON_APP',
  severity: 'error',
  message:
    'A timeout was set on the app, where it has no effect: keepAliveTimeout is 120000 (number) on the app and 65000 (number) on the server.',
  evidence: { keepAliveTimeout: 120_000 },
}

const timeout = { keepAliveTimeout: 120_000 }

it('finds a timeout set on the Express app', async () => {
  const app = Object.assign(express(), timeout)
  const kit = keepAlive()
  app.use(kit)
  app.get('/', (_req, res) => void res.send('ok'))
  expect(await findingsAfterRequest(kit, await makeServer(app))).toMatchObject([misplaced])
})

it('finds it through the middleware if the app is wrapped in a function', async () => {
  const app = Object.assign(express(), timeout)
  const kit = keepAlive()
  app.use(kit)
  app.get('/', (_req, res) => void res.send('ok'))
  const server = await makeServer((req, res) => void app(req, res))
  expect(await findingsAfterRequest(kit, server)).toMatchObject([misplaced])
})

it('finds a timeout set on the Koa app, through the adapter', async () => {
  const app = Object.assign(new Koa(), timeout)
  const middleware = koaKeepAlive()
  app.use(middleware)
  app.use((ctx) => {
    ctx.body = 'ok'
  })
  const server = await makeServer(app.callback())
  expect(await findingsAfterRequest(middleware.keepAlive, server)).toMatchObject([misplaced])
})

it('finds a timeout set on the Fastify app, through the adapter', async () => {
  const app = Object.assign(Fastify(), timeout)
  const kit = keepAlive()
  app.register(fastifyKeepAlive(kit))
  app.get('/', async () => 'ok')
  await app.ready()
  onTestFinished(() => stop(app.server))
  expect(await findingsAfterRequest(kit, app.server)).toMatchObject([misplaced])
})

it('names each of several servers by its port', async () => {
  const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue()
  onTestFinished(() => warnings.mockRestore())
  const kit = keepAlive({ keepAliveTimeout: 1_500 })
  const { port } = await serve((_req, res) => void res.end(), kit.attach)
  kit.attach(createServer())
  expect(kit.diagnose().map(({ message }) => message)).toEqual([
    `The server on port ${port} advertises Keep-Alive: timeout=1 (keepAliveTimeout is 1500). Undici (fetch in Node) subtracts 2 s and Node's http.Agent 1 s, so they never reuse a connection.`,
    expect.stringMatching(/^The server advertises/),
  ])
  expect(warnings).toHaveBeenCalledOnce()
})

it('reports connections that a timeout listener leaves open', async () => {
  const kit = keepAlive()
  await serve(
    (_req, res) => void res.end(),
    (server) => kit.attach(server.on('timeout', () => {})),
  )
  expect(kit.diagnose()).toMatchObject([{ code: 'KEEPALIVE_TIMEOUT_LISTENER', severity: 'info' }])
})
