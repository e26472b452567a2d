import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, type ClientRequest, createServer, get, request as httpRequest } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer as createTlsServer, Agent as TlsAgent, get as tlsGet } from 'node:https'
import { type AddressInfo, connect as connectTcp, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, ProxyAgent, request, Agent as UndiciAgent } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { closedOf, ok, rawServer, rowOf, tracked } from '../support/outgoing.ts'
import { httpSender } from '../support/outgoing-clients.ts'
import { certificate } from '../support/tls.ts'
import { eventually, within } from '../support/within.ts'

const major = Number.parseInt(process.versions.node, 10)

async function listening(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Not `once()`, which an error rejects. */
const closeOf = (req: ClientRequest): Promise<void> => new Promise((done) => void req.on('close', done))

/** How a row stands, in short. */
const short = ({ connections, requests }: ReturnType<typeof rowOf>) => ({
  opened: connections.opened,
  failed: connections.failed,
  requests: requests.total,
  reused: requests.reused,
  lost: requests.lost,
})

describe('a request that is aborted', () => {
  it('before the connection is open counts as a failed attempt', async () => {
    const outgoing = tracked()
    // The name is never resolved.
    const req = get('http://slow.test/', { agent: new Agent(), lookup: () => {} }).on('error', () => {})
    req.on('socket', () => setImmediate(() => req.destroy()))
    await closeOf(req)
    const row = (): ReturnType<typeof rowOf> => rowOf(outgoing, 'http://slow.test')
    await eventually(() => row().connections.failed === 1, 'the failed attempt')
    expect(short(row())).toEqual({ opened: 0, failed: 1, requests: 0, reused: 0, lost: 0 })
  })

  it('while it waits for the response is counted, and closes the connection', async () => {
    const outgoing = tracked()
    const server = await rawServer(() => {})
    const { origin, sockets } = server
    const req = get(origin, { agent: new Agent({ keepAlive: true }) }).on('error', () => {})
    const aborted = new AbortController()
    const fetched = fetch(origin, { signal: aborted.signal }).catch(() => {})
    await eventually(() => sockets.size === 2, 'both connections')
    await eventually(() => rowOf(outgoing, origin).requests.total === 2, 'both requests')
    req.destroy()
    aborted.abort()
    await fetched
    const { connections, requests, idleGaps } = await closedOf(outgoing, origin, 2)
    expect(requests).toEqual({ total: 2, reused: 0, lost: 0 })
    expect(connections.closedBy).toEqual({ us: connections.closed, server: 0, network: 0 })
    expect(idleGaps.cutOff.count).toBe(0)
    // undici may open the next one at once.
    await eventually(() => rowOf(outgoing, origin).connections.opened === server.accepted, 'all connections')
  })

  it('in the middle of its body is counted from Node 22 on', async () => {
    const outgoing = tracked()
    const { origin, sockets } = await rawServer(() => {})
    const req = httpRequest(origin, { method: 'POST' }).on('error', () => {})
    req.write('half')
    await eventually(() => sockets.size === 1, 'the connection')
    await eventually(() => req.socket?.connecting === false, 'the connection')
    req.destroy()
    await closeOf(req)
    if (major < 22) return expect(() => rowOf(outgoing, origin)).toThrow('no row')
    expect(short(await closedOf(outgoing, origin, 1))).toMatchObject({ opened: 1, requests: 1 })
  })
})

it('does not take an upload for an idle gap', async () => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket, text) => void (text.includes('end') && socket.write(ok)))
  const agent = new Agent({ keepAlive: true })
  const upload = (): Promise<unknown> =>
    new Promise((done) => {
      const req = httpRequest(origin, { method: 'POST', agent }, (res) => res.resume().on('end', done))
      req.write('begin')
      setTimeout(() => req.end('end'), 300)
    })
  await upload()
  await upload()
  const { idleGaps } = rowOf(outgoing, origin)
  expect(idleGaps.reused.count).toBe(1)
  // On Node 20 a request with a body is seen when it has been written.
  if (major >= 22) expect(idleGaps.reused.sum).toBeLessThan(250)
  agent.destroy()
})

it('counts a request whose response comes before its own end once', async () => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket, text) => void (text.includes('begin') && socket.write(ok)))
  const agent = new Agent({ keepAlive: true })
  for (let i = 0; i < 2; i++)
    await new Promise((done) => {
      const req = httpRequest(origin, { method: 'POST', agent }, (res) => {
        res.resume()
        setTimeout(() => req.end('end'), 5)
      }).on('close', done)
      req.write('begin')
    })
  expect(short(rowOf(outgoing, origin))).toEqual({ opened: 1, failed: 0, requests: 2, reused: 1, lost: 0 })
  agent.destroy()
})

