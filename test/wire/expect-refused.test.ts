import { describe, expect, it } from 'vitest'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { sides } from '../support/sides.ts'

// The client asks before it sends a body, and the app refuses with a closing response. No body follows, although the app has a
// listener for it. The connection ends with the response.

describe.each(sides)('on $name', (side) => {
  it('a refused expectation ends the connection', async () => {
    const { port } = await serve(
      () => {},
      (server) => {
        side.attach(server)
        server.on('checkContinue', (req, res) => {
          req.on('data', () => {})
          res.writeHead(413, { Connection: 'close' }).end('too much')
        })
      },
      side.tls,
    )
    const client = await RawClient.open({ port, tls: side.tls })
    client.write('POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 900000\r\n\r\n')
    expect((await client.until(1))[0]).toMatchObject({ status: 413, headers: { connection: 'close' } })
    expect(await client.end(3_000)).toBe('FIN')
    client.close()
  })
})
