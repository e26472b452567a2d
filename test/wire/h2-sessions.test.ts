import { describe, expect, it } from 'vitest'
import { connectionOf } from '../../src/index.ts'
import { H2Client } from '../support/h2.ts'
import { serveH2 } from '../support/h2-server.ts'
import { makeKit } from '../support/kit.ts'
import { eventually } from '../support/within.ts'

describe.each([
  ['h2c', false],
  ['h2', true],
])('sessions over %s', (_, tls) => {
  it('are connections: opened, counted, idle, closed by the client', async () => {
    const { kit, nextClosed } = makeKit()
    const seen: unknown[] = []
    const { port } = await serveH2(
      (req, res) => {
        seen.push(connectionOf(req), connectionOf(req.stream))
        res.end('ok')
      },
      kit.attach,
      tls,
    )
    const client = await H2Client.open({ port, tls })
    await eventually(() => kit.connections()[0]?.protocol === '2.0', 'the session')
    expect(kit.connections()).toMatchObject([{ state: 'new', requests: 0, activeRequests: 0 }])
    expect(await client.get()).toBe(200)
    expect(await client.get()).toBe(200)
    await eventually(() => kit.connections()[0]?.state === 'idle', 'the idle session')
    expect(seen).toMatchObject([
      { requests: 1, reused: 0, activeRequests: 1, state: 'active', protocol: '2.0' },
      { requests: 1 },
      { requests: 2, reused: 1, peakRequests: 1, tls: tls ? 'TLSv1.3' : null },
      { requests: 2 },
    ])
    expect(kit.snapshot().requests).toMatchObject({ total: 2, answered: 2, reused: 1, concurrent: 0 })
    client.socket.end()
    expect(await nextClosed()).toMatchObject({
      requests: 2,
      reason: 'client-idle',
      closedBy: 'client',
      protocol: '2.0',
    })
    expect(kit.snapshot().connections).toMatchObject({ opened: 1, closed: 1, open: 0 })
  })

  it('GOAWAY at the cap, in a burst: streams up to it end whole, the others never reach the app', async () => {
    const { kit, nextClosed } = makeKit({ maxRequests: 3 })
    const paths: string[] = []
    const { port } = await serveH2(
      (req, res) => {
        paths.push(req.url)
        setTimeout(() => res.end('ok'), 30)
      },
      kit.attach,
      tls,
    )
    const client = await H2Client.open({ port, tls })
    const streams = client.askAtOnce(10)
    expect(await client.untilGoaway()).toEqual({ last: streams[2], code: 0 })
    for (const stream of streams.slice(0, 3)) expect(await client.answer(stream)).toBe(200)
    expect(await client.untilEnd()).toBe('FIN')
    expect(paths).toHaveLength(3)
    for (const stream of streams.slice(3)) expect(client.status(stream)).toBe(0)
    expect(await nextClosed()).toMatchObject({ requests: 3, reason: 'max-requests', closedBy: 'server' })
    expect(kit.snapshot().requests).toMatchObject({
      total: 3,
      answered: 3,
      refused: 7,
      refusedRetryable: 7,
    })
    expect(kit.snapshot().histograms.requestsAtOnce).toMatchObject({ count: 3, sum: 6 })
  })
})
