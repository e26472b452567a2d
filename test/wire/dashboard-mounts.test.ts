import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import connect from 'connect'
import express from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import Koa from 'koa'
import Koa2 from 'koa2'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { DashboardOptions } from '../../src/dashboard/options.ts'
import { type KeepAlive, keepAlive } from '../../src/keep-alive.ts'
import { ask, makePage, watch } from '../support/page.ts'
import { listen, stop } from '../support/server.ts'
import { eventually, sleep, within } from '../support/within.ts'

type Start = (kit: KeepAlive, options: DashboardOptions) => Server | Promise<Server>

/** The page at /a/keepalive of an app that answers 'app' to all else; what fails in it is a 500. */
const mounts: Readonly<Record<string, Start>> = {
  'node:http': (kit, options) => {
    const page = makePage(kit, { path: '/a/keepalive', ...options })
    return createServer((req, res) =>
      page(req, res, (error) => {
        res.statusCode = error ? 500 : 200
        res.end('app')
      }),
    )
  },
  'node:http, by its own routing': (kit, options) => {
    const page = makePage(kit, options)
    return createServer((req, res) => {
      if (req.url!.startsWith('/a/keepalive')) page(req, res)
      else res.end('app')
    })
  },
  'express 5': (kit, options) => createServer(onExpress(express as never, kit, options)),
  'express 4': (kit, options) => createServer(onExpress(express4 as never, kit, options)),
  connect: (kit, options) => {
    const app = connect()
    app.use('/a/keepalive', makePage(kit, options))
    app.use((_req, res) => void res.end('app'))
    return createServer(app)
  },
  'koa 3': (kit, options) => onKoa(Koa, kit, options),
  'koa 2': (kit, options) => onKoa(Koa2 as never, kit, options),
  fastify: async (kit, options) => {
    const app = Fastify()
    app.register(makePage(kit, options).fastify, { prefix: '/a/keepalive' })
    app.get('/', async () => 'app')
    onTestFinished(() => app.close())
    await app.ready()
    return app.server
  },
}

function onExpress(make: typeof express, kit: KeepAlive, options: DashboardOptions): express.Express {
  const app = make()
  app.set('env', 'test')
  app.use('/a/keepalive', makePage(kit, options))
  app.get('/', (_req, res) => void res.send('app'))
  return app
}

function onKoa(Make: typeof Koa, kit: KeepAlive, options: DashboardOptions): Server {
  const app = new Make()
  app.silent = true
  app.use(makePage(kit, { path: '/a/keepalive', ...options }).koa)
  app.use((ctx) => {
    ctx.body = 'app'
  })
  return createServer(app.callback())
}

describe.each(Object.entries(mounts))('the page in %s', (_name, make) => {
  async function start(
    options: DashboardOptions = {},
    meanwhile?: (res: ServerResponse) => void,
  ): Promise<number> {
    const kit = keepAlive()
    const server = await make(kit, options)
    if (meanwhile)
      server.prependListener('request', ({ url }, res) => {
        if (url !== '/') setTimeout(() => meanwhile(res), 20)
      })
    kit.attach(server)
    onTestFinished(() => stop(server))
    if (server.listening) return (server.address() as AddressInfo).port
    return listen(server)
  }

  it('is served with all that belongs to it, and the app as before', async () => {
    const port = await start()
    const page = await ask(port, '/a/keepalive/')
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect((await ask(port, '/a/keepalive/page.js')).headers['content-type']).toContain('javascript')
    expect(JSON.parse((await ask(port, '/a/keepalive/connections.json?state=active')).body).matching).toBe(1)
    expect((await ask(port, '/a/keepalive/', { method: 'HEAD' })).body).toBe('')
    expect((await ask(port, '/')).body).toBe('app')
  })

  it('is found without the slash', async () => {
    const port = await start()
    const { status, headers } = await ask(port, '/a/keepalive')
    expect(status).toBe(302)
    expect(new URL(String(headers.location), 'http://h/a/keepalive').pathname).toBe('/a/keepalive/')
  })

  it('streams', async () => {
    const port = await start()
    const viewer = await watch(port, '/a/keepalive/stream')
    await eventually(() => viewer.events.some(({ name }) => name === 'update'), 'an update')
    expect(viewer.events[0]!.name).toBe('hello')
  })

  it('is not for everybody, and nobody’s where authorize fails', async () => {
    const port = await start({ authorize: () => false })
    expect((await ask(port, '/a/keepalive/')).status).toBe(403)
    expect((await ask(port, '/a/keepalive/', { method: 'POST' })).status).toBe(403)
    const other = await start({
      authorize() {
        throw new Error('no directory')
      },
    })
    const { status, body } = await ask(other, '/a/keepalive/')
    expect(status).toBe(500)
    expect(body).not.toContain('<title>keep-alive')
  })

  it.each(['allows', 'refuses', 'fails'])(
    'harms nothing where it %s what was answered meanwhile',
    async (how) => {
      const harm: unknown[] = []
      const note = (reason: unknown) => void harm.push(reason)
      process.on('unhandledRejection', note)
      onTestFinished(() => void process.off('unhandledRejection', note))
      const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
      onTestFinished(() => warned.mockRestore())
      const settle: (() => void)[] = []
      const port = await start(
        {
          authorize: () =>
            new Promise((done, failed) => {
              settle.push(() =>
                how === 'fails' ? failed(new Error('no directory')) : done(how === 'allows'),
              )
            }),
        },
        // As a middleware with a time limit does.
        (res) => {
          res.writeHead(503, { 'Content-Length': '4' })
          res.write('la')
          for (const one of settle.splice(0)) one()
          setTimeout(() => res.end('te'), 50)
        },
      )
      for (const path of ['/a/keepalive/', '/a/keepalive/stream']) {
        const { status, body } = await fetch(`http://127.0.0.1:${port}${path}`)
        expect(status).toBe(503)
        // It comes to its end, or is cut off.
        await within(
          5_000,
          'the end of the body',
          new Response(body).text().catch(() => ''),
        )
      }
      await sleep(20)
      expect(harm).toEqual([])
      expect((await ask(port, '/')).body).toBe('app')
    },
  )
})
