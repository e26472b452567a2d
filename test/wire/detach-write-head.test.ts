import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { makeGate } from '../support/gate.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually } from '../support/within.ts'

// A tracer that was loaded after the kit sets its own `writeHead` on each response, and the kit wraps it. After
// detach() the one of the tracer must still be called.

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_, tls) => {
  it("detach() during a response keeps the tracer's writeHead", async () => {
    const { kit } = makeKit({ maxAge: 60_000 })
    const gate = makeGate()
    let isUnderWay = false
    const { server, port } = await serve(
      async (_req, res) => {
        isUnderWay = true
        await gate.opened
        res.end('ok')
      },
      kit.attach,
      tls,
    )
    const emit = server.emit as (...args: unknown[]) => boolean
    server.emit = (...args: unknown[]) => {
      const [event, , res] = args as [string, unknown, ServerResponse]
      if (event === 'request') {
        const writeHead = res.writeHead as (...args: unknown[]) => ServerResponse
        res.writeHead = function traced(this: ServerResponse, ...head: unknown[]) {
          this.setHeader('X-Trace', '1')
          return writeHead.apply(this, head)
        }
      }
      return emit.apply(server, args)
    }
    const client = await RawClient.open({ port, tls })
    const answer = client.get()
    await eventually(() => isUnderWay, 'the request')
    kit.detach()
    gate.open()
    expect((await answer).headers['x-trace']).toBe('1')
    client.close()
  })
})
