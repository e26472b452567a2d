import { expect, it } from 'vitest'
import { allGone } from '../support/all-gone.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { sides } from '../support/sides.ts'
import { eventually } from '../support/within.ts'

// A disconnect is also noticed while one request with a large body is held after the one under way. The unread
// body pauses the socket.

const cases = sides.flatMap((side) =>
  [1_000, 300_000].flatMap((size) =>
    (['FIN', 'RST'] as const).map((way) => [side.name, size, way, side] as const),
  ),
)

it.each(cases)(
  'on %s a client with %d bytes of a second request disconnects by %s',
  async (_, size, way, side) => {
    let waiting = 0
    let closed = 0
    const { server, port } = await serve(
      (req, res) => {
        if (req.url === '/wait') {
          waiting++
          res.on('close', () => closed++)
        } else {
          req.resume().on('end', () => res.end('ok'))
        }
      },
      side.attach,
      side.tls,
    )
    const client = await RawClient.open({ port, tls: side.tls })
    client.write('GET /wait HTTP/1.1\r\nHost: test\r\n\r\n')
    await eventually(() => waiting === 1, 'the first request')
    client.write(`POST /2 HTTP/1.1\r\nHost: test\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`)
    await new Promise((done) => setTimeout(done, 200))
    if (way === 'RST') client.reset()
    else client.close()
    await eventually(() => closed === 1, "the response's 'close'", 6_000)
    await allGone(server)
    expect(closed).toBe(1)
  },
)
