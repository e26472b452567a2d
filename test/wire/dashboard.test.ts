import { expect, it } from 'vitest'
import type { Hello, Update } from '../../src/dashboard/messages.ts'
import type { DashboardOptions } from '../../src/dashboard/options.ts'
import type { KeepAliveOptions } from '../../src/policy/options.ts'
import { makeKit } from '../support/kit.ts'
import { ask, makePage, watch } from '../support/page.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually, within } from '../support/within.ts'

/** An app with the page at /keepalive. */
async function start(options?: DashboardOptions, policy: KeepAliveOptions = { keepAliveTimeout: 5_000 }) {
  const { kit } = makeKit(policy)
  const page = makePage(kit, { path: '/keepalive', ...options })
  const { port } = await serve(
    (req, res) => page(req, res, () => res.end('app')),
    (server) => kit.attach(server),
  )
  return { kit, page, port }
}

it('serves the page and its files with what keeps them safe, and nothing elsewhere', async () => {
  const { port } = await start()
  for (const [path, type] of [
    ['/keepalive/', 'text/html; charset=utf-8'],
    ['/keepalive/page.js', 'text/javascript; charset=utf-8'],
    ['/keepalive/page.css', 'text/css; charset=utf-8'],
    ['/keepalive/icon.svg', 'image/svg+xml'],
    ['/keepalive/clients.json', 'application/json; charset=utf-8'],
    ['/keepalive/connections.json', 'application/json; charset=utf-8'],
    ['/keepalive/report.json', 'application/json; charset=utf-8'],
    ['/keepalive/KEEPALIVE_DANGER_ZONE.md', 'text/plain; charset=utf-8'],
  ] as const) {
    const { status, headers, body } = await ask(port, path)
    expect([path, status, headers['content-type']]).toEqual([path, 200, type])
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store, no-transform',
      'referrer-policy': 'no-referrer',
    })
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';.* frame-ancestors 'none';/,
    )
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(body.length).toBeGreaterThan(100)
    const head = await ask(port, path, { method: 'HEAD' })
    expect([head.status, head.headers['content-type'], head.body]).toEqual([200, type, ''])
  }
  for (const path of ['/', '/keepalives', '/keepalive/nothing', '/keepalive/../page.js', '/page.js'])
    expect((await ask(port, path)).body, path).toBe('app')
})

it('has no inline script or style, and refers to its own files only', async () => {
  const { port } = await start()
  const { body } = await ask(port, '/keepalive/')
  expect(body).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/)
  for (const [, url] of body.matchAll(/(?:src|href)="([^"]*)"/g)) expect(url).toMatch(/^[\w.-]+$/)
})

it('is at the same place with and without a slash', async () => {
  const { port } = await start()
  const { status, headers } = await ask(port, '/keepalive?x=1')
  expect(status).toBe(302)
  expect(new URL(String(headers.location), `http://h/keepalive`).href).toBe('http://h/keepalive/')
})

it('packs where that is understood', async () => {
  const { port } = await start()
  const length = async (encoding: string) => {
    const { headers } = await ask(port, '/keepalive/page.js', { headers: { 'Accept-Encoding': encoding } })
    return [headers['content-encoding'], Number(headers['content-length'])] as const
  }
  const [plain, all] = await length('identity')
  const [packed, less] = await length('br, gzip;q=0.8')
  expect([plain, packed]).toEqual([undefined, 'gzip'])
  expect(less).toBeLessThan(all / 2)
  expect((await length('gzip;q=0, br'))[0]).toBeUndefined()
})

it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is not allowed', async (method) => {
  const { port } = await start()
  const { status, headers } = await ask(port, '/keepalive/', { method })
  expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
})

it('lets loopback in by itself, and not what came through a proxy or by a foreign name', async () => {
  const { port } = await start()
  expect((await ask(port, '/keepalive/', { headers: { 'X-Forwarded-For': '127.0.0.1' } })).status).toBe(403)
  expect((await ask(port, '/keepalive/', { headers: { Host: 'rebound.example' } })).status).toBe(403)
  expect((await ask(port, '/keepalive/stream', { headers: { Via: '1.1 proxy' } })).status).toBe(403)
})

