import { createServer, type RequestListener } from 'node:http'
import connect from 'connect'
import express from 'express'
import express4 from 'express4'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { RawClient } from '../support/raw.ts'
import { listen, stop } from '../support/server.ts'
import { collectWarnings } from '../support/warnings.ts'

const credentials = 'Authorization: Bearer secret-token\r\n'

/** What Express and connect have in common. */
interface App {
  use(handler: unknown): unknown
}

const frameworks: readonly [string, () => App & RequestListener][] = [
  ['Express 5', express as never],
  ['Express 4', express4 as never],
  ['connect', connect as never],
]

// What is reported once per process is reported once per copy of the modules.
beforeEach(() => void vi.resetModules())

/** An app with one wrong middleware before its only handler. */
async function start(make: () => App & RequestListener, mistake: unknown): Promise<RawClient> {
  const app = make()
  app.use(mistake)
  app.use((_req: unknown, res: { end(text: string): void }) => res.end('app'))
  const server = createServer(app)
  onTestFinished(() => stop(server))
  const client = await RawClient.open({ port: await listen(server) })
  onTestFinished(() => client.close())
  return client
}

async function answers(client: RawClient, count: number): Promise<string[]> {
  const bodies: string[] = []
  for (let i = 0; i < count; i++) bodies.push((await client.get('/', credentials)).body)
  return bodies
}

describe.each(frameworks)('in %s', (_, make) => {
  it.each([
    ['keepalive-kit', () => import('../../src/index.ts')],
    ['keepalive-kit/koa', () => import('../../src/adapters/koa.ts')],
    ['keepalive-kit/fastify', () => import('../../src/adapters/fastify.ts')],
  ])('keepAlive of %s without the call warns once, and the app answers', async (_entry, load) => {
    const told = collectWarnings()
    const printed = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => printed.mockRestore())
    const { keepAlive } = await load()
    expect(await answers(await start(make, keepAlive), 3)).toEqual(['app', 'app', 'app'])
    expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_NOT_CALLED'])
    expect(told[0]!.text).toContain("app.use(keepAlive()), with keepAlive from 'keepalive-kit'")
    expect(JSON.stringify([told, printed.mock.calls])).not.toContain('secret-token')
  })

  it.each([
    ['keepalive-kit/koa', () => import('../../src/adapters/koa.ts')],
    ['keepalive-kit/fastify', () => import('../../src/adapters/fastify.ts')],
  ])('the adapter of %s warns once and works', async (entry, load) => {
    const told = collectWarnings()
    const { keepAlive } = await load()
    const client = await start(make, keepAlive())
    expect(await answers(client, 2)).toEqual(['app', 'app'])
    expect(client.responses[0]!.headers['keep-alive']).toBe('timeout=65')
    expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_WRONG_ADAPTER'])
    expect(told[0]!.text).toContain(`'${entry}'`)
    expect(told[0]!.text).toContain("app.use(keepAlive(options)), with keepAlive from 'keepalive-kit'")
  })

  it('dashboard without the call warns once, and the app answers', async () => {
    const told = collectWarnings()
    const { dashboard } = await import('../../src/dashboard/dashboard.ts')
    expect(await answers(await start(make, dashboard), 2)).toEqual(['app', 'app'])
    expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_NOT_CALLED'])
    expect(told[0]!.text).toContain("app.use('/keepalive', dashboard(connections))")
  })
})

it('keepAlive without the call as a request listener warns once, and the other listener answers', async () => {
  const told = collectWarnings()
  const { keepAlive } = await import('../../src/index.ts')
  const server = createServer(keepAlive as unknown as RequestListener)
  server.on('request', (_req, res) => void res.end('app'))
  onTestFinished(() => stop(server))
  const client = await RawClient.open({ port: await listen(server) })
  expect(await answers(client, 2)).toEqual(['app', 'app'])
  expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_NOT_CALLED'])
  expect(told[0]!.text).toContain('connections.attach(server)')
  client.close()
})
