import { channel } from 'node:diagnostics_channel'
import Koa from 'koa'
import Koa2 from 'koa2'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { keepAlive as forFastify } from '../../src/adapters/fastify.ts'
import { channelNames, type KeepAliveOptions, keepAlive } from '../../src/index.ts'
import { makePage } from '../support/page.ts'
import { RawClient } from '../support/raw.ts'
import { listen, makeServer } from '../support/server.ts'
import { collectWarnings } from '../support/warnings.ts'

beforeEach(() => void vi.resetModules())

/** An app with one wrong middleware between two correct ones. */
async function start(Make: typeof Koa, mistake: unknown): Promise<RawClient> {
  const app = new Make()
  app.silent = true
  app.use(async (ctx, next) => {
    await next()
    ctx.set('X-After', String(ctx.body))
  })
  app.use(mistake as Koa.Middleware)
  app.use(async (ctx) => {
    await new Promise((done) => setImmediate(done))
    if (ctx.path === '/fail') ctx.throw(418, 'wanted')
    ctx.body = 'app'
  })
  const client = await RawClient.open({ port: await listen(await makeServer(app.callback())) })
  onTestFinished(() => client.close())
  return client
}

describe.each([
  ['Koa 3', Koa],
  ['Koa 2', Koa2 as unknown as typeof Koa],
])('in %s', (_, Make) => {
  it('the kit of the main entry works, and warns once', async () => {
    const told = collectWarnings()
    const kit = keepAlive()
    const client = await start(Make, kit)
    for (const _ of [1, 2]) {
      const { status, body, headers } = await client.get()
      expect([status, body, headers['x-after']]).toEqual([200, 'app', 'app'])
      expect(headers['keep-alive']).toBe('timeout=65')
    }
    expect((await client.get('/fail')).status).toBe(418)
    expect(kit.snapshot().requests.total).toBe(3)
    expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_WRONG_ADAPTER'])
    expect(told[0]!.text).toContain("app.use(keepAlive(options)), with keepAlive from 'keepalive-kit/koa'")
  })

  it('the Fastify plugin works, and warns once', async () => {
    const told = collectWarnings()
    const client = await start(Make, forFastify())
    for (const _ of [1, 2]) expect((await client.get()).headers['x-after']).toBe('app')
    expect(client.responses[0]!.headers['keep-alive']).toBe('timeout=65')
    expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_WRONG_ADAPTER'])
    expect(told[0]!.text).toContain("from 'keepalive-kit/koa'")
  })

  it.each([
    ['keepalive-kit', () => import('../../src/index.ts')],
    ['keepalive-kit/koa', () => import('../../src/adapters/koa.ts')],
    ['keepalive-kit/fastify', () => import('../../src/adapters/fastify.ts')],
  ])('keepAlive of %s without the call warns once, and the app answers', async (_entry, load) => {
    const told = collectWarnings()
    const { keepAlive: uncalled } = await load()
    const client = await start(Make, uncalled)
    for (const _ of [1, 2]) expect((await client.get()).headers['x-after']).toBe('app')
    expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_NOT_CALLED'])
    expect(told[0]!.text).toContain("app.use(keepAlive()), with keepAlive from 'keepalive-kit/koa'")
  })

  it("the page's handler for Express works, and warns once", async () => {
    const told = collectWarnings()
    const client = await start(Make, makePage(keepAlive(), { path: '/keepalive', authorize: () => true }))
    expect((await client.get('/')).body).toBe('app')
    expect((await client.get('/keepalive/clients.json')).status).toBe(200)
    expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_WRONG_ADAPTER'])
    expect(told[0]!.text).toContain('app.use(page.koa)')
  })
})

it('silence silences the warning of the kit', async () => {
  const told = collectWarnings()
  const published: unknown[] = []
  const listener = (message: unknown): void => void published.push(message)
  channel(channelNames.warning).subscribe(listener)
  onTestFinished(() => void channel(channelNames.warning).unsubscribe(listener))
  const options: KeepAliveOptions = { silence: ['KEEPALIVE_WRONG_ADAPTER'] }
  const client = await start(Koa, keepAlive(options))
  expect((await client.get()).body).toBe('app')
  expect([told, published]).toEqual([[], []])
})

it('a framework that calls with a context and next() works, and the warning names attach()', async () => {
  const told = collectWarnings()
  class Context {}
  const call = keepAlive() as unknown as (context: Context, next: () => Promise<string>) => Promise<string>
  expect(await call(new Context(), async () => 'result')).toBe('result')
  expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_WRONG_ADAPTER'])
  expect(told[0]!.text).toContain('connections.attach(server)')
})
