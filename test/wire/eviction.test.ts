import { expect, it } from 'vitest'
import { channels } from '../../src/channels.ts'
import { makeKit } from '../support/kit.ts'
import { openIdle, RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually, sleep } from '../support/within.ts'

const answer = (_req: unknown, res: { end(body: string): void }): void => res.end('ok')

it.each([
  ['http', false],
  ['https', true],
])('over %s, closes those that have waited longest, and keeps maxIdle', async (_, tls) => {
  const { kit, closed } = makeKit({ maxIdle: 5, minIdle: 30 })
  const { port } = await serve(answer, kit.attach, tls)
  const clients = await openIdle(port, 9, tls)
  await eventually(() => clients.filter(({ ended }) => ended).length === 4, 'four evictions')
  expect(clients.map(({ ended }) => ended)).toEqual([...Array(4).fill('FIN'), ...Array(5).fill(undefined)])
  for (const client of clients) client.close()
  await eventually(() => closed.length === 9, 'all closes')
  const evicted = closed.filter(({ reason }) => reason === 'evicted')
  expect(evicted).toHaveLength(4)
  for (const record of evicted) expect(record.idleAtClose).toBeGreaterThanOrEqual(30)
})

it('stays below the limit under a flood of idle connections, with one warning per second', async () => {
  const warnings: unknown[] = []
  const listener = (message: unknown): void => void warnings.push(message)
  channels.warning.subscribe(listener)
  const { kit, closed } = makeKit({ maxIdle: 50, minIdle: 20 })
  const { port } = await serve(answer, kit.attach)
  const begun = performance.now()
  const clients = await Promise.all(Array.from({ length: 600 }, () => RawClient.open({ port })))
  await eventually(
    () => clients.filter(({ ended }) => ended === undefined).length <= 50,
    'the flood to be gone',
  )
  const seconds = (performance.now() - begun) / 1_000
  channels.warning.unsubscribe(listener)
  for (const client of clients) client.close()
  await eventually(() => closed.length === 600, 'all closes')
  expect(kit.snapshot().connections).toMatchObject({
    opened: 600,
    closed: 600,
    reasons: { 'never-used': 600 },
  })
  expect(warnings.length).toBeGreaterThan(0)
  expect(warnings.length).toBeLessThanOrEqual(1 + seconds)
})

it('never evicts a connection that is idle for less than minIdle', async () => {
  const { kit } = makeKit({ maxIdle: 1, minIdle: 300 })
  const { port } = await serve(answer, kit.attach)
  const clients = await openIdle(port, 4)
  await sleep(100)
  for (const client of clients) {
    expect(client.ended).toBeUndefined()
    expect((await client.get()).body).toBe('ok')
  }
  await eventually(() => clients.filter(({ ended }) => ended).length === 3, 'three evictions')
  for (const client of clients) client.close()
})

it('does not evict a connection on which a head is arriving', async () => {
  const { kit } = makeKit({ maxIdle: 1, minIdle: 0 })
  const { port } = await serve(answer, kit.attach)
  const slow = await RawClient.open({ port })
  slow.write('GET / HTTP/1.1\r\nHost: te')
  await sleep(30)
  const clients = await openIdle(port, 3)
  await eventually(() => clients.filter(({ ended }) => ended).length === 2, 'two evictions')
  slow.write('st\r\n\r\n')
  expect((await slow.until(1))[0]!.body).toBe('ok')
  for (const client of [slow, ...clients]) client.close()
})

it('reduces the real and the advertised idle timeout while many connections are open', async () => {
  const { kit, closed } = makeKit({
    keepAliveTimeout: 10_000,
    keepAliveTimeoutBuffer: 0,
    reduceTimeouts: { scalingThreshold: 2, saturationThreshold: 6, minTimeout: 1_000 },
  })
  const { port } = await serve(answer, kit.attach)
  const clients = await openIdle(port, 6)
  const advertised = clients.map(({ responses }) => responses[0]!.headers['keep-alive'])
  expect(advertised).toEqual(['timeout=10', 'timeout=10', 'timeout=7', 'timeout=5', 'timeout=3', 'timeout=1'])
  const [first] = clients
  expect(await first!.end(3_000)).toBe('FIN')
  first!.close()
  await eventually(() => closed.length === 1, 'the close')
  expect(closed[0]).toMatchObject({ reason: 'idle-timeout', closedBy: 'server' })
  expect(closed[0]!.idleAtClose).toBeGreaterThanOrEqual(1_000)
  expect(closed[0]!.idleAtClose).toBeLessThan(2_500)
  for (const client of clients) client.close()
})