it('asks authorize for everything, and lets nobody in when that fails', async () => {
  const asked: string[] = []
  const { port } = await start({
    authorize: async (req) => {
      asked.push(req.url!)
      if (req.headers['x-token'] === 'broken') throw new Error('no directory')
      return req.headers['x-token'] === 'right'
    },
  })
  const status = async (path: string, token: string) =>
    (await ask(port, path, { headers: { 'X-Token': token, 'X-Forwarded-For': '192.0.2.1' } })).status
  for (const path of ['/keepalive/', '/keepalive/page.js', '/keepalive/report.json', '/keepalive/stream'])
    expect([path, await status(path, 'wrong')]).toEqual([path, 403])
  expect(await status('/keepalive', 'wrong')).toBe(403)
  expect(await status('/keepalive/', 'right')).toBe(200)
  expect(asked).toContain('/keepalive/report.json')
  // Here next takes the error, as Express would.
  expect((await ask(port, '/keepalive/', { headers: { 'X-Token': 'broken' } })).body).toBe('app')
})

it('a truthy answer that is not true lets nobody in', async () => {
  const { port } = await start({ authorize: (() => 'no') as never })
  expect((await ask(port, '/keepalive/')).status).toBe(403)
})

it('writes each update once for all viewers, one a second', async () => {
  const { port } = await start()
  const viewers = await Promise.all([watch(port, '/keepalive/stream'), watch(port, '/keepalive/stream')])
  const client = await RawClient.open({ port })
  await client.get('/app')
  const updates = (n: number) =>
    viewers.map(({ texts }) => texts.filter((text) => text.startsWith('event: update'))[n])
  await eventually(() => updates(1).every((text) => text !== undefined), 'two updates each', 8_000)
  const [one, other] = updates(1)
  expect(one).toBe(other)
  const hello = viewers[0]!.events[0]!
  expect(hello.name).toBe('hello')
  expect((hello.data as Hello).update.summary.version).toBe(2)
  expect(hello.data).not.toHaveProperty('policy.log')
  const last = viewers[0]!.events.at(-1)!.data as Update
  expect(last.viewers).toBe(2)
})

it('lets no more viewers in than it may, and another one when one has left', async () => {
  const { port } = await start({ viewers: 1 })
  const first = await watch(port, '/keepalive/stream')
  const refused = await ask(port, '/keepalive/stream')
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '10'])
  expect((await ask(port, '/keepalive/')).status).toBe(200)
  first.leave()
  let second: Awaited<ReturnType<typeof watch>> | undefined
  for (let tries = 0; tries < 50 && !second?.events.length; tries++) {
    second = await watch(port, '/keepalive/stream')
    await new Promise((done) => setTimeout(done, 20))
  }
  expect(second!.events[0]!.name).toBe('hello')
})

it('a drain waits for no viewer', async () => {
  const { kit, port } = await start()
  const viewer = await watch(port, '/keepalive/stream')
  const begun = performance.now()
  const report = await within(10_000, 'the drain', kit.drain({ timeout: 8_000 }))
  expect(report.forced).toMatchObject({ active: 0 })
  expect(performance.now() - begun).toBeLessThan(6_000)
  await eventually(() => viewer.isOver(), 'the end of the stream')
  expect((viewer.events.at(-1)!.data as Update).draining).toBe(true)
})

it('tells its own connections apart from the app\u2019s', async () => {
  const { kit, port } = await start()
  const app = await RawClient.open({ port })
  for (let i = 0; i < 3; i++) await app.get('/app')
  const viewer = await watch(port, '/keepalive/stream')
  await ask(port, '/keepalive/clients.json')
  const clients = JSON.parse((await ask(port, '/keepalive/clients.json')).body)
  await eventually(() => viewer.events.some(({ name }) => name === 'update'), 'an update')
  const { summary, page } = viewer.events.at(-1)!.data as Update
  expect(summary.connections).toMatchObject({ opened: 1, open: 1, closed: 0 })
  expect(summary.requests).toMatchObject({ total: 3, reused: 2 })
  expect(page).toEqual({ open: 1, requests: 1 })
  expect(clients.rows).toMatchObject([{ address: '127.0.0.1', connections: 4, requests: 6 }])
  // The kit's own snapshot has the first request of each, as nothing told then what it was for.
  expect(kit.snapshot()).toMatchObject({ connections: { opened: 4, open: 1 }, requests: { total: 6 } })
  const live = JSON.parse((await ask(port, '/keepalive/connections.json?sort=age')).body)
  expect(live.rows.map((row: { page: boolean }) => row.page)).toEqual([false, true, true])
})