it('counts a request with Expect: 100-continue once', async () => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket, text) =>
    socket.write(text.includes('100-continue') ? 'HTTP/1.1 100 Continue\r\n\r\n' : ok),
  )
  const agent = new Agent({ keepAlive: true })
  for (let i = 0; i < 2; i++)
    await new Promise((done) => {
      const headers = { Expect: '100-continue', 'Content-Length': 4 }
      const req = httpRequest(origin, { method: 'PUT', agent, headers }, (res) =>
        res.resume().on('end', () => setImmediate(done)),
      )
      req.on('continue', () => req.end('body'))
    })
  expect(short(rowOf(outgoing, origin))).toEqual({ opened: 1, failed: 0, requests: 2, reused: 1, lost: 0 })
  agent.destroy()
})

it('counts each step of a redirect for its origin', async () => {
  const outgoing = tracked()
  const { origin: last } = await rawServer((socket) => socket.write(ok))
  const { origin: first } = await rawServer((socket) =>
    socket.write(`HTTP/1.1 302 Found\r\nLocation: ${last}/there\r\nContent-Length: 0\r\n\r\n`),
  )
  const { default: axios } = await import('axios')
  await (await fetch(first)).text()
  await axios.get(first)
  for (const origin of [first, last]) {
    expect(short(rowOf(outgoing, origin))).toMatchObject({ opened: 2, requests: 2 })
    expect(rowOf(outgoing, origin).via).toEqual({ http: 1, undici: 1 })
  }
})

it('names a refused origin, and counts its attempts', async () => {
  const outgoing = tracked()
  const { origin, server } = await rawServer(() => {})
  server.close()
  await once(server, 'close')
  await expect(fetch(origin)).rejects.toThrow()
  await expect(httpSender(origin, new Agent())('/')).rejects.toThrow('ECONNREFUSED')
  await eventually(() => rowOf(outgoing, origin).connections.failed === 2, 'both attempts')
  expect(short(rowOf(outgoing, origin))).toEqual({ opened: 0, failed: 2, requests: 0, reused: 0, lost: 0 })
})

it('counts a name that does not resolve as a failed attempt', async () => {
  const outgoing = tracked()
  const lookup = (_name: string, _options: unknown, done: (error: Error) => void): void =>
    done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }))
  const failed = new Promise((done) => {
    get('http://nowhere.test/', { lookup: lookup as never, agent: new Agent() }).on('error', done)
  })
  expect(await failed).toMatchObject({ code: 'ENOTFOUND' })
  await eventually(() => rowOf(outgoing, 'http://nowhere.test').connections.failed === 1, 'the attempt')
})

