import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import express from 'express'
import request from 'supertest'
import { beforeAll, describe, expect, it } from 'vitest'
import { type KeepAlive, keepAlive } from '../../src/index.ts'
import { Refs } from '../support/collect.ts'
import { RawClient } from '../support/raw.ts'
import { listen } from '../support/server.ts'
import { certificate } from '../support/tls.ts'
import { within } from '../support/within.ts'

const count = 50
const answer: RequestListener = (_req, res) => void res.end('ok')

function close(server: Server): Promise<void> {
  return within(2_000, 'the server to close', new Promise<void>((done) => server.close(() => done())))
}

/** An app with the kit, created once for all servers of a test. */
function appWith(kit: KeepAlive | undefined): RequestListener {
  const app = express()
  if (kit) app.use(kit)
  return app.use((_req, res) => void res.end('ok'))
}

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_, tls) => {
  let pems: { key: string; cert: string }
  beforeAll(async () => {
    pems = await certificate()
  })

  const make = (handler: RequestListener): Server =>
    tls ? (createTlsServer(pems, handler) as Server) : createServer(handler)

  async function ask(port: number): Promise<RawClient> {
    const client = await RawClient.open({ port, tls })
    await client.get()
    return client
  }

  /** Like supertest: a server for each request. */
  async function useOnce(server: Server): Promise<void> {
    const client = await ask(await listen(server))
    client.close()
    await close(server)
  }

  /** Many servers, each used once and dropped. */
  async function useMany(use: (handler: RequestListener) => Promise<Server>): Promise<Refs> {
    const refs = new Refs()
    for (let i = 0; i < count; i++) refs.add(await use(answer))
    return refs
  }

  it.each<[string, (kit: KeepAlive | undefined) => () => Promise<Server>]>([
    [
      'an app that mounts the kit was called',
      (kit) => {
        const app = appWith(kit)
        return async () => {
          const server = make(app)
          await useOnce(server)
          return server
        }
      },
    ],
    [
      'the kit was attached before they listened',
      (kit) => async () => {
        const server = make(answer)
        kit?.attach(server)
        await useOnce(server)
        return server
      },
    ],
    [
      'the kit was attached while they listened',
      (kit) => async () => {
        const server = make(answer)
        const port = await listen(server)
        kit?.attach(server)
        const client = await ask(port)
        client.close()
        await close(server)
        return server
      },
    ],
    [
      'the client stays idle until close()',
      (kit) => async () => {
        const server = make(answer)
        kit?.attach(server)
        const client = await ask(await listen(server))
        await close(server)
        client.close()
        return server
      },
    ],
    [
      'all connections were destroyed',
      (kit) => async () => {
        const server = make(() => {})
        kit?.attach(server)
        const client = await RawClient.open({ port: await listen(server), tls })
        client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
        await within(2_000, 'the request', new Promise((done) => server.once('request', done)))
        const closed = close(server)
        server.closeAllConnections()
        await closed
        client.close()
        return server
      },
    ],
    [
      'they never listened',
      (kit) => async () => {
        const server = make(answer)
        kit?.attach(server)
        return server
      },
    ],
  ])('closed servers are collected, as on plain Node, where %s', { timeout: 40_000 }, async (_, using) => {
    const plain = await useMany(using(undefined))
    expect(await plain.left()).toBe(0)
    const kit = keepAlive()
    const attached = await useMany(using(kit))
    expect(await attached.left()).toBe(0)
    expect(kit.connections()).toEqual([])
  })

  it('a server is collected that was drained', async () => {
    const refs = new Refs()
    const kit = keepAlive()
    await (async () => {
      const server = make(answer)
      kit.attach(server)
      const client = await ask(await listen(server))
      client.socket.on('end', () => client.socket.end())
      refs.add(server)
      await within(3_000, 'the drain', kit.drain({ timeout: 2_000 }))
      client.close()
    })()
    expect(await refs.left()).toBe(0)
    expect(kit.snapshot().connections).toMatchObject({ opened: 1, closed: 1 })
  })

  it('a kit is collected whose server has closed', async () => {
    const refs = new Refs()
    for (let i = 0; i < count; i++)
      await (async () => {
        const kit = keepAlive({ maxIdle: 10, log: () => {} })
        const server = make(answer)
        kit.attach(server)
        await useOnce(server)
        refs.add(kit)
      })()
    expect(await refs.left()).toBe(0)
  })
})

it('the servers that supertest makes are collected', { timeout: 40_000 }, async () => {
  const testAll = async (kit: KeepAlive | undefined): Promise<Refs> => {
    const refs = new Refs()
    const app = express()
    if (kit) app.use(kit)
    app.use(({ socket }, res) => {
      refs.add((socket as Socket & { server: Server }).server)
      res.end('ok')
    })
    for (let i = 0; i < count; i++) await request(app).get('/').expect(200)
    return refs
  }
  const plain = await testAll(undefined)
  expect(plain.size).toBe(count)
  expect(await plain.left()).toBe(0)
  const kit = keepAlive()
  const mounted = await testAll(kit)
  expect(await mounted.left()).toBe(0)
  expect(kit.snapshot().connections.opened).toBe(count)
})
