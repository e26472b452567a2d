import dns from 'node:dns'
import { type AddressInfo, isIP } from 'node:net'
import Fastify from 'fastify'
import { expect, it, onTestFinished, vi } from 'vitest'
import { keepAlive } from '../../../src/adapters/fastify.ts'
import { keepAlive as makeKit } from '../../../src/index.ts'
import { RawClient } from '../../support/raw.ts'
import { certificate } from '../../support/tls.ts'
import { eventually } from '../../support/within.ts'

const portOf = (app: { addresses(): (string | AddressInfo)[] }): number =>
  (app.addresses()[0] as AddressInfo).port

/** Fastify listens on the first address, and creates one more server for each other address. */
function pretendLocalhostIs(first: string, ...others: string[]): void {
  const lookup = vi.spyOn(dns, 'lookup').mockImplementation(((host: string, ...rest: unknown[]) => {
    const found = rest.pop() as (error: null, ...result: unknown[]) => void
    const { all } = (rest[0] ?? {}) as dns.LookupOptions
    const entries = (host === 'localhost' ? [first, ...others] : [host]).map((address) => ({
      address,
      family: isIP(address),
    }))
    if (all) found(null, entries)
    else found(null, entries[0]!.address, entries[0]!.family)
  }) as typeof dns.lookup)
  onTestFinished(() => lookup.mockRestore())
}

it("attaches on register, and replaces Fastify's own timeouts", async () => {
  const app = Fastify({ keepAliveTimeout: 1_000, requestTimeout: 5_000 })
  app.register(keepAlive({ behind: 'aws-alb' }))
  await app.ready()
  expect(app.server).toMatchObject({
    keepAliveTimeout: app.keepAlive.policy.keepAliveTimeout,
    requestTimeout: app.keepAlive.policy.headersTimeout,
  })
  await app.close()
  expect(app.server).toMatchObject({ keepAliveTimeout: 1_000, requestTimeout: 5_000 })
})

it('decorates the app with the kit, for other plugins too', async () => {
  const kit = makeKit()
  const app = Fastify()
  app.register(keepAlive(kit))
  let seen: unknown
  app.register(async (child) => {
    seen = child.keepAlive
  })
  await app.ready()
  expect(app.keepAlive).toBe(kit)
  expect(seen).toBe(kit)
  await app.close()
})

it('detaches from its own server alone', async () => {
  const kit = makeKit()
  const apps = [Fastify(), Fastify()]
  for (const app of apps) await app.register(keepAlive(kit))
  const [one, other] = apps.map((app) => app.server)
  await apps[0]!.close()
  expect(one!.keepAliveTimeout).toBe(72_000)
  expect(other!.keepAliveTimeout).toBe(65_000)
  await apps[1]!.close()
})

it.each([
  ['http', false],
  ['https', true],
])('leaves a closed record of each connection over %s when the app closes', async (_, tls) => {
  const closed: string[] = []
  const app = Fastify({ forceCloseConnections: true, https: tls ? await certificate() : null })
  app.register(keepAlive({ log: ({ reason }) => closed.push(reason) }))
  app.get('/', async () => 'ok')
  await app.listen({ port: 0, host: '127.0.0.1' })
  for (const _ of [1, 2]) await (await RawClient.open({ port: portOf(app), tls })).get()
  const kit = app.keepAlive
  await app.close()
  expect(closed).toEqual(['drain', 'drain'])
  expect(kit.snapshot().connections).toMatchObject({ opened: 2, closed: 2, released: 0 })
  expect(app.server.keepAliveTimeout).toBe(72_000)
})

it('attaches to the second server that Fastify creates for localhost', async () => {
  pretendLocalhostIs('::1', '127.0.0.1')
  const closed: string[] = []
  const app = Fastify({ forceCloseConnections: true })
  app.register(keepAlive({ maxRequests: 3, jitter: 0, log: ({ reason }) => closed.push(reason) }))
  app.get('/', async () => 'ok')
  await app.listen({ port: 0 })
  for (const _ of [1, 2]) {
    const client = await RawClient.open({ port: portOf(app) })
    expect((await client.get()).headers['keep-alive']).toBe('timeout=65, max=2')
    await client.get()
    expect((await client.get()).headers.connection).toBe('close')
    expect(await client.end()).toBe('FIN')
    client.close()
  }
  await (await RawClient.open({ port: portOf(app) })).get()
  expect(app.keepAlive.snapshot().requests.total).toBe(7)
  await app.close()
  await eventually(() => closed.length === 3, 'all closed records')
  expect(closed).toEqual(['max-requests', 'max-requests', 'drain'])
})

it('answers injected requests', async () => {
  const app = Fastify()
  app.register(keepAlive())
  app.get('/', async () => 'ok')
  expect((await app.inject('/')).body).toBe('ok')
  await app.close()
})

it('attaches to an HTTP/2 app, and sets the timeouts of its HTTP/1.1 side', async () => {
  const app = Fastify({ http2: true, https: { allowHTTP1: true, ...(await certificate()) } })
  app.register(keepAlive({ behind: 'aws-alb' }))
  await app.ready()
  expect(app.server).toMatchObject({ keepAliveTimeout: app.keepAlive.policy.keepAliveTimeout })
  await app.close()
})

it('fails when it is registered twice', async () => {
  const app = Fastify()
  app.register(keepAlive())
  app.register(keepAlive())
  await expect(app.ready()).rejects.toMatchObject({ code: 'ERR_KEEPALIVE_ALREADY_ATTACHED' })
})

it('throws at once for wrong options', () => {
  expect(() => keepAlive({ maxRequests: -1 })).toThrow('maxRequests')
})
