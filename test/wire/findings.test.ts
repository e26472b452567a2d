import { type IncomingMessage, type RequestListener, request, type ServerResponse } from 'node:http'
import express from 'express'
import supertest from 'supertest'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { findTraffic } from '../../src/doctor/diagnose.ts'
import type { Finding, KeepAlive } from '../../src/index.ts'
import { makeKit } from '../support/kit.ts'
import { type Load, sendLoad } from '../support/load.ts'
import { openIdle, RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually } from '../support/within.ts'

/** The findings after all connections of a load have closed. */
async function findingsOf(handler: RequestListener, load: Load): Promise<Finding[]> {
  const { kit } = makeKit()
  const { port } = await serve(handler, kit.attach)
  await sendLoad(port, load)
  await eventually(() => kit.snapshot().connections.open === 0, 'the end of all connections')
  return quietly(kit)
}

function quietly(kit: KeepAlive): Finding[] {
  const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue()
  onTestFinished(() => warnings.mockRestore())
  return kit.diagnose()
}

const codesOf = (findings: readonly Finding[]): string[] => findings.map(({ code }) => code).sort()

const plain: RequestListener = (_req, res) => void res.end('ok')
const withLength: RequestListener = (_req, res) => void res.setHeader('Content-Length', 2).end('ok')

const get = 'GET / HTTP/1.1\r\nHost: test\r\n\r\n'
/** Like `ab -k`. */
const ab = 'GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: test\r\n\r\n'

describe('an app that closes connections', () => {
  it('by its own header is reported, and its clients are not', async () => {
    const found = await findingsOf((_req, res) => void res.setHeader('Connection', 'close').end('ok'), {
      connections: 60,
      request: get,
    })
    expect(found).toMatchObject([
      { code: 'KEEPALIVE_APP_CLOSES', evidence: { app: 60, header: 60, noLength: 0, socket: 0 } },
    ])
  })

  it('by the header of a backend, like http-proxy by default', async () => {
    const { port } = await serve(plain, () => {})
    const found = await findingsOf((req, res) => passOn(port, req, res), { connections: 60, request: get })
    expect(found).toMatchObject([{ code: 'KEEPALIVE_APP_CLOSES', evidence: { app: 60, header: 60 } }])
  })

  it('by a response without a length to ab -k is not reported as a load test without keep-alive', async () => {
    const found = await findingsOf(plain, { connections: 1_300, request: ab, concurrency: 20 })
    expect(found).toMatchObject([{ code: 'KEEPALIVE_APP_CLOSES', evidence: { app: 1_300, noLength: 1_300 } }])
  })

  it('by the socket', async () => {
    const handler: RequestListener = ({ socket }, res) => void res.end('ok', () => socket.destroy())
    const found = await findingsOf(handler, { connections: 60, request: get })
    expect(found).toMatchObject([{ code: 'KEEPALIVE_APP_CLOSES', evidence: { app: 60, socket: 60 } }])
  })
})

describe('a Keep-Alive header of the app', () => {
  it.each<[string, RequestListener]>([
    ['by setHeader', (_req, res) => void res.setHeader('Keep-Alive', 'timeout=300').end('ok')],
    [
      'by writeHead',
      (_req, res) => void res.writeHead(200, { 'keep-alive': 'max=5, timeout=300' }).end('ok'),
    ],
  ])('%s that says more than the server keeps is told', async (_, handler) => {
    const { kit } = makeKit({ keepAliveTimeout: 3_000 })
    const { port } = await serve(handler, kit.attach)
    await sendLoad(port, { connections: 6, requests: 3, request: get })
    expect(quietly(kit)).toMatchObject([
      { code: 'KEEPALIVE_APP_HINT', severity: 'warning', evidence: { responses: 12, most: 300_000 } },
    ])
  })

  it.each<[string, RequestListener]>([
    ['none', plain],
    ['the same', (_req, res) => void res.setHeader('Keep-Alive', 'timeout=65').end('ok')],
    ['only in its body', (_req, res) => void res.end('\r\nKeep-Alive: timeout=300\r\n')],
  ])('%s is well', async (_, handler) => {
    const { kit } = makeKit({ maxRequests: 100 })
    const { port } = await serve(handler, kit.attach)
    await sendLoad(port, { connections: 6, requests: 3, request: get })
    expect(kit.snapshot().appHints.responses).toBe(0)
    expect(quietly(kit)).toEqual([])
  })
})

/** http-proxy without an agent asks the backend to close, and passes its response on. */
function passOn(port: number, req: IncomingMessage, res: ServerResponse): void {
  const headers = { ...req.headers, connection: 'close' }
  request({ port, path: req.url, headers, agent: false }, (answer) => {
    for (const [name, value] of Object.entries(answer.headers)) res.setHeader(name, value!)
    res.writeHead(answer.statusCode!)
    answer.pipe(res)
  }).end()
}

describe('no finding if nothing is wrong', () => {
  it.each<[string, RequestListener, Load]>([
    ['ab -k where responses have a length', withLength, { connections: 20, requests: 30, request: ab }],
    ['wrk', plain, { connections: 8, requests: 60, request: get }],
  ])('%s', async (_, handler, load) => {
    expect(codesOf(await findingsOf(handler, load))).toEqual([])
  })
})

