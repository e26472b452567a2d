import { createServer, IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { openIdle, RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually, sleep, within } from '../support/within.ts'

const answer: RequestListener = (_req, res) => void res.end('ok')
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`

it('leaves no connection idle forever, although last looks were under way', { timeout: 20_000 }, async () => {
  const { kit, nextClosed } = makeKit({ keepAliveTimeout: 1_000, keepAliveTimeoutBuffer: 0, linger: 50 })
  const { port } = await serve(answer, (server) => {
    server.keepAliveTimeout = 300
    kit.attach(server)
  })
  const clients = await openIdle(port, 40)
  for (const { socket } of clients) socket.on('end', () => socket.end())
  await nextClosed()
  kit.detach()
  const open = () => clients.filter(({ ended }) => ended === undefined).length
  expect(open()).toBeGreaterThan(10)
  await eventually(
    () => open() === 0,
    () => `${open()} connections to be closed by Node`,
    8_000,
  )
})

it.each([50, 1_000])('passes %i pipelined requests to the app, and they are answered', async (count) => {
  const { kit } = makeKit()
  let release: () => void = () => {}
  const { port } = await serve((req, res) => {
    if (req.url === '/first') release = () => res.end('first')
    else res.end('ok')
  }, kit.attach)
  const client = await RawClient.open({ port })
  client.write(get('/first') + get('/').repeat(count))
  await eventually(() => kit.connections()[0]?.state === 'active', 'the first request')
  await sleep(50)
  kit.detach()
  release()
  await client.until(count + 1, 10_000)
  client.close()
})

it('passes the requests to the app only after detaching', async () => {
  const { kit } = makeKit()
  const seen: string[] = []
  const { port } = await serve((req) => void seen.push(req.url!), kit.attach)
  const client = await RawClient.open({ port })
  client.write(get('/1') + get('/2') + get('/3'))
  await eventually(() => seen.length === 1, 'the first request')
  kit.detach()
  expect(seen).toEqual(['/1'])
  expect(kit.snapshot().connections).toMatchObject({ open: 0, released: 1 })
  await eventually(() => seen.length === 3, 'the held requests')
  expect(seen).toEqual(['/1', '/2', '/3'])
  client.close()
})

it('between two pipelined requests leaves no state', async () => {
  const { kit } = makeKit()
  const { port } = await serve((req, res) => {
    if (req.url === '/1') res.on('close', () => kit.detach())
    res.end(req.url)
  }, kit.attach)
  const client = await RawClient.open({ port })
  client.write(get('/1') + get('/2') + get('/3'))
  const responses = await client.until(3)
  expect(responses.map(({ body }) => body).sort()).toEqual(['/1', '/2', '/3'])
  expect(kit.snapshot().connections.states).toMatchObject({ active: 0, idle: 0 })
  client.close()
})

it('another protocol can be read after 150 pipelined requests', async () => {
  const { kit } = makeKit()
  let read = ''
  const { port } = await serve(
    (_req, res) => void setTimeout(() => res.end('ok'), 20),
    (server) => {
      server.on('upgrade', (_req, socket) => {
        socket.on('data', (bytes: Buffer) => {
          read += bytes
        })
        socket.on('end', () => socket.end()).on('error', () => {})
      })
      kit.attach(server)
    },
  )
  const client = await RawClient.open({ port })
  client.write(get('/').repeat(150))
  client.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\n')
  await sleep(100)
  client.write('hello')
  await eventually(
    () => read === 'hello',
    () => `the bytes after the upgrade, got ${JSON.stringify(read)}`,
  )
  client.close()
})

it("keeps and restores a socket's own emit", async () => {
  const { kit } = makeKit()
  const seen: string[] = []
  let own: unknown
  let accepted: Socket | undefined
  const { port } = await serve(
    (req, res) => {
      kit(req, res)
      res.end('ok')
    },
    (server) => {
      server.on('connection', (socket: Socket) => {
        accepted = socket
        const emit = socket.emit as (this: Socket, event: string, ...args: unknown[]) => boolean
        own = function wrapped(this: Socket, event: string, ...args: unknown[]) {
          seen.push(event)
          return emit.call(this, event, ...args)
        }
        socket.emit = own as Socket['emit']
      })
    },
  )
  const client = await RawClient.open({ port })
  await client.get()
  expect(accepted!.emit).not.toBe(own)
  const { id } = kit.connections()[0]!
  client.socket.end()
  await eventually(() => seen.includes('close'), 'the close to be seen by the wrapper')
  expect(kit.timeline(id)!.at(-1)).toMatchObject({ event: 'closed', by: 'client' })
  const second = await RawClient.open({ port })
  await second.get()
  kit.detach()
  expect(accepted!.emit).toBe(own)
  second.close()
})

it('answers a request that is emitted again with a wrapped response', async () => {
  const { kit } = makeKit()
  const { server, port } = await serve((req, res) => {
    if (req.headers['x-again']) return void res.end('again')
    req.headers['x-again'] = '1'
    server.emit('request', req, new Proxy(res, { get: (target, key) => bound(target, key) }))
  }, kit.attach)
  const client = await RawClient.open({ port })
  expect((await client.get()).body).toBe('again')
  expect(kit.snapshot().requests.total).toBe(1)
  client.close()
})

function bound(target: object, key: string | symbol): unknown {
  const value = Reflect.get(target, key)
  return typeof value === 'function' ? value.bind(target) : value
}

it('ignores requests without a connection', async () => {
  const { kit } = makeKit()
  const handled: (string | undefined)[] = []
  const server = createServer((req) => void handled.push(req.url))
  server.on('upgrade', (req) => void handled.push(req.url))
  kit.attach(server)
  for (const socket of [undefined, { remoteAddress: '192.0.2.1' }]) {
    const req = new IncomingMessage(socket as unknown as Socket)
    req.url = '/injected'
    server.emit('request', req, new ServerResponse(req))
    server.emit('upgrade', req, socket, Buffer.alloc(0))
  }
  expect(handled).toEqual(Array(4).fill('/injected'))
  expect(kit.snapshot().connections.opened).toBe(0)
})

it('during a drain is in its report', async () => {
  const { kit } = makeKit({ minIdle: 0, linger: 50 })
  const { port } = await serve(answer, kit.attach)
  const clients = await openIdle(port, 10)
  const drained = kit.drain({ timeout: 5_000, spread: 1_000 })
  await sleep(100)
  kit.detach()
  const report = await within(3_000, 'the drain', drained)
  expect(report.released).toBeGreaterThan(0)
  for (const client of clients) client.close()
})
