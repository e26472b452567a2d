import { expect, it } from 'vitest'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { type Side, sides } from '../support/sides.ts'
import { sleep } from '../support/within.ts'

// An app stops an upload that is too large with a response that closes: Node's documentation and many apps do so.
// On plain Node the app gets nothing of the body after this response.

const partSize = 50_000
const limit = 2 * partSize

/** The max number of parts: 10 MB in total, one every 5 ms. */
const parts = 200

const cases = sides.flatMap((side) =>
  (['the app', 'the client'] as const).map((who) => [side.name, who, side] as const),
)

/** @returns how many bytes of the body the app got after its response. */
async function sendTooMuch(side: Side, clientCloses: boolean): Promise<number> {
  let received = 0
  let receivedAfter = 0
  let isSent = false
  const { port } = await serve(
    (req, res) => {
      req.on('data', (chunk: Buffer) => {
        received += chunk.length
        if (isSent) receivedAfter += chunk.length
        if (received <= limit || res.headersSent) return
        if (!clientCloses) res.setHeader('Connection', 'close')
        res.statusCode = 413
        res.end('too much', () => {
          isSent = true
        })
      })
    },
    side.attach,
    side.tls,
  )
  const client = await RawClient.open({ port, tls: side.tls })
  const close = clientCloses ? 'Connection: close\r\n' : ''
  client.write(`POST / HTTP/1.1\r\nHost: test\r\n${close}Content-Length: 1000000000\r\n\r\n`)
  for (let i = 0; i < parts && client.socket.writable && !client.socket.destroyed; i++) {
    client.write('x'.repeat(partSize))
    await sleep(5)
  }
  client.close()
  return receivedAfter
}

it.each(cases)('on %s an upload ends by the answer of a connection that %s closes', async (_, who, side) => {
  // Data of one read may still be on its way to the app.
  expect(await sendTooMuch(side, who === 'the client')).toBeLessThanOrEqual(65_536)
})
