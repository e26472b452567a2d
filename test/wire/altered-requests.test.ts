import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { connectionOf } from '../../src/index.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually, sleep } from '../support/within.ts'

// An app may set anything on its requests and responses: whatever the client gets on plain Node, it gets with the kit.

type Loose = Record<string, unknown>

/**
 * What can be set and is not private: properties of a request or response itself, and accessors that it inherits. A request
 * with `upgrade` makes Node leave its socket.
 */
function settable(of: object): string[] {
  const names = new Set(Object.keys(of))
  for (let at = of; at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const [name, { set }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (set) names.add(name)
  return [...names].filter((name) => !name.startsWith('_') && name !== 'upgrade').sort()
}

const req = new IncomingMessage(undefined as never)
const onRequest = settable(req)
const onResponse = settable(new ServerResponse(req))

/** What the app sets. */
const values: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  'an array of anything': [undefined, null, 7, {}, 'Connection', null, 'Connection', Object.create(null)],
}

interface Outcome {
  readonly text: string
  readonly thrown: readonly string[]
}

/** What the client gets, and which errors there are. */
async function outcome(withKit: boolean, change: RequestListener, sent: string): Promise<Outcome> {
  const thrown: string[] = []
  const handler: RequestListener = (req, res) => {
    try {
      if (sent.includes('X-Close')) res.setHeader('Connection', 'close')
      change(req, res)
      res.end('ok')
    } catch (error) {
      thrown.push(String((error as { code?: string }).code))
    }
  }
  const { port, server } = await serve(handler, withKit ? makeKit().kit.attach : () => {})
  const failed = (error: unknown): void => void thrown.push(`uncaught ${(error as Error).message}`)
  process.prependListener('uncaughtException', failed)
  const client = await RawClient.open({ port })
  client.write(sent)
  const wanted = sent.split('Host:').length
  const isOver = (): boolean =>
    client.text.split('ok').length === wanted || client.ended !== undefined || thrown.length > 0
  await eventually(isOver, 'an answer, an end or an error', 500).catch(() => thrown.push('no answer'))
  await new Promise(setImmediate)
  process.off('uncaughtException', failed)
  client.close()
  server.closeAllConnections()
  return { text: client.text.replace(/(Date|Keep-Alive): .*\r\n/g, ''), thrown }
}

const get = (head = ''): string => `GET / HTTP/1.1\r\nHost: test\r\n${head}\r\n`

const cases = [
  ...onRequest.map((name) => ['request', name] as const),
  ...onResponse.map((name) => ['response', name] as const),
]

const setting = (of: string, name: string, value: unknown): RequestListener => {
  return (req, res) => {
    ;((of === 'request' ? req : res) as unknown as Loose)[name] = value
  }
}

describe.each([
  ['to be kept', get()],
  ['to be closed', get('Connection: close\r\n')],
  ['that the app closes', get('X-Close: yes\r\n')],
])('on a connection %s', (_, sent) => {
  it.each(cases)('a %s whose %s is set to anything is answered as by plain Node', async (of, name) => {
    for (const [what, value] of Object.entries(values)) {
      const change = setting(of, name, value)
      expect(await outcome(true, change, sent), what).toEqual(await outcome(false, change, sent))
    }
  })
})

// Node calls the handler for the second request before the first is answered, the kit after: so errors come in another number.
it.each(cases.filter(([, name]) => name !== 'outputSize'))(
  'pipelined requests are answered whole though the %s has no %s',
  async (of, name) => {
    const change = setting(of, name, undefined)
    const onNode = await outcome(false, change, get() + get())
    const { text } = onNode.thrown.length === 0 ? await outcome(true, change, get() + get()) : onNode
    expect(text).toBe(onNode.text)
  },
)

it("a response whose 'close' the app emits before its end holds no pipelined request up", async () => {
  const { kit } = makeKit()
  const { port } = await serve((_req, res) => {
    setTimeout(() => res.emit('close'), 20)
    setTimeout(() => res.end('ok'), 40)
  }, kit.attach)
  const client = await RawClient.open({ port })
  client.write(get() + get())
  expect(await client.until(2)).toMatchObject([{ body: 'ok' }, { body: 'ok' }])
  await eventually(() => kit.connections()[0]?.state === 'idle', 'the idle connection')
  expect(kit.connections()).toMatchObject([{ requests: 2 }])
  client.close()
})

it("pipelined requests are answered though the app has removed all listeners for 'close'", async () => {
  const { kit } = makeKit()
  const { port } = await serve((_req, res) => {
    setImmediate(() => void res.removeAllListeners('close').end('ok'))
  }, kit.attach)
  const client = await RawClient.open({ port })
  client.write(get() + get() + get())
  expect(await client.until(3)).toMatchObject([{ body: 'ok' }, { body: 'ok' }, { body: 'ok' }])
  await eventually(() => kit.connections()[0]?.state === 'idle', 'the idle connection')
  expect(kit.connections()).toMatchObject([{ requests: 3 }])
  client.close()
})

// `assignSocket` tells of the turn there, and these classes let nobody write it.
it.each([
  ['a method that is not to be written', { value: ServerResponse.prototype.assignSocket }],
  ['an accessor', { get: () => ServerResponse.prototype.assignSocket }],
])("so they are where the app's class has %s in the place of assignSocket", async (_, descriptor) => {
  class Response extends ServerResponse {}
  Object.defineProperty(Response.prototype, 'assignSocket', descriptor)
  const { kit } = makeKit()
  const handler: RequestListener = (_req, res) => {
    setImmediate(() => void res.removeAllListeners('close').end('ok'))
  }
  const { port } = await serve(handler, kit.attach, false, { ServerResponse: Response as never })
  const client = await RawClient.open({ port })
  client.write(get() + get())
  expect(await client.until(2)).toMatchObject([{ body: 'ok' }, { body: 'ok' }])
  client.close()
})

describe('a response with a request that is none, as a class of the app gives it,', () => {
  const facades: Readonly<Record<string, (req: IncomingMessage) => unknown>> = {
    'a few of its fields': ({ method, url, headers }) => ({ method, url, headers }),
    'a copy': (req) => ({ ...req }),
    'a word': () => 'GET /',
  }

  it.each(Object.keys(facades))('%s: is answered as by plain Node', async (facade) => {
    class Response extends ServerResponse {
      constructor(req: IncomingMessage) {
        super(req)
        ;(this as unknown as Loose).req = facades[facade]!(req)
      }
    }
    const { kit } = makeKit()
    for (const attach of [() => {}, kit.attach]) {
      const handler: RequestListener = (_req, res) => setImmediate(() => void res.end('ok'))
      const { port } = await serve(handler, attach, false, { ServerResponse: Response as never })
      const client = await RawClient.open({ port })
      client.write(get() + get() + get('Connection: close\r\n'))
      expect(await client.until(3)).toMatchObject([{ body: 'ok' }, { body: 'ok' }, { body: 'ok' }])
      await client.end()
    }
    await eventually(() => kit.snapshot().connections.closed === 1, 'the closed connection')
    expect(kit.snapshot()).toMatchObject({
      connections: { reasons: { 'client-asked': 1 } },
      requests: { total: 3, answered: 3 },
    })
  })
})

function bound(target: object, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key)
  return typeof value === 'function' ? value.bind(target) : value
}

