import { AsyncLocalStorage } from 'node:async_hooks'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { Refs } from '../support/collect.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { sides } from '../support/sides.ts'
import { eventually } from '../support/within.ts'

// The store of an AsyncLocalStorage belongs to one request. The timer that serves all connections must not keep it.

const cases = sides.map((side) => [side.name, side] as const)

it.each(cases)(
  'on %s the async store of a request is collected while other connections are idle',
  async (_, side) => {
    const storage = new AsyncLocalStorage<object>()
    const first = new Refs()
    const { port } = await serve(
      (req, res) => {
        const store = { user: 'x'.repeat(100) }
        if (req.url === '/first') first.add(store)
        storage.run(store, () => setImmediate(() => res.end('ok')))
      },
      side.attach,
      side.tls,
    )
    const client = await RawClient.open({ port, tls: side.tls })
    await client.get('/first')
    client.close()
    const others: RawClient[] = []
    for (let i = 0; i < 5; i++) {
      const other = await RawClient.open({ port, tls: side.tls })
      await other.get('/other')
      await other.get('/other')
      others.push(other)
    }
    expect(first.size).toBe(1)
    expect(await first.left(3_000)).toBe(0)
    for (const other of others) other.close()
  },
)

it.each(cases)("on %s a 'timeout' listener runs in its own connection's context", async (_, side) => {
  const storage = new AsyncLocalStorage<string>()
  const heard: string[] = []
  const names = new WeakMap<Socket, string>()
  const { port } = await serve(
    (req, res) => {
      names.set(req.socket, req.url!)
      storage.run(req.url!, () => setImmediate(() => res.end('ok')))
    },
    (server) => {
      side.attach(server, {
        keepAliveTimeout: 100,
        keepAliveTimeoutBuffer: 0,
        silence: ['KEEPALIVE_SECONDS_MEANT'],
      })
      server.keepAliveTimeout = 100
      server.on('timeout', (socket: Socket) => {
        heard.push(`${names.get(socket)} in the context of ${storage.getStore()}`)
        socket.destroy()
      })
    },
    side.tls,
  )
  const clients: RawClient[] = []
  for (const path of ['/a', '/b', '/c']) {
    const client = await RawClient.open({ port, tls: side.tls })
    await client.get(path)
    clients.push(client)
  }
  await eventually(() => heard.length === 3, 'three timeouts')
  for (const line of heard) expect(line).toMatch(/^(\S+) in the context of (?:\1|undefined)$/)
  for (const client of clients) client.close()
})
