import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { RequestListener } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RequestMessage } from '../../src/channels.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually } from '../support/within.ts'

const handler: RequestListener = (req, res) => {
  req.resume()
  if (req.url === '/early') res.write('a part')
  req.on('end', () => res.end('ok'))
}

/** All output of the kit about one connection, from its first byte to its close. */
async function tell(bytes: string, tls: boolean) {
  const messages: RequestMessage[] = []
  const listener = (message: unknown): void => void messages.push(message as RequestMessage)
  subscribe('keepalive-kit:request', listener)
  onTestFinished(() => void unsubscribe('keepalive-kit:request', listener))
  const { kit, nextClosed } = makeKit({ headersTimeout: 200 })
  const { port } = await serve(
    handler,
    (server) => {
      kit.attach(server)
      server.requestTimeout = 300
    },
    tls,
    { connectionsCheckingInterval: 50 },
  )
  const client = await RawClient.open({ port, tls })
  client.write(bytes)
  await client.end()
  client.close()
  const record = await nextClosed()
  await eventually(() => messages.length === record.requests, 'the message of each request')
  const { requests } = kit.snapshot()
  return { client, record, requests, messages: messages.map(({ status, outcome }) => ({ status, outcome })) }
}

const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: test\r\n`

describe.each([
  ['http', false],
  ['https', true],
])('a request that is refused over %s counts once', (_, tls) => {
  it.each([
    ['408, a body that does not arrive', `${post('/')}Content-Length: 10\r\n\r\nhal`, 408],
    [
      '408, a chunked body that does not arrive',
      `${post('/')}Transfer-Encoding: chunked\r\n\r\n3\r\nhal\r\n`,
      408,
    ],
    [
      '413, a chunk with oversized extensions',
      `${post('/')}Transfer-Encoding: chunked\r\n\r\n5;${'x'.repeat(20_000)}\r\nhello\r\n`,
      413,
    ],
    ['400, a chunk without a size', `${post('/')}Transfer-Encoding: chunked\r\n\r\nno size\r\n`, 400],
  ])('as one that the app got: %s', async (_what, bytes, status) => {
    const { client, record, requests, messages } = await tell(bytes, tls)
    expect(client.responses.map((response) => response.status)).toEqual([status])
    expect(record).toMatchObject({ requests: 1, closedBy: 'server' })
    expect(requests).toMatchObject({ total: 1, refused: 0, answered: 0 })
    // What the client got: nothing of the app's own response was sent.
    expect(messages).toEqual([{ status, outcome: expect.stringMatching(/^[X-]$/) }])
  })

  it('as one that the app got: a body that does not arrive, behind a part of the response', async () => {
    const { client, record, requests, messages } = await tell(
      `${post('/early')}Content-Length: 9\r\n\r\nhal`,
      tls,
    )
    expect(client.text).toMatch(/^HTTP\/1.1 200 /)
    expect(client.text).not.toContain(' 408 ')
    expect(record).toMatchObject({ requests: 1, reason: 'request-timeout' })
    expect(requests).toMatchObject({ total: 1, refused: 0, answered: 0 })
    expect(messages).toEqual([{ status: 200, outcome: 'X' }])
  })

  it.each([
    ['408, a head that does not arrive', 'POST / HTTP/1.1\r\nHo', 408],
    ['400, garbage', 'no http\r\n\r\n', 400],
    ['400, a missing Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['431, an oversized head', `${post('/')}X-Big: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('as one that the app did not get: %s', async (_what, bytes, status) => {
    const { client, record, requests, messages } = await tell(bytes, tls)
    expect(client.responses.map((response) => response.status)).toEqual([status])
    expect(record.requests).toBe(0)
    expect(requests).toMatchObject({ total: 0, refused: 1 })
    expect(messages).toEqual([])
  })
})
