import { createServer } from 'node:http'
import express from 'express'
import express4 from 'express4'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type KeepAlive, keepAlive } from '../../src/keep-alive.ts'
import { ask, makePage } from '../support/page.ts'
import { listen, stop } from '../support/server.ts'
import { collectWarnings } from '../support/warnings.ts'

type Page = ReturnType<typeof makePage>

async function start(
  make: typeof express,
  mount: (app: express.Express, page: Page) => void,
): Promise<number> {
  const app = make()
  app.set('env', 'test')
  mount(app, makePage(keepAlive()))
  const server = createServer(app)
  onTestFinished(() => stop(server))
  return listen(server)
}

describe.each([
  ['Express 5', express],
  ['Express 4', express4 as never as typeof express],
])('the page on a route of %s', (_name, make) => {
  it.each([
    ['get', '/keepalive', (app: express.Express, page: Page) => app.get('/keepalive', page)],
    ['all', '/keepalive/', (app: express.Express, page: Page) => app.all('/keepalive/', page)],
    [
      'get of a router',
      '/ops/',
      (app: express.Express, page: Page) => app.use('/ops', make.Router().get('/', page)),
    ],
  ])('%s is warned of once, with the line to write', async (_method, path, mount) => {
    const told = collectWarnings()
    const port = await start(make, mount)
    expect((await ask(port, path)).status).toBeLessThan(400)
    await ask(port, path)
    const base = path.replace(/\/$/, '')
    expect(told).toEqual([
      {
        code: 'KEEPALIVE_WRONG_ADAPTER',
        text: expect.stringContaining(`Write app.use("${base}", dashboard(connections)) `),
      },
    ])
  })

  it.each<[string, (app: express.Express, page: Page) => void]>([
    ['use', (app, page) => app.use('/keepalive', page)],
    [
      'use behind a route of the same path',
      (app, page) => app.get('/keepalive', (_req, _res, next) => next()).use('/keepalive', page),
    ],
    ['a route of every path below', (app, page) => app.get(/^\/keepalive(?:\/|$)/, page)],
  ])('%s works, and is not warned of', async (_method, mount) => {
    const told = collectWarnings()
    const port = await start(make, mount)
    expect((await ask(port, '/keepalive')).status).toBe(302)
    expect((await ask(port, '/keepalive/page.js')).status).toBe(200)
    expect(told).toEqual([])
  })
})

describe('a refusal names its cause', () => {
  async function refused(kit: KeepAlive, options: Parameters<typeof makePage>[1]): Promise<string> {
    const page = makePage(kit, { path: '/keepalive', ...options })
    const server = createServer((req, res) => page(req, res))
    onTestFinished(() => stop(server))
    const { status, body } = await ask(await listen(server), '/keepalive/', {
      headers: { Host: 'example.com' },
    })
    expect(status).toBe(403)
    return body
  }

  it("the app's own authorize", async () => {
    const body = await refused(keepAlive(), { authorize: () => false })
    expect(body).toBe("403: the app's authorize() refused this request.\n")
    expect(await refused(keepAlive({ behind: 'nginx' }), { authorize: async () => false })).toBe(body)
  })

  it('the default', async () => {
    expect(await refused(keepAlive(), {})).toContain('limited to localhost')
  })

  it('the default behind a proxy', async () => {
    const body = await refused(keepAlive({ behind: 'nginx' }), {})
    expect(body).toContain('behind a proxy, so this page needs authorize')
    expect(body).not.toContain('localhost')
  })
})
