import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { KeepAliveOptions } from '../../src/index.ts'
import { endWithServer, nothingForced } from '../support/drains.ts'
import { openIdle, RawClient } from '../support/raw.ts'
import { RuntimeServer, runtimeKitSides } from '../support/runtime.ts'
import { certificate } from '../support/tls.ts'
import { eventually } from '../support/within.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`

beforeAll(() => certificate())

describe.each(runtimeKitSides)('%s', (_, side) => {
  const { tls, runtime } = side

  const open = async (server: RuntimeServer): Promise<RawClient> => {
    const client = endWithServer(await RawClient.open({ port: server.port, tls }))
    onTestFinished(() => client.close())
    return client
  }

  const set = async (
    options: KeepAliveOptions = {},
  ): Promise<{ server: RuntimeServer; client: RawClient }> => {
    const server = await RuntimeServer.start(side, options)
    return { server, client: await open(server) }
  }

  it('counts all', async () => {
    const { server, client } = await set()
    for (let i = 1; i <= 4; i++) await client.get(`/${i}`)
    client.write(get('/5') + get('/6'))
    await client.until(6)
    expect((await server.look()).open).toMatchObject([{ requests: 6, remoteAddress: '127.0.0.1' }])
    client.close()
    expect(await server.next('closed')).toMatchObject({
      requests: 6,
      reused: 5,
      reason: 'client-idle',
      closedBy: 'client',
      remoteAddress: '127.0.0.1',
    })
    expect((await server.look()).snapshot).toMatchObject({
      requests: { total: 6, answered: 6, reused: 5, dropped: 0, late: 0 },
      connections: { opened: 1, open: 0 },
    })
  })

  it('keeps the cap, and says how many requests are left', async () => {
    const { server, client } = await set({ maxRequests: 3 })
    for (let i = 1; i <= 3; i++) await client.get(`/${i}`)
    expect(await client.end()).toBe('FIN')
    expect(client.responses.map(({ headers }) => headers['keep-alive'] ?? headers.connection)).toEqual([
      'timeout=65, max=2',
      'timeout=65, max=1',
      'close',
    ])
    expect(await server.next('closed')).toMatchObject({ requests: 3, reason: 'max-requests' })
  })

  it('executes nothing behind the cap', async () => {
    const { server, client } = await set({ maxRequests: 3 })
    client.write(['/1', '/2', '/3', '/4', '/5'].map(get).join(''))
    expect(await client.end()).toBe('FIN')
    expect(client.responses.map(({ body }) => body)).toEqual(['/1', '/2', '/3'])
    expect(server.all('request')).toEqual(['/1', '/2', '/3'])
    // Bun drops them by itself, and tells of none.
    expect(await server.next('closed')).toMatchObject({ requests: 3, dropped: runtime === 'Bun' ? 0 : 2 })
  })

  it('reads the body of the last request to its end', async () => {
    const { server, client } = await set({ maxRequests: 1 })
    client.write('POST /early HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhello')
    await client.until(1)
    client.write('world')
    expect(await server.next('read')).toBe(10)
    expect(await client.end()).toBe('FIN')
  })

  it('closes what is idle', async () => {
    const { server, client } = await set({ keepAliveTimeout: 300, keepAliveTimeoutBuffer: 0, linger: 20 })
    for (let i = 1; i <= 3; i++) await client.get(`/${i}`)
    expect(await client.end()).toBe('FIN')
    expect(await server.next('closed')).toMatchObject({ requests: 3, reason: 'idle-timeout' })
  })

  it('evicts those that waited longest', async () => {
    const server = await RuntimeServer.start(side, { maxIdle: 1, minIdle: 0, linger: 20 })
    const clients = (await openIdle(server.port, 3, tls)).map(endWithServer)
    await eventually(() => server.all('closed').length === 2, 'two evictions')
    expect(server.all('closed').map(({ reason }) => reason)).toEqual(['evicted', 'evicted'])
    expect(clients[2]!.ended).toBeUndefined()
    for (const client of clients) client.close()
  })

  it('drains: what is under way is answered, and what comes by a connection used recently', async () => {
    const { server, client: recent } = await set()
    const slow = await open(server)
    await recent.get('/1')
    slow.write(get('/slow'))
    await eventually(() => server.all('request').length === 2, 'both requests')
    server.send('drain')
    await server.next('draining')
    expect(await recent.get('/2')).toMatchObject({ body: '/2', headers: { connection: 'close' } })
    server.send('release')
    expect(await slow.until(1)).toMatchObject([{ body: 'slow', headers: { connection: 'close' } }])
    expect(await server.next('report')).toMatchObject({ answered: 2, late: 0, forced: nothingForced })
    expect([await recent.end(), await slow.end()]).toEqual(['FIN', 'FIN'])
    expect(server.all('crash')).toEqual([])
  })

  it('drains what waits', async () => {
    const { server, client } = await set()
    await client.get('/1')
    server.send('drain')
    expect(await server.next('report')).toMatchObject({ closedIdle: 1, late: 0, forced: nothingForced })
    expect(await server.next('closed')).toMatchObject({ reason: 'drain' })
  })

  it('closes at once when the app closes its server', async () => {
    const { server, client } = await set()
    client.write(get('/slow'))
    await server.next('request')
    const other = await open(server)
    await other.get('/1')
    server.send('close')
    await other.end()
    server.send('release')
    expect(await client.until(1)).toMatchObject([{ body: 'slow' }])
    await server.next('serverClosed', 4_000)
  })

  it('counts a client that goes in the middle of a request, and what it had pipelined', async () => {
    const { server, client } = await set()
    client.write(get('/slow') + get('/2').repeat(150))
    await server.next('request')
    client.close()
    expect(await server.next('closed')).toMatchObject({ requests: 1, dropped: 150, closedBy: 'client' })
    expect(server.all('request')).toEqual([])
  })
})
