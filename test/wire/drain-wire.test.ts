import { describe, expect, it } from 'vitest'
import { endWithServer, nothingForced } from '../support/drains.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { kitSides } from '../support/sides.ts'
import { slowWire } from '../support/slow-wire.ts'
import { sleep, within } from '../support/within.ts'

// Clients send a request every 600 ms with a latency of 25 ms. A drain with default options starts meanwhile.

const wire = 25
const pause = 600
const count = 24

const post = 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc'

describe.each(kitSides)('a drain at its defaults over a slow wire, on $name', ({ tls }) => {
  it('loses no request, and announces the close to each busy client in a response', async () => {
    const { kit } = makeKit()
    const { port } = await serve(
      (req, res) => void req.resume().on('end', () => res.end('ok')),
      kit.attach,
      tls,
    )
    const relay = await slowWire(port, wire)
    const clients = await Promise.all(
      Array.from({ length: count }, () => RawClient.open({ port: relay, tls })),
    )
    /** How a client's last request was answered. */
    const send = async (client: RawClient, turn: number): Promise<'told' | 'closed idle' | 'lost'> => {
      // At different times, so that a request is always on the wire.
      await sleep((pause * turn) / count)
      for (let sent = 1; ; sent++) {
        // A TLS socket that the server has ended may refuse to write; a plain socket does not know yet.
        if (client.ended) return 'closed idle'
        client.write(post)
        try {
          const [response] = (await client.until(sent, 10_000)).slice(-1)
          if (response!.headers.connection === 'close') return 'told'
        } catch {
          return 'lost'
        }
        await sleep(pause)
      }
    }
    const outcomes = Promise.all(clients.map((client, turn) => send(endWithServer(client), turn)))
    await sleep(2 * pause)
    const report = await within(15_000, 'the drain', kit.drain())
    expect(await within(15_000, 'the clients', outcomes)).toEqual(Array(count).fill('told'))
    expect(report).toMatchObject({ late: 0, forced: nothingForced })
    expect(report.duration).toBeLessThan(6_000)
    for (const client of clients) client.close()
  })
})
