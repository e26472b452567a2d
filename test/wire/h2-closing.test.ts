import { describe, expect, it } from 'vitest'
import { Kit } from '../../src/kit/kit.ts'
import { resolvePolicy } from '../../src/policy/policy.ts'
import { H2Client } from '../support/h2.ts'
import { flag, frame, requestHead } from '../support/h2-frames.ts'
import { type H2Handler, listenH2, makeH2Server, serveH2 } from '../support/h2-server.ts'
import { makeKit } from '../support/kit.ts'
import { numbersAddUp } from '../support/sums.ts'
import { eventually, sleep, within } from '../support/within.ts'

const answer: H2Handler = (_req, res) => void res.end('ok')
const slow: H2Handler = (_req, res) => void setTimeout(() => res.end('ok'), 150)

/** Keeps the event loop busy. */
function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

describe.each([
  ['h2c', false],
  ['h2', true],
])('over %s', (_, tls) => {
  it('an idle session ends by GOAWAY and FIN; PINGs do not keep it', async () => {
    const { kit, nextClosed } = makeKit({ keepAliveTimeout: 150, keepAliveTimeoutBuffer: 50 })
    const { port } = await serveH2(answer, kit.attach, tls)
    const client = await H2Client.open({ port, tls })
    const last = client.ask()
    await client.answer(last)
    const pings = setInterval(() => client.ping(), 20)
    expect(await client.untilGoaway()).toEqual({ last, code: 0 })
    clearInterval(pings)
    expect(await client.untilEnd()).toBe('FIN')
    expect(client.frames.some(({ name, flags }) => name === 'PING' && flags === 1)).toBe(true)
    const closed = await nextClosed()
    expect(closed).toMatchObject({ reason: 'idle-timeout', closedBy: 'server' })
    expect(closed.idleAtClose).toBeGreaterThanOrEqual(199)
    const lines = kit.timeline(closed.id)!.map(({ event, by, detail }) => [event, by, detail])
    expect(lines).toContainEqual(['goaway', 'server', `idle-timeout (last stream ${last})`])
    numbersAddUp(kit)
  })

  it('a session with a stream under way is never idle', async () => {
    const { kit } = makeKit({ keepAliveTimeout: 50, keepAliveTimeoutBuffer: 0 })
    const { port } = await serveH2(slow, kit.attach, tls)
    const client = await H2Client.open({ port, tls })
    const [one] = client.askAtOnce(1)
    await sleep(100)
    const two = client.ask()
    expect(await client.answer(one!)).toBe(200)
    expect(client.goaways).toEqual([])
    expect(await client.answer(two)).toBe(200)
    expect(await client.untilGoaway()).toMatchObject({ last: two })
    expect(kit.snapshot().requests).toMatchObject({ total: 2, answered: 2, concurrent: 1 })
  })

  it('a request that waits in the kernel while the loop is blocked is answered', async () => {
    const { kit } = makeKit({ keepAliveTimeout: 800, keepAliveTimeoutBuffer: 0 })
    const { port } = await serveH2(answer, kit.attach, tls)
    const client = await H2Client.open({ port, tls })
    await client.get()
    // The bytes are written now, but read only after the idle timeout.
    const { stream, bytes } = client.head()
    await new Promise<void>((sent) => client.socket.write(bytes, () => sent()))
    block(1_000)
    expect(await client.answer(stream)).toBe(200)
    expect(client.goaways).toEqual([])
  })

  it('a client that never closes its side is dropped after linger', async () => {
    const { kit, nextClosed } = makeKit({ maxRequests: 1, linger: 100 })
    const { port } = await serveH2(answer, kit.attach, tls)
    const client = await H2Client.open({ port, tls, neverCloses: true })
    expect(await client.get()).toBe(200)
    expect(await client.untilEnd()).toBe('FIN')
    const { id, reason } = await nextClosed()
    expect(reason).toBe('max-requests')
    const at = (name: string): number => kit.timeline(id)!.find(({ event }) => event === name)!.at
    expect(at('closed') - at('fin')).toBeGreaterThanOrEqual(98)
    client.close()
  })

  it('responses and an upload complete after GOAWAY', async () => {
    const { kit, nextClosed } = makeKit({ maxRequests: 2 })
    const lengths: number[] = []
    const { port } = await serveH2(
      (req, res) => {
        let length = 0
        req.on('data', (bytes: Buffer) => (length += bytes.length))
        req.on('end', () => {
          lengths.push(length)
          res.end('ok')
        })
      },
      kit.attach,
      tls,
    )
    const client = await H2Client.open({ port, tls })
    const [first, second] = client.askAtOnce(2, { method: 'POST' })
    client.data(first!, 1_000, false)
    expect(await client.untilGoaway()).toEqual({ last: second, code: 0 })
    // It crosses the GOAWAY: nghttp2 ignores it, and its id tells the client that it may retry.
    const crossed = client.ask()
    await sleep(50)
    client.data(first!, 1_000, true).data(second!, 500, true)
    expect(await client.answer(first!)).toBe(200)
    expect(await client.answer(second!)).toBe(200)
    expect(await client.untilEnd()).toBe('FIN')
    expect(client.of(crossed)).toEqual([])
    expect(lengths.sort()).toEqual([2_000, 500].sort())
    expect(await nextClosed()).toMatchObject({ requests: 2, reason: 'max-requests' })
  })

  it('maxAge: closes after answering the first stream past it', async () => {
    const { kit, nextClosed } = makeKit({ maxAge: 150 })
    const slower: H2Handler = (_req, res) => void setTimeout(() => res.end('ok'), 400)
    const { port } = await serveH2(slower, kit.attach, tls)
    const client = await H2Client.open({ port, tls })
    const first = client.ask()
    await sleep(170)
    const second = client.ask()
    expect(await client.untilGoaway()).toEqual({ last: second, code: 0 })
    for (const stream of [first, second]) expect(await client.answer(stream)).toBe(200)
    expect(await client.untilEnd()).toBe('FIN')
    expect(await nextClosed()).toMatchObject({ reason: 'max-age', requests: 2 })
  })

  it('maxAge: closes an idle session past it', async () => {
    const { kit, nextClosed } = makeKit({ maxAge: 200 })
    const { port } = await serveH2(answer, kit.attach, tls)
    const client = await H2Client.open({ port, tls })
    await client.get()
    expect(await client.untilEnd()).toBe('FIN')
    const closed = await nextClosed()
    expect(closed).toMatchObject({ reason: 'max-age', requests: 1 })
    expect(closed.age).toBeGreaterThanOrEqual(195)
  })

  it('maxAge: closes a session whose timer fired early, in the middle of a request', async () => {
    // Node's timers may be early by 2 ms. Here the kit's clock is slower, by so much that no test misses it.
    const from = performance.now()
    const clock = { now: () => from + (performance.now() - from) / 2, wall: () => 0 }
    const policy = resolvePolicy({ jitter: 0, maxAge: 100, silence: ['KEEPALIVE_SECONDS_MEANT'] })
    const kit = new Kit(policy, { clock, random: () => 0, onClosed: undefined })
    const { port } = await serveH2(slow, (server) => kit.attach(server as never), tls)
    const client = await H2Client.open({ port, tls })
    await client.get()
    expect(await client.untilEnd(2_000)).toBe('FIN')
  })

  it('above maxIdle the session that was idle longest is closed', async () => {
    const { kit, nextClosed } = makeKit({ maxIdle: 2, minIdle: 0, silence: ['KEEPALIVE_EVICTED'] })
    const { port } = await serveH2(answer, kit.attach, tls)
    const clients: H2Client[] = []
    for (let i = 0; i < 3; i++) {
      const client = await H2Client.open({ port, tls })
      await client.get()
      clients.push(client)
    }
    expect(await clients[0]!.untilEnd()).toBe('FIN')
    expect(await nextClosed()).toMatchObject({ reason: 'evicted' })
    expect(clients.slice(1).map(({ ended }) => ended)).toEqual([undefined, undefined])
    for (const client of clients) client.close()
  })

  it("the client's GOAWAY, FIN, RST, and a stream that it gives up", async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serveH2(slow, kit.attach, tls)
    const polite = await H2Client.open({ port, tls })
    const asked = polite.ask()
    polite.goaway()
    expect(await polite.answer(asked)).toBe(200)
    expect(await polite.untilEnd()).toBe('FIN')
    expect(await nextClosed()).toMatchObject({ reason: 'client-goaway', closedBy: 'client', requests: 1 })
    const harsh = await H2Client.open({ port, tls })
    await harsh.get()
    harsh.goaway(1)
    expect(await nextClosed()).toMatchObject({ reason: 'client-goaway', closedBy: 'client' })
    const aborting = await H2Client.open({ port, tls })
    aborting.ask()
    await sleep(30)
    aborting.socket.end()
    expect(await nextClosed()).toMatchObject({ reason: 'client-abort', closedBy: 'client' })
    const resetting = await H2Client.open({ port, tls })
    await resetting.get()
    resetting.reset(resetting.ask(), 8)
    await resetting.get()
    await eventually(() => kit.connections()[0]?.state === 'idle', 'an idle session')
    expect(kit.snapshot().requests.total - kit.snapshot().requests.answered).toBe(2)
    resetting.socket.end()
    expect(await nextClosed()).toMatchObject({ reason: 'client-idle', requests: 3 })
    numbersAddUp(kit)
  })

  it('a connection that does not speak HTTP/2', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serveH2(answer, kit.attach, tls)
    const client = await H2Client.open({ port, tls })
    await client.get()
    // Only the server's streams have even ids (RFC 9113 §5.1.1).
    client.write(frame('HEADERS', flag.endStream | flag.endHeaders, 2, requestHead('GET', '/')))
    expect(await nextClosed()).toMatchObject({ reason: 'protocol-error', closedBy: 'server', requests: 1 })
    const unused = await H2Client.open({ port, tls })
    unused.socket.end()
    expect(await nextClosed()).toMatchObject({ reason: 'never-used', closedBy: 'client', requests: 0 })
    numbersAddUp(kit)
  })

  it('the app ends a session itself', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serveH2(
      (req, res) => {
        res.end('ok')
        req.stream.session!.close()
      },
      kit.attach,
      tls,
    )
    const client = await H2Client.open({ port, tls })
    expect(await client.get()).toBe(200)
    expect(await nextClosed()).toMatchObject({ reason: 'app', closedBy: 'server', requests: 1 })
  })

  it('drain: requests under way are answered, idle sessions get GOAWAY, and the server closes', async () => {
    const { kit, closed } = makeKit({ linger: 100 })
    const { server, port } = await serveH2(slow, kit.attach, tls)
    const busy = await H2Client.open({ port, tls })
    const idle = await H2Client.open({ port, tls })
    const fresh = await H2Client.open({ port, tls })
    await idle.get()
    const asked = busy.ask()
    await sleep(20)
    const gone = new Promise((done) => server.once('close', done))
    const report = await kit.drain({ timeout: 2_000 })
    expect(await busy.answer(asked)).toBe(200)
    expect(report).toMatchObject({ answered: 1, closedIdle: 2, late: 0 })
    expect(Object.values(report.forced)).toEqual([0, 0, 0, 0, 0, 0])
    await within(1_000, "the server's close", gone)
    expect(busy.goaways[0]).toEqual({ last: asked, code: 0 })
    expect(closed.map(({ reason }) => reason).sort()).toEqual(['drain', 'drain', 'never-used'])
    for (const client of [busy, idle, fresh]) expect(client.ended).toBe('FIN')
    numbersAddUp(kit)
  })

  it('server.close() ends idle sessions and those under way, on every Node', async () => {
    const { kit, closed } = makeKit({ linger: 100 })
    const { server, port } = await serveH2(slow, kit.attach, tls)
    const idle = await H2Client.open({ port, tls })
    await idle.get()
    const busy = await H2Client.open({ port, tls })
    const asked = busy.ask()
    await sleep(20)
    await within(2_000, "the server's close", new Promise<void>((done) => server.close(() => done())))
    expect(busy.status(asked)).toBe(200)
    await eventually(() => closed.length === 2, 'the closed records')
    expect(closed.map(({ reason }) => reason)).toEqual(['drain', 'drain'])
  })

  it('detach leaves sessions to Node', async () => {
    const { kit } = makeKit({ maxRequests: 1 })
    const server = await makeH2Server(answer, tls)
    const emit = server.emit
    kit.attach(server)
    const client = await H2Client.open({ port: await listenH2(server), tls })
    await eventually(() => kit.connections().length === 1, 'the session')
    kit.detach()
    expect(server.emit).toBe(emit)
    expect(await client.get()).toBe(200)
    expect(await client.get()).toBe(200)
    expect(kit.snapshot().connections).toMatchObject({ opened: 1, released: 1, open: 0 })
    client.close()
  })
})
