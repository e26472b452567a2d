import { expect, it } from 'vitest'
import { connectionOf } from '../../src/index.ts'
import { listenH2, makeH2Server, serveH2 } from '../support/h2-server.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { numbersAddUp } from '../support/sums.ts'
import { eventually } from '../support/within.ts'

const options = { allowHTTP1: true }

it('advertises the idle timeout, counts, and sends max= until the cap', async () => {
  const { kit, nextClosed } = makeKit({ maxRequests: 3, linger: 50 })
  const { port } = await serveH2(
    (req, res) => void res.end(String(connectionOf(req)?.requests)),
    kit.attach,
    true,
    options,
  )
  const client = await RawClient.open({ port, tls: true })
  const first = await client.get()
  expect(first).toMatchObject({ body: '1', headers: { 'keep-alive': 'timeout=65, max=2' } })
  expect(kit.connections()).toMatchObject([{ protocol: '1.1', tls: 'TLSv1.3', state: 'idle' }])
  await client.get()
  expect((await client.get()).headers.connection).toBe('close')
  expect(await nextClosed()).toMatchObject({ requests: 3, reason: 'max-requests', protocol: '1.1' })
})

it('closes an idle connection by FIN, with a last look and linger', async () => {
  const { kit, nextClosed } = makeKit({ keepAliveTimeout: 350, keepAliveTimeoutBuffer: 50, linger: 50 })
  let block = 0
  const { port } = await serveH2(
    (_req, res) => {
      res.end('ok')
      const until = performance.now() + block
      while (performance.now() < until);
    },
    kit.attach,
    true,
    options,
  )
  const client = await RawClient.open({ port, tls: true })
  const other = await RawClient.open({ port, tls: true })
  await client.get()
  block = 800
  // The loop is blocked for longer than the idle timeout of the first one, whose next request waits in the kernel.
  other.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  await new Promise((done) => setTimeout(done, 20))
  block = 0
  expect((await client.get()).body).toBe('ok')
  await eventually(() => client.ended === 'FIN', 'the FIN')
  expect(await nextClosed()).toMatchObject({ reason: 'idle-timeout' })
  expect(kit.snapshot().requests.late).toBe(0)
  other.close()
})

it('drops requests that are pipelined after a closing response', async () => {
  const { kit } = makeKit({ maxRequests: 1 })
  const paths: string[] = []
  const { port } = await serveH2(
    (req, res) => {
      paths.push(req.url)
      res.end('ok')
    },
    kit.attach,
    true,
    options,
  )
  const client = await RawClient.open({ port, tls: true })
  client.write('GET /1 HTTP/1.1\r\nHost: test\r\n\r\nGET /2 HTTP/1.1\r\nHost: test\r\n\r\n')
  await eventually(() => client.ended === 'FIN', 'the FIN')
  expect(paths).toEqual(['/1'])
  expect(kit.snapshot().requests).toMatchObject({ total: 1, dropped: 1 })
})

it('drains, and counts failed handshakes', async () => {
  const { kit, closed } = makeKit({ linger: 50 })
  const { port } = await serveH2((_req, res) => void res.end('ok'), kit.attach, true, options)
  const client = await RawClient.open({ port, tls: true })
  await client.get()
  const plain = await RawClient.open({ port })
  plain.write('GET / HTTP/1.1\r\n\r\n')
  await eventually(() => closed.length === 1, 'the failed handshake')
  expect(closed[0]).toMatchObject({ requests: 0, reason: 'error' })
  expect(await kit.drain({ timeout: 900 })).toMatchObject({ closedIdle: 1, late: 0 })
  expect(closed[1]).toMatchObject({ requests: 1, reason: 'drain' })
  numbersAddUp(kit)
})

it('restores the timeouts', async () => {
  const server = await makeH2Server((_req, res) => void res.end('ok'), true, options)
  const names = ['keepAliveTimeout', 'keepAliveTimeoutBuffer', 'headersTimeout', 'requestTimeout']
  const portrait = (): unknown[] =>
    names.map((name) => [Object.hasOwn(server, name), (server as never)[name]])
  const before = portrait()
  const { kit } = makeKit()
  kit.attach(server)
  expect(server).toMatchObject({ keepAliveTimeout: 65_000, headersTimeout: 66_000 })
  kit.detach()
  expect(portrait()).toEqual(before)
  kit.attach(server)
  const client = await RawClient.open({ port: await listenH2(server), tls: true })
  expect((await client.get()).headers['keep-alive']).toBe('timeout=65')
  client.close()
})

it('sets no timeouts on servers without HTTP/1.1', async () => {
  for (const tls of [false, true]) {
    const server = await makeH2Server(undefined, tls)
    const before = Object.keys(server)
    const { kit } = makeKit()
    kit.attach(server)
    expect(Object.keys(server)).toEqual(before)
    expect(kit.diagnose().filter(({ severity }) => severity !== 'info')).toEqual([])
  }
})
