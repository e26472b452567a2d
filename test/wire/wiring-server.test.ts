import { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server, Socket } from 'node:net'
import express from 'express'
import Fastify from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type KeepAlive, keepAlive } from '../../src/index.ts'
import { ask, makePage } from '../support/page.ts'
import { RawClient } from '../support/raw.ts'
import { listen, serve, stop } from '../support/server.ts'
import { collectWarnings } from '../support/warnings.ts'
import { within } from '../support/within.ts'

/** An accepted socket of a server without HTTP. */
async function acceptedSocket(): Promise<Socket> {
  const server: Server = createServer()
  onTestFinished(() => void server.close())
  const accepted = new Promise<Socket>((done) => server.once('connection', done))
  const client = await RawClient.open({ port: await listen(server as never) })
  const socket = await within(5_000, 'the connection', accepted)
  onTestFinished(() => {
    client.close()
    socket.destroy()
  })
  return socket
}

/** Lets a kit see a request with this socket; true if it passed the request on. */
function passes(kit: KeepAlive, socket: unknown): boolean {
  const req = new IncomingMessage(socket as Socket)
  Object.assign(req, { httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 })
  let passed = false
  kit(req, new ServerResponse(req), () => {
    passed = true
  })
  return passed
}

describe('a request whose socket has no server', () => {
  it('is passed on, with one warning', async () => {
    const told = collectWarnings()
    const socket = await acceptedSocket()
    // The code that emitted the bytes did not name a server.
    Object.assign(socket, { server: null })
    const kit = keepAlive()
    expect([passes(kit, socket), passes(kit, socket)]).toEqual([true, true])
    expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_NO_SERVER'])
    expect(told[0]!.text).toContain('connections.attach(server)')
  })

  it('is passed on without a warning if the socket is fake, as in tests', async () => {
    const told = collectWarnings()
    for (const socket of [undefined, null, {}, new Socket()]) expect(passes(keepAlive(), socket)).toBe(true)
    const app = Fastify()
    const kit = keepAlive()
    app.addHook('onRequest', (request, reply, done) => kit(request.raw, reply.raw, done as () => void))
    app.get('/', async () => 'app')
    onTestFinished(() => app.close())
    expect((await app.inject('/')).body).toBe('app')
    expect(told).toEqual([])
  })
})

describe('a kit without a server', () => {
  const codes = (kit: KeepAlive): string[] =>
    kit.diagnose().map(({ severity, code }) => `${severity} ${code}`)

  it('is a finding while it is mounted after the routes, until it gets a request', async () => {
    const told = collectWarnings()
    const kit = keepAlive()
    const app = express()
    app.get('/', (_req, res) => void res.send('ok'))
    app.use(kit)
    const { port } = await serve(app, () => {})
    const client = await RawClient.open({ port })
    expect((await client.get()).body).toBe('ok')
    expect(codes(kit)).toEqual(['error KEEPALIVE_NOT_ATTACHED'])
    expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_NOT_ATTACHED'])
    expect(told[0]!.text).toContain('app.use(connections) before the routes')
    expect(told[0]!.text).toContain('connections.attach(server)')
    expect((await client.get('/missing')).status).toBe(404)
    expect(codes(kit)).toEqual([])
    client.close()
  })

  it('is not a finding if it has had a server', async () => {
    collectWarnings()
    const kit = keepAlive()
    const { server } = await serve(() => {}, kit.attach)
    expect(codes(kit)).toEqual([])
    await stop(server)
    expect(codes(kit)).toEqual([])
    kit.detach()
    expect(codes(kit)).toEqual([])
  })

  it('is shown on the dashboard', async () => {
    const told = collectWarnings()
    const page = makePage(keepAlive(), { path: '/keepalive' })
    const { port } = await serve(
      (req, res) => page(req, res, () => res.end('app')),
      () => {},
    )
    const { findings } = JSON.parse((await ask(port, '/keepalive/report.json')).body)
    expect(findings).toMatchObject([{ code: 'KEEPALIVE_NOT_ATTACHED', severity: 'error' }])
    expect((await ask(port, '/keepalive/KEEPALIVE_NOT_ATTACHED.html')).body).toContain('app.use(connections)')
    expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_NOT_ATTACHED'])
  })
})