it('counts over a Unix socket', async () => {
  const outgoing = tracked()
  const folder = mkdtempSync(join(tmpdir(), 'outgoing-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const socketPath = join(folder, 'socket')
  await rawServer((socket) => socket.write(ok), socketPath)
  const agent = new Agent({ keepAlive: true })
  for (let i = 0; i < 2; i++)
    await new Promise((done) =>
      get({ socketPath, agent }, (res) => res.resume().on('end', () => setImmediate(done))),
    )
  expect(short(rowOf(outgoing, `unix:${socketPath}`))).toMatchObject({ opened: 1, requests: 2, reused: 1 })
  agent.destroy()
})

it('counts pipelined requests of undici', async () => {
  const outgoing = tracked()
  let asked = 0
  const { origin } = await rawServer((socket, text) => {
    asked += text.split('GET ').length - 1
    if (asked === 5) socket.write(ok.repeat(5))
  })
  const client = new Client(origin, { pipelining: 5 })
  const one = async (): Promise<string> =>
    (await client.request({ path: '/', method: 'GET', blocking: false })).body.text()
  await within(5_000, 'the responses', Promise.all(Array.from({ length: 5 }, one)))
  await eventually(() => rowOf(outgoing, origin).connections.states.idle === 1, 'an idle connection')
  expect(short(rowOf(outgoing, origin))).toEqual({ opened: 1, failed: 0, requests: 5, reused: 4, lost: 0 })
  expect(rowOf(outgoing, origin).idleGaps.reused.count).toBe(0)
  await client.close()
})

it('counts a WebSocket as an upgraded connection', async () => {
  const outgoing = tracked()
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  const port = await listening(server)
  const socket = new WebSocket(`ws://127.0.0.1:${port}`)
  await once(socket, 'open')
  const origin = outgoing.snapshot().origins[0]!.origin!
  expect(rowOf(outgoing, origin).connections.states).toEqual({ new: 0, active: 0, idle: 0, upgraded: 1 })
  socket.close()
  const { connections, idleGaps } = await closedOf(outgoing, origin, 1)
  expect(connections.closed).toBe(1)
  expect(idleGaps.cutOff.count + idleGaps.serverClosed.count).toBe(0)
  sockets.close()
})

it('counts an upgrade by undici as an upgraded connection, and a refused one as a request', async () => {
  const outgoing = tracked()
  const { origin } = await rawServer((socket, text) =>
    socket.write(
      text.includes('/yes') ? 'HTTP/1.1 101 OK\r\nConnection: upgrade\r\nUpgrade: own\r\n\r\n' : ok,
    ),
  )
  const client = new Client(origin)
  const { socket } = await client.upgrade({ path: '/yes', protocol: 'own' })
  expect(rowOf(outgoing, origin).connections.states).toEqual({ new: 0, active: 0, idle: 0, upgraded: 1 })
  socket.destroy()
  await closedOf(outgoing, origin, 1)
  await expect(client.upgrade({ path: '/no', protocol: 'own' })).rejects.toThrow()
  const { connections, idleGaps } = await closedOf(outgoing, origin, 2)
  expect(connections.states.upgraded).toBe(0)
  expect(idleGaps.cutOff.count + idleGaps.serverClosed.count).toBe(0)
  await client.destroy()
})

it('counts both connections through a proxy: to the proxy, and to the origin', async () => {
  const outgoing = tracked()
  const target = createTlsServer(await certificate(), (_req, res) => res.end('ok'))
  const port = await listening(target)
  const plain = await rawServer((socket) => socket.write(ok))
  let tunnels = 0
  const proxy = createServer().on('connect', (req, client) => {
    tunnels++
    const upstream = connectTcp(Number(req.url!.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(upstream).pipe(client)
    })
    for (const each of [client, upstream]) each.on('error', () => {})
  })
  const uri = `http://127.0.0.1:${await listening(proxy)}`
  const dispatcher = new ProxyAgent({ uri, proxyTunnel: true, requestTls: { rejectUnauthorized: false } })
  const origin = `https://127.0.0.1:${port}`
  for (let i = 0; i < 5; i++) await (await request(origin, { dispatcher })).body.text()
  expect(short(rowOf(outgoing, origin))).toMatchObject({ opened: tunnels, requests: 5, reused: 5 - tunnels })
  expect(rowOf(outgoing, uri).connections).toMatchObject({ opened: tunnels, states: { upgraded: tunnels } })
  // Without TLS the tunnel's socket itself serves the second connection.
  await (await request(plain.origin, { dispatcher })).body.text()
  expect(short(rowOf(outgoing, plain.origin))).toMatchObject({ opened: plain.accepted, requests: 1 })
  expect(short(rowOf(outgoing, uri))).toMatchObject({ opened: tunnels, requests: tunnels })
  await dispatcher.destroy()
  await closedOf(outgoing, origin, 1)
  await closedOf(outgoing, plain.origin, 1)
  await closedOf(outgoing, uri, tunnels)
})

it('counts https, and a failed handshake as a failed attempt', async () => {
  const outgoing = tracked()
  const server = createTlsServer(await certificate(), (_req, res) => res.end('ok'))
  const port = await listening(server)
  const agent = new TlsAgent({ keepAlive: true, rejectUnauthorized: false })
  for (let i = 0; i < 3; i++)
    await new Promise((done, failed) => {
      tlsGet({ port, host: '127.0.0.1', agent }, (res) =>
        res.resume().on('end', () => setImmediate(done)),
      ).on('error', failed)
    })
  const origin = `https://127.0.0.1:${port}`
  expect(short(rowOf(outgoing, origin))).toEqual({ opened: 1, failed: 0, requests: 3, reused: 2, lost: 0 })
  await expect(fetch(origin)).rejects.toThrow()
  const refused = new Promise((done) => tlsGet({ port, host: '127.0.0.1' }).on('error', done))
  expect(await refused).toBeInstanceOf(Error)
  await eventually(() => rowOf(outgoing, origin).connections.failed === 2, 'both attempts')
  expect(short(rowOf(outgoing, origin))).toMatchObject({ opened: 1, requests: 3 })
  agent.destroy()
})

it('counts an HTTP/2 connection of undici, and its requests', async () => {
  const outgoing = tracked()
  const server = createSecureServer({ ...(await certificate()), allowHTTP1: true })
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 })
    stream.end('ok')
  })
  const port = await listening(server as unknown as Server)
  const dispatcher = new UndiciAgent({
    allowH2: true,
    connections: 1,
    connect: { rejectUnauthorized: false },
  })
  const origin = `https://127.0.0.1:${port}`
  for (let i = 0; i < 3; i++) await (await request(origin, { dispatcher })).body.text()
  const together = async (): Promise<string> => (await request(origin, { dispatcher })).body.text()
  await Promise.all([together(), together(), together()])
  await eventually(() => rowOf(outgoing, origin).connections.states.idle === 1, 'an idle connection')
  expect(short(rowOf(outgoing, origin))).toEqual({ opened: 1, failed: 0, requests: 6, reused: 5, lost: 0 })
  await dispatcher.destroy()
  await closedOf(outgoing, origin, 1)
})

it('counts connections that were open before from their next request on', async () => {
  const { origin } = await rawServer((socket) => socket.write(ok))
  const agent = new Agent({ keepAlive: true })
  const dispatcher = new UndiciAgent({ connections: 1 })
  const send = async (): Promise<void> => {
    await httpSender(origin, agent)('/')
    await (await request(origin, { dispatcher })).body.text()
  }
  await send()
  const outgoing = tracked()
  await send()
  await send()
  expect(short(rowOf(outgoing, origin))).toEqual({ opened: 2, failed: 0, requests: 4, reused: 2, lost: 0 })
  agent.destroy()
  await dispatcher.close()
})
