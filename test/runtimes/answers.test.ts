import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { RawClient } from '../support/raw.ts'
import { RuntimeServer, runtimeSides } from '../support/runtime.ts'
import { certificate } from '../support/tls.ts'
import { eventually } from '../support/within.ts'

const get = (path: string, head = ''): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n${head}\r\n`
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Length: ${body.length}\r\n\r\n${body}`

beforeAll(() => certificate())

// What the runtime does by itself it does with the kit on it.
describe.each(runtimeSides)('%s', (_, side) => {
  const { tls, isKit, runtime } = side

  const open = async (server: RuntimeServer): Promise<RawClient> => {
    const client = await RawClient.open({ port: server.port, tls })
    onTestFinished(() => client.close())
    return client
  }

  const set = async (): Promise<{ server: RuntimeServer; client: RawClient }> => {
    const server = await RuntimeServer.start(side)
    return { server, client: await open(server) }
  }

  it('answers one request after the other, and bodies', async () => {
    const { server, client } = await set()
    for (let i = 1; i <= 6; i++) expect(await client.get(`/${i}`)).toMatchObject({ body: `/${i}` })
    client.write(post('/whole', 'body'))
    expect((await client.until(7))[6]).toMatchObject({ body: '/whole body' })
    client.write(post('/parts', 'in two').slice(0, -4))
    await eventually(() => server.all('request').length === 8, 'the head')
    client.write(' two')
    expect((await client.until(8))[7]).toMatchObject({ body: '/parts in two' })
    client.write(post('/large', 'x'.repeat(1_000_000)))
    expect((await client.until(9))[8]).toMatchObject({ body: '/large 1000000' })
    // What the kit is not told of here, it says once.
    expect(server.all('warning')).toEqual(isKit && runtime === 'Bun' ? ['KEEPALIVE_NODE_CHANGED'] : [])
    expect(server.all('crash')).toEqual([])
  })

  it('answers what is pipelined, in its order, again and again', async () => {
    const { server, client } = await set()
    const bodies: string[] = []
    for (let i = 0; i < 4; i++) {
      client.write(get('/1') + post('/2', 'two') + get('/3'))
      bodies.push('/1', '/2 two', '/3')
      expect((await client.until(bodies.length)).map(({ body }) => body)).toEqual(bodies)
    }
    expect(server.all('crash')).toEqual([])
  })

  it('answers what is pipelined behind a slow response', async () => {
    const { server, client } = await set()
    client.write(get('/slow') + get('/2').repeat(300) + post('/3', 'last'))
    await server.next('request')
    server.send('release')
    const responses = await client.until(302)
    expect(responses[0]).toMatchObject({ body: 'slow' })
    expect(responses.at(-1)).toMatchObject({ body: '/3 last' })
  })

  it('reads a body on after its answer', async () => {
    const { server, client } = await set()
    client.write('POST /early HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhello')
    await client.until(1)
    client.write('world')
    expect(await server.next('read')).toBe(10)
    expect(await client.get('/2')).toMatchObject({ body: '/2' })
  })

  it('ends the connection of HTTP/1.0, and of a client that asks for it', async () => {
    const server = await RuntimeServer.start(side)
    for (const request of ['GET /1 HTTP/1.0\r\n\r\n', get('/1', 'Connection: close\r\n')]) {
      const client = await open(server)
      client.write(request)
      expect(await client.end()).toBe('FIN')
      expect(client.responses).toMatchObject([{ body: '/1' }])
    }
  })

  it('answers 100 Continue, and refuses what is no request', async () => {
    const { server, client } = await set()
    client.write('POST /1 HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n')
    await eventually(() => client.text.includes('100 Continue'), '100 Continue')
    client.write('hi')
    expect(await client.until(1)).toMatchObject([{ body: '/1 hi' }])
    const other = await open(server)
    other.write('NONSENSE\r\n\r\n')
    expect(await other.end()).toBe('FIN')
  })

  it('tells the app that a client has gone', async () => {
    const { server, client } = await set()
    client.write(get('/slow'))
    await server.next('request')
    client.close()
    expect(await server.next('responseClosed')).toBe('/slow')
    const other = await open(server)
    expect(await other.get('/2')).toMatchObject({ body: '/2' })
  })
})