describe('an app may', () => {
  const handlers: Readonly<Record<string, (emit: (...args: unknown[]) => void) => RequestListener>> = {
    'emit a request again as a wrapper, and put it on the response': (emit) => (req, res) => {
      if ('wrapped' in req) return void res.end('ok')
      const wrapper = Object.assign(Object.create(req), { wrapped: true })
      ;(res as { req: unknown }).req = wrapper
      emit('request', wrapper, new Proxy(res, { get: (target, key) => bound(target, key) }))
    },
    'seal a response whose head is written': () => (_req, res) => {
      res.writeHead(200, { 'Content-Length': 2 })
      Object.preventExtensions(res)
      setTimeout(() => res.end('ok'), 10)
    },
    'send the head by an object that inherits from the response': () => (_req, res) => {
      Object.create(res).writeHead(200, { 'Content-Length': 2 })
      res.end('ok')
    },
  }

  it.each(Object.entries(handlers))('%s', async (_, make) => {
    const { port, server } = await serve(
      (req, res) => make((...args) => server.emit(...(args as [string])))(req, res),
      makeKit({ maxAge: 60_000 }).kit.attach,
    )
    const client = await RawClient.open({ port })
    client.write(get() + get())
    expect(await client.until(2)).toMatchObject([{ body: 'ok' }, { body: 'ok' }])
    client.close()
  })

  it.each([
    ['emit a request again by wrappers', false],
    ['wrap what it hands to the kit, pipelined requests too', true],
  ])('%s', async (_, outside) => {
    const { kit } = makeKit()
    const wrap = (of: unknown): object =>
      new Proxy(of as object, { get: (target, key) => bound(target, key) })
    const seen = new WeakSet<object>()
    const { port, server } = await serve(
      (req, res) => {
        if (outside || seen.has(req)) return void res.end('ok')
        const [request, response] = [wrap(req), wrap(res)]
        seen.add(request)
        server.emit('request', request as never, response as never)
      },
      (server) => {
        kit.attach(server)
        if (!outside) return
        const emit = server.emit.bind(server) as (...args: unknown[]) => boolean
        server.emit = (event: string, ...args: unknown[]) =>
          event === 'request' ? emit(event, ...args.map(wrap)) : emit(event, ...args)
      },
    )
    const client = await RawClient.open({ port })
    client.write(get() + get() + get())
    expect(await client.until(3)).toMatchObject([{ body: 'ok' }, { body: 'ok' }, { body: 'ok' }])
    await eventually(() => kit.connections()[0]?.state === 'idle', 'the idle connection')
    expect(kit.connections()).toMatchObject([{ requests: 3 }])
    client.close()
  })

  it('answer by a response of its own', async () => {
    const { kit } = makeKit()
    const { port } = await serve((req, res) => {
      const { socket } = req
      res.detachSocket(socket)
      const own = new ServerResponse(req)
      own.assignSocket(socket)
      own.on('finish', () => own.detachSocket(socket))
      own.end('ok')
    }, kit.attach)
    const client = await RawClient.open({ port })
    expect((await client.get()).body).toBe('ok')
    expect((await client.get()).body).toBe('ok')
    expect(kit.connections()).toMatchObject([{ requests: 2 }])
    client.close()
  })

  it('hand copies of its requests to the kit', async () => {
    const { kit } = makeKit()
    const { port, server } = await serve(
      (req, res) => void req.resume().on('end', () => res.end('ok')),
      (server) => {
        kit.attach(server)
        const emit = server.emit.bind(server) as (...args: unknown[]) => boolean
        server.emit = (event: string, ...[req, ...more]: unknown[]) =>
          emit(
            event,
            event === 'request' ? Object.assign(Object.create(Object.getPrototypeOf(req)), req) : req,
            ...more,
          )
      },
    )
    const client = await RawClient.open({ port })
    client.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi')
    expect(await client.until(1)).toMatchObject([{ body: 'ok' }])
    await eventually(() => kit.connections()[0]?.state === 'idle', 'the idle connection')
    client.close()
    server.closeAllConnections()
  })

  it('write on the socket itself after it has taken it from a response', async () => {
    const { kit } = makeKit({ maxRequests: 1 })
    const { port } = await serve((req, res) => {
      const { socket } = req
      res.writeHead(200, { 'Content-Length': 2 })
      res.flushHeaders()
      res.detachSocket(socket)
      res.emit('close')
      setTimeout(() => socket.end('ok'), 20)
    }, kit.attach)
    const client = await RawClient.open({ port })
    client.write(get())
    expect(await client.until(1)).toMatchObject([{ body: 'ok' }])
    client.close()
  })
})

