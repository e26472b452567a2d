import { describe, expect, it } from 'vitest'
import { allGone } from '../support/all-gone.ts'
import { makeGate } from '../support/gate.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { kitSides } from '../support/sides.ts'
import { eventually } from '../support/within.ts'

// Requests that are pipelined after a waiting one are limited: the client is slowed down, none is lost, and none is
// kept when the client disconnects.

const request = 'GET / HTTP/1.1\r\nHost: test\r\n\r\n'
const first = request.replace('/', '/first')

/** The max bytes that the kit may read after a waiting request. */
const most = 2 * 1024 * 1024

/** Resolves with a number once it has not changed for some time. */
async function settled(read: () => number, quiet = 300): Promise<number> {
  let last = read()
  let since = performance.now()
  const isQuiet = (): boolean => {
    const now = read()
    if (now !== last) {
      last = now
      since = performance.now()
    }
    return performance.now() - since > quiet
  }
  await eventually(isQuiet, () => `${last} to settle`, 15_000)
  return last
}

describe.each(kitSides)(
  'a client that pipelines without end behind a request that waits, on $name',
  ({ tls }) => {
    const flooded = async () => {
      const { kit, nextClosed } = makeKit()
      const answer = makeGate()
      const heard = { closed: 0, first: 0, others: 0 }
      const { server, port } = await serve(
        async (req, res) => {
          if (req.url === '/') {
            heard.others++
            return void res.end()
          }
          heard.first++
          res.on('close', () => heard.closed++)
          await answer.opened
          res.end('first')
        },
        kit.attach,
        tls,
      )
      const client = await RawClient.open({ port, tls })
      // More than the buffers of both sockets hold.
      const count = 500_000
      client.write(first)
      await eventually(() => heard.first === 1, 'the first request')
      client.write(request.repeat(count))
      const bytesRead = await settled(() => kit.connections()[0]?.bytesRead ?? 0)
      return { kit, nextClosed, answer, heard, server, client, count, bytesRead }
    }

    it('is slowed down', async () => {
      const { kit, heard, client, bytesRead } = await flooded()
      expect(bytesRead).toBeLessThan(most)
      expect(client.socket.writableLength).toBeGreaterThan(0)
      expect(heard).toEqual({ closed: 0, first: 1, others: 0 })
      expect(kit.snapshot().requests).toMatchObject({ total: 1, dropped: 0 })
      client.close()
    })

    it('is read further, in order, once the request is answered', async () => {
      const { kit, answer, heard, client, bytesRead } = await flooded()
      answer.open()
      // Twice the amount read so far: the rest came from the client since then.
      const further = Math.ceil((2 * bytesRead) / request.length)
      await eventually(() => heard.others > further, 'requests that were not read before', 15_000)
      expect(client.responses[0]).toMatchObject({ body: 'first' })
      expect(kit.snapshot().requests.dropped).toBe(0)
      client.close()
    })

    it('leaves no state when it resets after its response', async () => {
      const { answer, heard, server, client, nextClosed } = await flooded()
      client.reset()
      answer.open()
      await eventually(() => heard.closed === 1, "'close' on the response")
      await allGone(server)
      const { requests, closedBy, dropped } = await nextClosed()
      expect(closedBy).toBe('client')
      expect(requests + dropped).toBeLessThan(most / request.length)
    })
  },
)
