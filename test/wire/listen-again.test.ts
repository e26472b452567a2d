import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { beforeAll, describe, expect, it } from 'vitest'
import type { KeepAlive } from '../../src/index.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { listen, serve } from '../support/server.ts'
import { certificate } from '../support/tls.ts'
import { eventually, within } from '../support/within.ts'

const answer: RequestListener = (_req, res) => void res.end('ok')

function close(server: Server): Promise<void> {
  return within(2_000, 'the server to close', new Promise<void>((done) => server.close(() => done())))
}

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_, tls) => {
  let pems: { key: string; cert: string }
  beforeAll(async () => {
    pems = await certificate()
  })

  const make = (handler: RequestListener): Server =>
    tls ? (createTlsServer(pems, handler) as Server) : createServer(handler)

  const makeAttached = (kit: KeepAlive): Server => {
    const server = make(answer)
    kit.attach(server)
    return server
  }

  async function ask(port: number): Promise<RawClient> {
    const client = await RawClient.open({ port, tls })
    await client.get()
    return client
  }

  async function useOnce(server: Server): Promise<void> {
    const client = await ask(await listen(server))
    client.close()
    await close(server)
  }

  it('diagnose() examines the servers that are not closed', async () => {
    const { kit } = makeKit()
    const all = await Promise.all([1, 2, 3].map(() => serve(answer, kit.attach, tls)))
    for (const { server } of all) server.keepAliveTimeout = 4_000
    const messages = (): string[] =>
      kit.diagnose().flatMap(({ code, message }) => (code === 'KEEPALIVE_TIMEOUT_CHANGED' ? [message] : []))
    expect(messages()).toHaveLength(3)
    const [first, second, last] = all
    await close(first!.server)
    await close(second!.server)
    expect(messages()).toEqual([expect.stringContaining(`port ${last!.port} `)])
    await listen(first!.server)
    expect(messages()).toHaveLength(2)
  })

  it('diagnose() examines a server that does not listen yet', async () => {
    const { kit } = makeKit()
    makeAttached(kit).keepAliveTimeout = 4_000
    expect(kit.diagnose().map(({ code }) => code)).toContain('KEEPALIVE_TIMEOUT_CHANGED')
  })

  it.each<[string, (kit: KeepAlive) => Server]>([
    ['attached', makeAttached],
    ['mounted', (kit) => make((req, res) => kit(req, res, () => answer(req, res as never)))],
  ])('a server that listens again has the %s kit again', async (_, serverWith) => {
    const { kit, nextClosed } = makeKit({ maxRequests: 2 })
    const server = serverWith(kit)
    await useOnce(server)
    expect(await nextClosed()).toMatchObject({ requests: 1 })
    const client = await ask(await listen(server))
    expect(client.responses[0]!.headers['keep-alive']).toMatch(/^timeout=65\b/)
    expect(kit.connections()).toMatchObject([{ requests: 1, state: 'idle' }])
    expect((await client.get()).headers.connection).toBe('close')
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ requests: 2, reason: 'max-requests', closedBy: 'server' })
    expect(kit.snapshot().connections).toMatchObject({ opened: 2, closed: 2, open: 0 })
    await close(server)
  })

  it('detach() restores a closed server', async () => {
    const { kit } = makeKit()
    const server = make(answer)
    const { keepAliveTimeout, headersTimeout } = server
    kit.attach(server)
    await useOnce(server)
    await eventually(() => kit.connections().length === 0, 'the close')
    kit.detach()
    expect(server).toMatchObject({ keepAliveTimeout, headersTimeout })
    await useOnce(server)
    expect(kit.snapshot().connections.opened).toBe(1)
  })
})
