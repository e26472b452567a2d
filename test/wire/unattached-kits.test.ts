import { hasSubscribers } from 'node:diagnostics_channel'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { beforeEach, describe, expect, it } from 'vitest'
import { type KeepAlive, keepAlive } from '../../src/index.ts'
import { collectUntil, Refs } from '../support/collect.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { listen, makeServer, serve } from '../support/server.ts'
import { certificate } from '../support/tls.ts'
import { eventually, within } from '../support/within.ts'

// A kit without a server sees all sockets of the process. It must not keep them in memory.

const isHeard = (): boolean => hasSubscribers('net.server.socket')
const answer: RequestListener = (_req, res) => void res.end('ok')

beforeEach(async () => {
  expect(await collectUntil(() => !isHeard())).toBe(true)
})

/** Creates kits without a reference. */
function drop(count: number): Refs {
  const refs = new Refs()
  for (let i = 0; i < count; i++) refs.add(keepAlive({ maxIdle: 10, log: () => {} }))
  return refs
}

it.each<[string, (kit: KeepAlive, server: Server) => unknown]>([
  ['attached', (kit, server) => kit.attach(server)],
  ['attached and detached', (kit, server) => kit.attach(server).detach()],
  [
    'mounted, after a request,',
    (kit, server) => server.prependListener('request', (req, res) => kit(req, res)),
  ],
])('a kit that is %s has no subscription', async (_, wire) => {
  const kit = keepAlive()
  const { port } = await serve(answer, (server) => wire(kit, server))
  const client = await RawClient.open({ port })
  await client.get()
  expect(isHeard()).toBe(false)
  client.close()
  kit.detach()
  expect(isHeard()).toBe(false)
})

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_, tls) => {
  it('a kit without a server keeps no closed server and no closed socket in memory', async () => {
    const kit = keepAlive()
    const refs = new Refs()
    for (let i = 0; i < 10; i++)
      await (async () => {
        const server = tls ? (createTlsServer(await certificate(), answer) as Server) : createServer(answer)
        const port = await listen(server)
        server.on(tls ? 'secureConnection' : 'connection', (socket) => refs.add(socket))
        refs.add(server)
        const client = await RawClient.open({ port, tls })
        await client.get()
        client.close()
        await within(2_000, 'the close', new Promise<void>((done) => server.close(() => done())))
      })()
    expect(refs.size).toBe(20)
    expect(await refs.left()).toBe(0)
    expect(kit.connections()).toEqual([])
  })

  it('a kit without a server still learns of open connections when other kits are gone', async () => {
    const { kit } = makeKit()
    await drop(100).left()
    const server = await makeServer((req, res) => kit(req, res, () => answer(req, res as never)), tls)
    const port = await listen(server)
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.open({ port, tls })))
    await clients[0]!.get()
    expect(kit.connections().map(({ requests }) => requests)).toHaveLength(3)
    expect(isHeard()).toBe(false)
    for (const client of clients) client.close()
    await eventually(() => kit.connections().length === 0, 'all closes')
  })
})

it('kits that are never attached are collected, with their subscriptions', async () => {
  const kits = drop(100)
  expect(await kits.left()).toBe(0)
  expect(await collectUntil(() => !isHeard())).toBe(true)
})
