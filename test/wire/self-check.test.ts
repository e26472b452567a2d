import type { RequestListener, Server } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { openIdle, RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { collectWarnings } from '../support/warnings.ts'
import { eventually } from '../support/within.ts'

const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`
const post = (body: string): string =>
  `POST /post HTTP/1.1\r\nHost: test\r\nContent-Length: ${body.length}\r\n\r\n${body}`

const echo: RequestListener = (req, res) => {
  let body = ''
  req.setEncoding('latin1').on('data', (chunk) => {
    body += chunk
  })
  req.on('end', () => setImmediate(() => res.end(`${req.url} ${body}`.trim())))
}

type Name = 'setTimeout' | 'destroySoon'
const names: readonly Name[] = ['setTimeout', 'destroySoon']
type Own = (this: Socket, ...args: unknown[]) => unknown

/** A method that works like Node's, and calls no other one. */
const like = (name: Name): Own => {
  const own = Socket.prototype[name] as Own
  return function (...args) {
    return own.apply(this, args)
  }
}

interface Change {
  readonly name: string
  /** Before the kit has the socket; otherwise after. */
  readonly first: boolean
  /** Whether the end of a response can still be seen on the socket. */
  readonly tells: boolean
  readonly to: (socket: Socket) => void
}

const replace = (socket: Socket): void => {
  for (const name of names) Object.assign(socket, { [name]: like(name) })
}

const changes: readonly Change[] = [
  { name: 'methods of the app, before the kit', first: true, tells: true, to: replace },
  { name: 'methods of the app, after the kit', first: false, tells: false, to: replace },
  {
    name: 'methods that cannot be replaced',
    first: true,
    tells: false,
    to(socket) {
      for (const name of names) Object.defineProperty(socket, name, { value: like(name) })
    },
  },
  {
    name: 'methods that Node does not call where the kit stands',
    first: true,
    tells: false,
    to(socket) {
      for (const name of names) Object.defineProperty(socket, name, { get: () => like(name), set: () => {} })
    },
  },
]

function change(server: Server, tls: boolean, { first, to }: Change): void {
  const accepted = tls ? 'secureConnection' : 'connection'
  if (!first) {
    server.on(accepted, to)
    return
  }
  const { emit } = server
  server.emit = (event: string, ...args: unknown[]) => {
    if (event === accepted) to(args[0] as Socket)
    return Reflect.apply(emit, server, [event, ...args])
  }
}

const cases = changes.flatMap((made) =>
  [false, true].map((tls) => ({ made, tls, title: `${made.name}, over ${tls ? 'https' : 'http'}` })),
)

describe.each(cases)('$title', ({ made, tls }) => {
  const set = async (options: Parameters<typeof makeKit>[0] = {}, handler = echo) => {
    const warnings = collectWarnings()
    const test = makeKit(options)
    const { port } = await serve(
      handler,
      (server) => {
        test.kit.attach(server as Server)
        change(server as Server, tls, made)
      },
      tls,
    )
    return { ...test, port, warned: () => warnings.map(({ code }) => code) }
  }

  it('counts and answers one request after the other', async () => {
    const { kit, port, nextClosed, warned } = await set()
    const client = await RawClient.open({ port, tls })
    for (let i = 1; i <= 5; i++) {
      expect(await client.get(`/${i}`)).toMatchObject({ status: 200, body: `/${i}` })
      await eventually(() => kit.connections()[0]?.state === 'idle', 'the end of the response')
    }
    client.write(post('body'))
    expect((await client.until(6))[5]).toMatchObject({ body: '/post body' })
    await eventually(() => kit.snapshot().requests.answered === 6, 'the last end')
    client.close()
    expect(await nextClosed()).toMatchObject({ requests: 6, reason: 'client-idle', closedBy: 'client' })
    expect(kit.snapshot()).toMatchObject({
      requests: { total: 6, answered: 6, reused: 5, dropped: 0 },
      connections: { opened: 1, open: 0 },
    })
    expect(warned()).toEqual(made.tells ? [] : ['KEEPALIVE_NODE_CHANGED'])
  })

  it('answers pipelined requests in order', async () => {
    const { kit, port, warned } = await set()
    const client = await RawClient.open({ port, tls })
    const bodies = []
    for (let i = 0; i < 4; i++) {
      client.write(get('/1') + post('two') + get('/3'))
      bodies.push('/1', '/post two', '/3')
      expect((await client.until(bodies.length)).map(({ body }) => body)).toEqual(bodies)
    }
    await eventually(() => kit.snapshot().requests.answered === 12, 'the last end')
    expect(kit.snapshot().requests).toMatchObject({ total: 12, answered: 12, dropped: 0 })
    expect(warned()).toEqual(made.tells ? [] : ['KEEPALIVE_NODE_CHANGED'])
    client.close()
  })

  it('keeps the cap, and executes no request after it', async () => {
    const ran: string[] = []
    const handler: RequestListener = (req, res) => {
      ran.push(req.url!)
      echo(req, res)
    }
    const { kit, port, nextClosed } = await set({ maxRequests: 3 }, handler)
    const slow = await RawClient.open({ port, tls })
    for (let i = 1; i <= 3; i++)
      expect((await slow.get(`/${i}`)).headers.connection).toBe(i < 3 ? 'keep-alive' : 'close')
    expect(await slow.end()).toBe('FIN')
    slow.close()
    expect(await nextClosed()).toMatchObject({ requests: 3, reason: 'max-requests' })
    const quick = await RawClient.open({ port, tls })
    quick.write(get('/4') + get('/5') + get('/6') + get('/7') + get('/8'))
    expect(await quick.end()).toBe('FIN')
    quick.close()
    expect(quick.responses.map(({ body }) => body)).toEqual(['/4', '/5', '/6'])
    expect(await nextClosed()).toMatchObject({ requests: 3, dropped: 2, reason: 'max-requests' })
    expect(ran).toEqual(['/1', '/2', '/3', '/4', '/5', '/6'])
    expect(kit.snapshot().requests).toMatchObject({ total: 6, answered: 6 })
  })

  it('closes the connection if the client, HTTP/1.0 or the app asks for it', async () => {
    const { port, closed } = await set({}, (req, res) => {
      if (req.url === '/app') res.setHeader('Connection', 'close')
      res.end()
    })
    for (const request of [
      'GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n',
      'GET / HTTP/1.0\r\n\r\n',
      get('/app'),
    ]) {
      const client = await RawClient.open({ port, tls })
      client.write(request)
      expect(await client.end()).toBe('FIN')
      expect(client.responses).toHaveLength(1)
      client.close()
    }
    await eventually(() => closed.length === 3, 'three closed records')
    expect(closed.map(({ reason }) => reason)).toEqual(['client-asked', 'client-asked', 'app'])
  })

  it('closes idle connections at the timeout', async () => {
    const { port, nextClosed } = await set({ keepAliveTimeout: 200, keepAliveTimeoutBuffer: 0, linger: 20 })
    const [client] = await openIdle(port, 1, tls)
    client!.socket.on('end', () => client!.socket.end())
    expect(await nextClosed()).toMatchObject({ reason: 'idle-timeout', requests: 1 })
  })

  it('evicts, and drains', async () => {
    const { kit, port, closed } = await set({ maxIdle: 2, minIdle: 0, linger: 20 })
    const clients = await openIdle(port, 5, tls)
    for (const { socket } of clients) socket.on('end', () => socket.end())
    await eventually(
      () => closed.length === 3,
      () => `3 evictions, ${closed.length} came`,
    )
    expect(closed.map(({ reason }) => reason)).toEqual(['evicted', 'evicted', 'evicted'])
    expect(await kit.drain({ timeout: 1_500, spread: 0 })).toMatchObject({ closedIdle: 2, late: 0 })
    for (const client of clients) expect(client.ended).toBe('FIN')
    expect(kit.snapshot().connections).toMatchObject({ opened: 5, open: 0 })
  })
})