/** The snapshot of one minute later: findings about clients need a minute. */
function laterFindings(kit: KeepAlive): Finding[] {
  const snapshot = kit.snapshot()
  return findTraffic({ ...snapshot, since: snapshot.since - 60_000 }, kit.policy)
}

it('reports ab without -k as a load test, not as an app that closes', async () => {
  const request = 'GET / HTTP/1.0\r\nHost: test\r\n\r\n'
  const found = await findingsOf(plain, { connections: 1_300, request, concurrency: 20 })
  expect(codesOf(found)).toEqual(['KEEPALIVE_LOAD_WITHOUT_REUSE'])
})

describe('a client that opens a connection for each request', () => {
  const closing = 'GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n'

  it.each<[string, string, Partial<Load>]>([
    ['as nginx at its defaults', 'GET / HTTP/1.0\r\nHost: test\r\nConnection: close\r\n\r\n', {}],
    ['asking for the close', closing, {}],
    ['closing by FIN', get, {}],
    ['closing by RST', get, { resets: true }],
  ])('%s is told, with the cure', async (_, request, load) => {
    const { kit } = makeKit()
    const { port } = await serve(withLength, kit.attach)
    await sendLoad(port, { connections: 80, request, ...load })
    await eventually(() => kit.snapshot().connections.open === 0, 'the end of all connections')
    const found = laterFindings(kit)
    expect(found).toMatchObject([{ code: 'KEEPALIVE_CLIENT_NEVER_REUSES' }])
    expect(found[0]!.remedy).toContain('proxy_http_version 1.1, proxy_set_header Connection "" and keepalive')
  })

  it('is not reported if it is a health check', async () => {
    const { kit } = makeKit()
    const { port } = await serve(withLength, kit.attach)
    const request = closing.replace('Host', 'user-agent: kube-probe/1.31\r\nHost')
    await sendLoad(port, { connections: 80, request })
    await eventually(() => kit.snapshot().connections.open === 0, 'the end of all connections')
    expect(laterFindings(kit)).toEqual([])
    expect(kit.snapshot().clients.rows).toMatchObject([{ connections: 80, healthChecks: 80 }])
  })

  it('is not reported if some clients behind its address keep connections open', async () => {
    const { kit } = makeKit()
    const { port } = await serve(withLength, kit.attach)
    const clients = await openIdle(port, 80)
    expect(laterFindings(kit)).toEqual([])
    for (const client of clients) client.close()
  })

  it('is not reported if it upgrades', async () => {
    const { kit } = makeKit()
    const { port, server } = await serve(withLength, kit.attach)
    server.on('upgrade', (_req, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'))
    for (let i = 0; i < 80; i++) {
      const client = await RawClient.open({ port })
      await client.get()
      client.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\n')
      await client.end()
      client.close()
    }
    await eventually(() => kit.snapshot().connections.open === 0, 'the end of all connections')
    expect(laterFindings(kit)).toEqual([])
  })

  it('is not reported if supertest runs a server for each request', async () => {
    const { kit } = makeKit()
    const app = express().use(kit)
    app.get('/', (_req, res) => void res.send('ok'))
    for (let i = 0; i < 80; i++) await supertest(app).get('/')
    expect(quietly(kit)).toEqual([])
  })
})

it('counts requests of a pipelining client as dropped, not as sent after a close', async () => {
  const { kit } = makeKit({ maxRequests: 2 })
  const { port } = await serve((_req, res) => void setTimeout(() => res.end('ok'), 5), kit.attach)
  for (let i = 0; i < 6; i++) {
    const client = await RawClient.open({ port })
    client.write(get + get)
    await client.until(2)
    // It was in flight at the same time as the second response.
    client.write(get)
    await client.end()
    client.close()
  }
  await eventually(() => kit.snapshot().connections.open === 0, 'the end of all connections')
  expect(kit.snapshot().requests).toMatchObject({ total: 12, dropped: 6, late: 0, lateAfterClose: 0 })
  expect(laterFindings(kit)).toEqual([])
})

it('reports clients that send a request after the close', async () => {
  const { kit } = makeKit({ maxRequests: 1 })
  const { port } = await serve(plain, kit.attach)
  for (let i = 0; i < 6; i++) {
    const client = await RawClient.open({ port })
    await client.get()
    client.write(get)
    await client.end()
    client.close()
  }
  await eventually(() => kit.snapshot().connections.open === 0, 'the end of all connections')
  expect(laterFindings(kit)).toMatchObject([
    { code: 'KEEPALIVE_REQUESTS_AFTER_CLOSE', evidence: { lateAfterClose: 6 } },
  ])
})

it('counts the idle closes of a proxy that closes by RST', async () => {
  const { kit } = makeKit({
    behind: { proxy: 'haproxy', idleTimeout: 1_000 },
    keepAliveTimeout: 2_000,
    keepAliveTimeoutBuffer: 0,
  })
  const { port } = await serve(plain, kit.attach)
  const clients = await openIdle(port, 120)
  for (const client of clients.slice(0, 60)) client.reset()
  await Promise.all(clients.slice(60).map((client) => client.end()))
  for (const client of clients) client.close()
  await eventually(() => kit.snapshot().connections.open === 0, 'the end of all connections')
  const found = laterFindings(kit).filter(({ code }) => /PROXY_NEVER|SERVER_CLOSES/.test(code))
  expect(found).toMatchObject([
    { code: 'KEEPALIVE_SERVER_CLOSES_FIRST', evidence: { server: 60, client: 60 } },
  ])
})
