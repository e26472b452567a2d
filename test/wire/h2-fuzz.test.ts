import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { constants } from 'node:http2'
import { expect, it } from 'vitest'
import { type ClosedConnection, channelNames, connectionOf, keepAlive } from '../../src/index.ts'
import { H2Client } from '../support/h2.ts'
import { flag, frame, requestHead } from '../support/h2-frames.ts'
import { listenH2, makeH2Server } from '../support/h2-server.ts'
import { seeded } from '../support/random.ts'
import { numbersAddUp, requestsOf } from '../support/sums.ts'
import { certificate } from '../support/tls.ts'
import { eventually, sleep } from '../support/within.ts'

type Draw = (below: number) => number

type Act = (client: H2Client, draw: Draw) => unknown

/**
 * No HTTP/2. Not with requests under way: where Node has sent GOAWAY, and on Node 20 always, it keeps such a session for ever,
 * even when the client has gone. docs/http2.md says so.
 */
const breaches: readonly Act[] = [
  // An even stream id, bytes without meaning, a head that is cut.
  (client) => client.write(frame('HEADERS', flag.endStream | flag.endHeaders, 2, requestHead('GET', '/'))),
  (client, draw) => client.write(Buffer.from(Array.from({ length: 30 }, () => draw(256)))),
  (client) => client.write(client.head().bytes.subarray(0, 12)),
]

/** What a client does, at random. */
const acts: readonly Act[] = [
  (client) => client.ask(),
  (client) => client.ask({ path: '/slow' }),
  (client, draw) => client.askAtOnce(2 + draw(6), { path: draw(2) ? '/' : '/slow' }),
  (client) => client.ask({ path: '/large' }),
  (client) => client.ask({ path: '/cut' }),
  (client) => client.ask({ path: '/session' }),
  (client, draw) => {
    const stream = client.ask({ method: 'POST' })
    if (draw(2)) client.data(stream, draw(2_000), draw(3) > 0)
  },
  (client) => client.reset(client.ask({ path: '/slow' }), constants.NGHTTP2_CANCEL),
  (client) => client.ping(),
  (client, draw) => draw(3) === 0 && client.goaway(draw(2)),
  (client, draw) => draw(4) === 0 && client.socket.end(),
  (client, draw) => draw(4) === 0 && client.close(),
  (client, draw) => {
    if (client.asked === 0) breaches[draw(breaches.length)]!(client, draw)
  },
]

it.each([
  ['h2c', false, 'exact', 1],
  ['h2c', false, 'lossless', 2],
  ['h2', true, 'exact', 3],
] as const)(
  'the numbers add up whatever clients do, over %s (%#)',
  async (_, tls, goaway, seed) => {
    const random = seeded(seed)
    const draw: Draw = (below) => Math.floor(random() * below)
    const closed: ClosedConnection[] = []
    const kit = keepAlive({
      keepAliveTimeout: 60,
      keepAliveTimeoutBuffer: 0,
      maxRequests: 6,
      maxAge: 400,
      maxIdle: 3,
      minIdle: 0,
      linger: 20,
      jitter: 0.5,
      clients: 4,
      goaway,
      silence: ['KEEPALIVE_EVICTED', 'KEEPALIVE_SECONDS_MEANT'],
      log: (record) => void closed.push(record),
    })
    let handled = 0
    let begun = 0
    let released = 0
    const onIdle = (): void => void begun++
    subscribe(channelNames.idle, onIdle)
    const server = await makeH2Server(undefined, tls, tls ? await certificate() : {})
    server.on('stream', (stream, headers) => {
      if (connectionOf(stream)) handled++
      stream.on('error', () => {})
      stream.resume()
      const path = headers[':path']
      if (path === '/session') stream.session!.goaway()
      if (path === '/cut') return stream.destroy()
      const answer = (): void => {
        if (stream.destroyed) return
        stream.respond({ ':status': 200 })
        stream.end(path === '/large' ? 'x'.repeat(100_000) : 'ok')
      }
      if (path === '/slow') setTimeout(answer, 15)
      else answer()
    })
    kit.attach(server)
    const port = await listenH2(server)

    const check = (): void => {
      numbersAddUp(kit)
      const { connections, requests, histograms } = kit.snapshot()
      const { reused, clientClosed, cutOff } = histograms.idleGap
      expect(connections.closed).toBe(closed.length)
      expect(requests.total).toBe(handled)
      expect(requests.total).toBe(requestsOf(kit.connections()) + requestsOf(closed) + released)
      expect(histograms.requestsAtOnce.count).toBe(requests.total)
      expect(begun).toBe(reused.count + clientClosed.count + cutOff.count + connections.states.idle)
    }

    const clients: H2Client[] = []
    for (let step = 0; step < 250; step++) {
      if (clients.length === 0 || draw(6) === 0) clients.push(await H2Client.open({ port, tls }))
      const client = clients[Math.max(0, clients.length - 1 - draw(4))]!
      if (client.socket.writable) acts[draw(acts.length)]!(client, draw)
      if (step % 100 === 99) {
        released += requestsOf(kit.connections())
        kit.detach()
        kit.attach(server)
      }
      check()
      if (draw(3) > 0) await sleep(draw(8))
      check()
    }
    for (const client of clients) client.close()
    await eventually(
      () => kit.connections().length === 0,
      () => `the last session to close: ${JSON.stringify(kit.connections())}`,
    )
    check()
    unsubscribe(channelNames.idle, onIdle)
    expect(handled).toBeGreaterThan(20)
  },
  30_000,
)
