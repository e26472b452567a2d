import type { RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { timelineLines } from '../../src/timeline.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { sleep } from '../support/within.ts'

const handler: RequestListener = (req, res) => {
  if (req.url === '/last') res.setHeader('Connection', 'close')
  res.end('ok')
}

/** The events without their times, as one line each. */
const told = (events: ReturnType<ReturnType<typeof makeKit>['kit']['timeline']>): string[] =>
  events!.map(({ event, by, detail }) => [event, by, detail].filter(Boolean).join(' '))

describe.each([
  ['http', false],
  ['https', true],
])('a timeline over %s', (_, tls) => {
  it('shows a connection from accept to idle close', async () => {
    const { kit, nextClosed } = makeKit({ keepAliveTimeout: 100, keepAliveTimeoutBuffer: 0, linger: 100 })
    const { port } = await serve(handler, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    await client.get('/?secret')
    const { id } = kit.connections()[0]!
    await sleep(30)
    await client.get('/two')
    client.socket.on('end', () => client.socket.end())
    const { closedBy } = await nextClosed()
    expect(closedBy).toBe('server')
    const events = kit.timeline(id)
    expect(told(events)).toEqual([
      'accepted',
      ...(tls ? ['secured TLSv1.3'] : []),
      'request GET /?…',
      'response 200',
      'request GET /two',
      'response 200',
      'fin server idle-timeout',
      'fin client',
      'closed server idle-timeout',
    ])
    const lines = timelineLines(events!).join('\n')
    expect(lines).toMatch(/response 200.*\n *idle \d+ ms\n.*request GET \/two \(reused\)/)
    expect(lines).toMatch(/FIN from the server: idle-timeout\n.*FIN from the client/)
  })

  it('shows the last response, and a late request', async () => {
    const { kit, nextClosed } = makeKit({ linger: 500 })
    const { port } = await serve(handler, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    await client.get('/last')
    client.write('GET /late HTTP/1.1\r\nHost: test\r\n\r\n')
    await sleep(50)
    client.socket.end()
    const { id } = await nextClosed()
    expect(told(kit.timeline(id)).slice(tls ? 2 : 1)).toEqual([
      'request GET /last',
      'response 200',
      'fin server app',
      'late-bytes client 1 request',
      'fin client',
      'closed server app',
    ])
  })
})

it('a timeline shows a reset', async () => {
  const { kit, nextClosed } = makeKit()
  const { port } = await serve(() => {}, kit.attach)
  const client = await RawClient.open({ port })
  client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  await sleep(30)
  client.reset()
  const { id } = await nextClosed()
  expect(told(kit.timeline(id)).slice(-2)).toEqual(['reset client', 'closed client client-reset'])
})

it('a timeline shows a reset after the last response', async () => {
  const { kit, nextClosed } = makeKit({ linger: 60_000 })
  const { port } = await serve(handler, kit.attach)
  const client = await RawClient.open({ port })
  await client.get('/last')
  await client.end()
  client.reset()
  const { id, reason } = await nextClosed()
  expect(reason).toBe('app')
  expect(told(kit.timeline(id)).slice(-3)).toEqual(['fin server app', 'reset client', 'closed server app'])
})