it('counts a proxy\u2019s connection like any other, though the page was asked for by it', async () => {
  const { kit, port } = await start({ authorize: () => true })
  const proxy = await RawClient.open({ port })
  await proxy.get('/keepalive/clients.json', 'X-Forwarded-For: 192.0.2.1\r\n')
  await proxy.get('/app', 'X-Forwarded-For: 192.0.2.2\r\n')
  const clients = JSON.parse((await ask(port, '/keepalive/clients.json')).body)
  expect(clients.rows).toMatchObject([{ address: '127.0.0.1', connections: 2, requests: 3 }])
  expect(kit.snapshot().connections.opened).toBe(2)
})

it('filters and sorts the live connections', async () => {
  const { port } = await start()
  const sockets = await Promise.all([
    RawClient.open({ port }),
    RawClient.open({ port }),
    RawClient.open({ port }),
  ])
  for (const [i, socket] of sockets.entries()) for (let n = 0; n < i; n++) await socket.get('/app')
  const live = async (query: string) =>
    JSON.parse((await ask(port, `/keepalive/connections.json?${query}`)).body)
  const counts = async (query: string) =>
    (await live(query)).rows
      .filter((row: { page: boolean }) => !row.page)
      .map((row: { requests: number }) => row.requests)
  expect(await counts('sort=requests')).toEqual([2, 1, 0])
  expect(await counts('sort=requests&order=up')).toEqual([0, 1, 2])
  expect(await counts('state=new')).toEqual([0])
  expect((await counts('state=idle')).toSorted()).toEqual([1, 2])
  expect(await live('text=10.')).toMatchObject({ matching: 0, rows: [] })
  expect((await live('text=127.0.0')).matching).toBe(4)
  const [{ id }] = (await live('sort=requests')).rows
  expect((await live(`text=%23${id}`)).rows).toMatchObject([{ id, requests: 2 }])
  expect((await live('sort=<script>&state=__proto__&order=x')).matching).toBe(4)
})

it('lets nobody in by itself where a proxy is in front, and sets no connection aside there', async () => {
  const { port } = await start({}, { behind: 'nginx' })
  expect((await ask(port, '/keepalive/')).status).toBe(403)
  expect((await ask(port, '/keepalive/stream')).status).toBe(403)
  const own = await start({ authorize: () => true }, { behind: ['aws-nlb', 'nginx'] })
  expect((await ask(own.port, '/keepalive/')).status).toBe(200)
  expect(JSON.parse((await ask(own.port, '/keepalive/clients.json')).body).rows).toMatchObject([
    { connections: 2, requests: 2 },
  ])
  const flow = await start({}, { behind: 'aws-nlb' })
  expect((await ask(flow.port, '/keepalive/')).status).toBe(200)
})

it('lets no HTTP/1.0 in by itself, and sets no such connection aside', async () => {
  const raw = async (port: number) => {
    const client = await RawClient.open({ port })
    client.write('GET /keepalive/clients.json HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n')
    await client.end()
    return client.text
  }
  const { port } = await start()
  expect(await raw(port)).toMatch(/^HTTP\/1\.1 403 /)
  const open = await start({ authorize: () => true })
  expect(await raw(open.port)).toMatch(/"rows":\[\{"address":"127\.0\.0\.1","connections":1,"requests":1,/)
})

it('gives no other web site a stream', async () => {
  const { port } = await start({ viewers: 1 })
  const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }
  expect((await ask(port, '/keepalive/stream', { headers })).status).toBe(403)
  expect((await watch(port, '/keepalive/stream')).isOver()).toBe(false)
})

it('gives no place among the viewers to who left while authorize was awaited', async () => {
  const allowed: (() => void)[] = []
  const { kit, port } = await start({
    viewers: 1,
    authorize: ({ headers }) =>
      'x-slow' in headers ? new Promise<boolean>((done) => allowed.push(() => done(true))) : true,
  })
  const gone = await RawClient.open({ port })
  gone.write('GET /keepalive/stream HTTP/1.1\r\nHost: localhost\r\nX-Slow: 1\r\n\r\n')
  await eventually(() => allowed.length === 1, 'authorize')
  gone.reset()
  await eventually(() => kit.snapshot().connections.open === 0, 'the end of the connection')
  allowed[0]!()
  // Whoever holds a place though gone holds it for ever.
  for (let tries = 0; tries < 3; tries++)
    expect((await ask(port, '/keepalive/stream', { method: 'HEAD' })).status).toBe(200)
})
