import { createServer, type RequestListener, Server, type ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { openIdle, RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually, within } from '../support/within.ts'

// Arguments that an app emits on its server, and functions that it sets, do not change.

type Emitter = { emit(event: string, ...args: unknown[]): boolean }

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`

/** Adds two arguments to the request events of a server, as a wrapper of `emit` may. */
function emitMore(server: Emitter): void {
  const emit = server.emit
  server.emit = (event, ...args) =>
    event === 'request' || event.startsWith('check')
      ? emit.call(server, event, ...args, 'extra', args.length)
      : emit.call(server, event, ...args)
}

const attach = (withKit: boolean) => (withKit ? makeKit().kit.attach : () => {})

describe.each([
  ['http, plain Node', false, false],
  ['http, the kit', false, true],
  ['https, plain Node', true, false],
  ['https, the kit', true, true],
])("more arguments of 'request' reach its listeners over %s", (_, tls, withKit) => {
  it('if the app emits a request again', async () => {
    const heard: unknown[][] = []
    const { server, port } = await serve(
      (req, res, ...more: unknown[]) => {
        heard.push(more)
        if (heard.length === 1) (server as Emitter).emit('request', req, res, 'extra', 7)
        else res.end('ok')
      },
      attach(withKit),
      tls,
    )
    const client = await RawClient.open({ port, tls })
    await client.get()
    expect(heard).toEqual([[], ['extra', 7]])
    client.close()
  })

  it('if emit is wrapped, also for pipelined requests', async () => {
    const heard: unknown[][] = []
    const waiting: ServerResponse[] = []
    const { port } = await serve(
      (_req, res, ...more: unknown[]) => {
        heard.push(more)
        waiting.push(res)
      },
      (server) => {
        attach(withKit)(server)
        emitMore(server as Emitter)
      },
      tls,
    )
    const client = await RawClient.open({ port, tls })
    client.write(get('/1') + get('/2') + get('/3'))
    for (let i = 0; i < 3; i++) {
      await eventually(() => waiting.length > i, 'the next request')
      waiting[i]!.end('ok')
    }
    await client.until(3)
    expect(heard).toEqual(Array(3).fill(['extra', 2]))
    client.close()
  })

  it("with 'checkContinue'", async () => {
    const heard: unknown[][] = []
    const { port } = await serve(
      () => {},
      (server) => {
        attach(withKit)(server)
        emitMore(server as Emitter)
        server.on('checkContinue', (_req, res, ...more: unknown[]) => {
          heard.push(more)
          res.end('ok')
        })
      },
      tls,
    )
    const client = await RawClient.open({ port, tls })
    await client.get('/', 'Expect: 100-continue\r\n')
    expect(heard).toEqual([['extra', 2]])
    client.close()
  })

  it('if another server emits it', async () => {
    const heard: unknown[][] = []
    const inner = createServer((_req, res, ...more: unknown[]) => {
      heard.push(more)
      res.end('ok')
    })
    attach(withKit)(inner)
    const outer: RequestListener = (req, res) => void (inner as Emitter).emit('request', req, res, 'extra')
    const { port } = await serve(outer, () => {}, tls)
    const client = await RawClient.open({ port, tls })
    await client.get()
    expect(heard).toEqual([['extra']])
    client.close()
  })
})

describe.each([
  ['http', false],
  ['https', true],
])("the app's own methods on a server outlive a drain over %s", (_, tls) => {
  it.each(['closeIdleConnections', 'closeAllConnections', 'close'] as const)('%s', async (name) => {
    const thisValues: unknown[] = []
    function own(this: Server, ...args: []): unknown {
      thisValues.push(this)
      return Server.prototype[name].apply(this, args)
    }
    const { kit } = makeKit({ minIdle: 0 })
    const { server, port } = await serve(
      (_req, res) => void res.end('ok'),
      (server) => {
        Object.defineProperty(server, name, {
          value: own,
          writable: true,
          configurable: true,
          enumerable: false,
        })
        kit.attach(server)
      },
      tls,
    )
    const before = Object.getOwnPropertyDescriptor(server, name)
    const clients = await openIdle(port, 2, tls)
    for (const { socket } of clients) socket.on('end', () => socket.end())
    await within(5_000, 'the drain', kit.drain({ timeout: 3_000 }))
    expect(Object.getOwnPropertyDescriptor(server, name)).toEqual(before)
    expect(thisValues.filter((value) => value !== server)).toEqual([])
    expect(clients.map(({ ended }) => ended)).toEqual(['FIN', 'FIN'])
  })

  it('and a server that had none has none once the kit is gone, and none that shows before', async () => {
    const { kit } = makeKit({ minIdle: 0 })
    const { server } = await serve(
      (_req, res) => void res.end('ok'),
      () => {},
      tls,
    )
    const keys = Object.keys(server)
    kit.attach(server)
    expect(Object.keys(server)).toEqual(keys)
    await within(5_000, 'the drain', kit.drain({ timeout: 3_000 }))
    kit.detach()
    for (const name of ['closeIdleConnections', 'closeAllConnections', 'close'])
      expect(Object.hasOwn(server, name), name).toBe(false)
  })
})
