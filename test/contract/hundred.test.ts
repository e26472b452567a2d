import express5 from 'express'
import express4 from 'express4'
import { describe, expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

describe.each([
  ['Express 4', express4],
  ['Express 5', express5],
])('%s, maxRequests 100, jitter 0', (_, express) => {
  it.each([
    ['HTTP/1.1', 'http', 'HTTP/1.1\r\nHost: test', false],
    ['HTTP/1.1', 'https', 'HTTP/1.1\r\nHost: test', true],
    ['HTTP/1.0', 'http', 'HTTP/1.0\r\nConnection: keep-alive', false],
    ['HTTP/1.0', 'https', 'HTTP/1.0\r\nConnection: keep-alive', true],
  ])('%s over %s: 100 answers, the 100th with Connection: close, then FIN', async (_v, _s, version, tls) => {
    const { kit, nextClosed } = makeKit({ maxRequests: 100, jitter: 0 })
    const app = express()
    app.use(kit)
    app.get('/', (_req, res) => void res.send('ok'))
    const { port } = await serve(app, () => {}, tls)
    const client = await RawClient.open({ port, tls })
    for (let n = 1; n <= 100; n++) {
      client.write(`GET / ${version}\r\n\r\n`)
      const { status, body, headers } = (await client.until(n))[n - 1]!
      expect({ n, status, body }).toEqual({ n, status: 200, body: 'ok' })
      expect(headers.connection).toBe(n < 100 ? 'keep-alive' : 'close')
      expect(headers['keep-alive']).toBe(n < 100 ? `timeout=65, max=${100 - n}` : undefined)
    }
    expect(await client.end()).toBe('FIN')
    expect(client.responses).toHaveLength(100)
    client.close()
    expect(await nextClosed()).toMatchObject({
      requests: 100,
      reused: 99,
      reason: 'max-requests',
      dropped: 0,
    })
  })
})