// Its inner function is that of the kit: it must not be asked about again.
it.each(['drain', 'close'] as const)('a wrapper of writeHead() is called once at %s()', async (end) => {
  let called = 0
  let finish: (() => void) | undefined
  const { kit } = makeKit({ maxAge: 60_000, minIdle: 0 })
  const { port, server } = await serve((_req, res) => {
    const { writeHead } = res as { writeHead: (...args: unknown[]) => unknown }
    res.writeHead = function (this: ServerResponse, ...args: unknown[]) {
      called++
      return writeHead.apply(this, args)
    } as never
    finish = () => void res.end('ok')
  }, kit.attach)
  const client = await RawClient.open({ port })
  client.write(get())
  await eventually(() => finish !== undefined, 'the request')
  if (end === 'close') server.close()
  else void kit.drain({ timeout: 2_000 })
  // A drain asks whether the server is ready first.
  await sleep(50)
  finish!()
  expect(await client.until(1)).toMatchObject([{ body: 'ok', headers: { connection: 'close' } }])
  expect(called).toBe(1)
  client.close()
})

describe.each([
  ['attached', true],
  ['detached', false],
])('a request of a server that is %s', (_, attached) => {
  it('keeps its session to itself', async () => {
    let isRead = false
    const { kit } = makeKit()
    const { port, server } = await serve((req, res) => {
      Object.defineProperty(req, 'session', { get: () => (isRead = true) })
      kit(req, res)
      res.end(String(connectionOf(req)?.requests))
    }, kit.attach)
    if (!attached) kit.detach(server)
    const client = await RawClient.open({ port })
    expect((await client.get()).body).toBe(attached ? '1' : 'undefined')
    expect(isRead).toBe(false)
    client.close()
  })
})
