import type { Server } from 'node:http'
import { describe, expect, it } from 'vitest'
import { makeGate } from '../support/gate.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { collectWarnings } from '../support/warnings.ts'

// Node answers some requests itself. If one is pipelined after a request of the app, its response follows at
// once, and the socket reports no end between the two. This is not KEEPALIVE_NODE_CHANGED: any client could cause it.

const cases: readonly [what: string, request: string, status: number, cap?: number][] = [
  ['an unknown expectation', 'GET /2 HTTP/1.1\r\nHost: test\r\nExpect: what\r\n\r\n', 417],
  ['a request without Host', 'GET /2 HTTP/1.1\r\n\r\n', 400],
  ["a request beyond Node's own cap", 'GET /2 HTTP/1.1\r\nHost: test\r\n\r\n', 503, 1],
]

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_, tls) => {
  it.each(cases)(
    '%s, pipelined behind the first request, raises no warning',
    async (_what, request, status, cap) => {
      const told = collectWarnings()
      const gate = makeGate()
      let requests = 0
      const { port } = await serve(
        async (_req, res) => {
          requests++
          await gate.opened
          res.end('ok')
        },
        (server: Server) => {
          if (cap) server.maxRequestsPerSocket = cap
          makeKit().kit.attach(server)
        },
        tls,
      )
      const client = await RawClient.open({ port, tls })
      client.write(`GET /1 HTTP/1.1\r\nHost: test\r\n\r\n${request}`)
      // Both arrive together, and the second one is answered after the first.
      while (requests === 0) await new Promise((done) => setTimeout(done, 5))
      gate.open()
      expect((await client.until(2)).map((response) => response.status)).toEqual([200, status])
      client.close()
      expect(told.map(({ code }) => code)).not.toContain('KEEPALIVE_NODE_CHANGED')
    },
  )
})
