import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { Agent, get } from 'node:http'
import { request, Agent as UndiciAgent } from 'undici'
import { expect, it, onTestFinished } from 'vitest'
import { trackOutgoing } from '../../src/outgoing.ts'
import { Refs } from '../support/collect.ts'
import { ok, rawServer, rowOf, tracked } from '../support/outgoing.ts'
import { httpSender } from '../support/outgoing-clients.ts'
import { eventually } from '../support/within.ts'

const names = [
  'http.client.request.created',
  'http.client.request.start',
  'http.client.response.finish',
  'http.client.request.error',
  'undici:client:connected',
  'undici:client:connectError',
  'undici:client:sendHeaders',
  'undici:request:create',
  'undici:request:headers',
  'undici:request:trailers',
  'undici:request:error',
]

it('leaves no subscription, no listener and no property behind', async () => {
  const { origin } = await rawServer((socket) => socket.write(ok))
  const agent = new Agent({ keepAlive: true })
  const bare = new Agent({ keepAlive: true })
  const socketsOf = (of: Agent): object[] => Object.values(of.freeSockets).flatMap((list) => list ?? [])
  await httpSender(origin, bare)('/')
  const outgoing = trackOutgoing({ sites: 3 })
  await httpSender(origin, agent)('/')
  await eventually(() => socketsOf(agent).length === 1, 'the socket to be free')
  outgoing.stop()
  outgoing.stop()
  expect(names.filter((name) => channel(name).hasSubscribers)).toEqual([])
  const look = (socket: object): unknown => {
    const emitter = socket as NodeJS.EventEmitter
    return [
      Object.getOwnPropertySymbols(socket).filter(({ description }) =>
        description?.includes('keepalive-kit'),
      ),
      emitter.eventNames().map((name) => [name, emitter.listenerCount(name)]),
    ]
  }
  expect(look(socketsOf(agent)[0]!)).toEqual(look(socketsOf(bare)[0]!))
  await httpSender(origin, agent)('/')
  expect(rowOf(outgoing, origin)).toMatchObject({
    connections: { opened: 1, released: 1, open: 0 },
    requests: { total: 1 },
  })
  agent.destroy()
  bare.destroy()
})

it('counts nothing of a request that was under way when it stopped', async () => {
  const { origin } = await rawServer((socket) => socket.write(ok))
  const outgoing = trackOutgoing()
  const agent = new Agent({ keepAlive: true })
  const dispatcher = new UndiciAgent()
  const answers = Promise.all([
    new Promise((done) => get(origin, { agent, method: 'POST' }, (res) => res.resume().on('end', done))),
    request(origin, { dispatcher }).then(({ body }) => body.text()),
  ])
  outgoing.stop()
  await answers
  expect(outgoing.snapshot().origins.flatMap(({ connections }) => connections.open)).toEqual([])
  agent.destroy()
  await dispatcher.destroy()
})

it('is collected when it has stopped, though sockets go on', async () => {
  const { origin } = await rawServer((socket) => socket.write(ok))
  const agent = new Agent({ keepAlive: true })
  const dispatcher = new UndiciAgent()
  const refs = new Refs()
  const use = async (): Promise<void> => {
    const outgoing = trackOutgoing()
    await httpSender(origin, agent)('/')
    await (await request(origin, { dispatcher })).body.text()
    refs.add(outgoing, outgoing.snapshot)
    outgoing.stop()
  }
  await use()
  expect(await refs.left()).toBe(0)
  await httpSender(origin, agent)('/')
  agent.destroy()
  await dispatcher.destroy()
})

it('keeps no socket, request or response', async () => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket) => socket.write(ok))
  const refs = new Refs()
  const idle = new Agent({ keepAlive: true })
  const use = async (agent: Agent): Promise<void> => {
    await new Promise<void>((done) => {
      const req = get(origin, { agent }, (res) => {
        refs.add(res)
        res.resume().on('end', () => setImmediate(done))
      })
      refs.add(req)
      if (agent !== idle) req.on('socket', (socket) => refs.add(socket))
    })
  }
  // One connection goes on, whose requests have to be collected; the other closes.
  await use(idle)
  await use(idle)
  await use(new Agent())
  await eventually(() => rowOf(outgoing, origin).connections.closed === 1, 'the close')
  // What Node itself keeps of the latest one goes with the next.
  await httpSender(origin, idle)('/')
  expect(await refs.left()).toBe(0)
  idle.destroy()
})

it("keeps each request's async context", async () => {
  const outgoing = tracked({ sites: 3 })
  const { origin } = await rawServer((socket) => socket.write(ok))
  expect((await inContexts(origin)).heard).toEqual(['a in a', 'b in b', 'c in c', 'd in d'])
  expect(rowOf(outgoing, origin).requests.total).toBe(4)
})

it('keeps no store of a context that Node and undici do not keep', async () => {
  const { origin } = await rawServer((socket) => socket.write(ok))
  const bare = await inContexts(origin)
  // Node 20 keeps the context in which a socket was made.
  const kept = await bare.stores.left(1_000)
  const outgoing = tracked({ sites: 3 })
  const { stores } = await inContexts(origin)
  expect(await stores.left(kept > 0 ? 1_000 : 5_000)).toBeLessThanOrEqual(kept)
  expect(rowOf(outgoing, origin).requests.total).toBe(4)
})

/** Sends four requests, each in a context of its own, and closes nothing. */
async function inContexts(origin: string): Promise<{ heard: string[]; stores: Refs }> {
  const storage = new AsyncLocalStorage<{ name: string }>()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const dispatcher = new UndiciAgent({ connections: 1 })
  const stores = new Refs()
  const heard: string[] = []
  const one = (name: string, send: () => Promise<unknown>): Promise<void> => {
    const store = { name }
    stores.add(store)
    return storage.run(store, async () => {
      await send()
      heard.push(`${name} in ${storage.getStore()?.name}`)
    })
  }
  const http = (): Promise<unknown> =>
    new Promise((done) => {
      const inContext = storage.getStore()
      get(origin, { agent }, (res) => {
        expect(storage.getStore()).toBe(inContext)
        res.resume().on('end', done)
      })
    })
  const undici = async (): Promise<unknown> => (await request(origin, { dispatcher })).body.text()
  await Promise.all([one('a', http), one('b', http), one('c', undici), one('d', undici)])
  onTestFinished(() => {
    agent.destroy()
    return dispatcher.destroy()
  })
  return { heard: heard.sort(), stores }
}

it('changes nothing of an error that nobody hears', async () => {
  tracked()
  const { origin, sockets } = await rawServer((socket, text) => {
    if (text.includes('Upgrade'))
      socket.write('HTTP/1.1 101 OK\r\nConnection: upgrade\r\nUpgrade: own\r\n\r\n')
  })
  // The socket of an upgrade is the app's: without a listener of its own, its 'error' is an uncaught exception.
  const socket = await new Promise<import('node:net').Socket>((done) => {
    get(origin, { headers: { Connection: 'upgrade', Upgrade: 'own' } }).on('upgrade', (_res, upgraded) =>
      done(upgraded),
    )
  })
  expect(socket.listenerCount('error')).toBe(0)
  for (const each of sockets) each.destroy()
  socket.destroy()
})
