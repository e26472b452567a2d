import Fastify from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { keepAlive as forFastify } from '../../src/adapters/fastify.ts'
import { keepAlive as forKoa } from '../../src/adapters/koa.ts'
import { keepAlive } from '../../src/index.ts'
import { makePage } from '../support/page.ts'
import { RawClient } from '../support/raw.ts'
import { collectWarnings } from '../support/warnings.ts'
import { within } from '../support/within.ts'

/** The error of an app that registers the wrong plugin. */
async function refusal(mistake: unknown): Promise<unknown> {
  const app = Fastify()
  onTestFinished(() => void app.close().catch(() => {}))
  app.register(mistake as never)
  app.get('/', async () => 'app')
  return within(
    5_000,
    'the registration to fail',
    Promise.resolve(app.ready()).then(
      () => undefined,
      (error) => error,
    ),
  )
}

describe('register()', () => {
  it.each([
    ['the kit of the main entry', () => keepAlive()],
    ['the middleware for Koa', () => forKoa()],
  ])('fails for %s', async (_, make) => {
    const error = await refusal(make())
    expect(error).toMatchObject({ name: 'KeepAliveError', code: 'ERR_KEEPALIVE_WRONG_ADAPTER' })
    expect(String(error)).toContain(
      "app.register(keepAlive(options)), with keepAlive from 'keepalive-kit/fastify'",
    )
  })

  it.each([
    ['keepalive-kit', keepAlive],
    ['keepalive-kit/koa', forKoa],
    ['keepalive-kit/fastify', forFastify],
  ])('fails for keepAlive of %s without the call', async (_, maker) => {
    const error = await refusal(maker)
    expect(error).toMatchObject({ name: 'KeepAliveError', code: 'ERR_KEEPALIVE_NOT_CALLED' })
    expect(String(error)).toContain("app.register(keepAlive()), with keepAlive from 'keepalive-kit/fastify'")
  })

  it('fails for the dashboard handler for Express', async () => {
    const error = await refusal(makePage(keepAlive()))
    expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_WRONG_ADAPTER' })
    expect(String(error)).toContain("app.register(page.fastify, { prefix: '/keepalive' })")
  })

  it('accepts the plugin', async () => {
    expect(await refusal(forFastify())).toBeUndefined()
  })
})

it('the kit of the main entry as a hook works, and warns once', async () => {
  const told = collectWarnings()
  const kit = keepAlive()
  const app = Fastify()
  app.addHook('onRequest', kit as never)
  app.get('/', async () => 'app')
  onTestFinished(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const client = await RawClient.open({ port: (app.server.address() as { port: number }).port })
  for (const _ of [1, 2]) expect((await client.get()).headers['keep-alive']).toBe('timeout=65')
  expect(kit.snapshot().requests.total).toBe(2)
  expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_WRONG_ADAPTER'])
  client.close()
})
