import { describe, expect, it } from 'vitest'
import { allGone } from '../support/all-gone.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { sides } from '../support/sides.ts'

// After a closing response plain Node destroys the socket at once. While the kit lingers, `server.timeout` may fire. The
// app has finished the request, and would assume that it timed out.

describe.each(sides)('on $name', (side) => {
  it("no 'timeout' event follows a closing response", async () => {
    let timeouts = 0
    const { server, port } = await serve(
      (_req, res) => void res.setHeader('Connection', 'close').end('ok'),
      (made) => {
        side.attach(made, { linger: 1_000 })
        made.setTimeout(200, (socket) => {
          timeouts++
          socket.destroy()
        })
      },
      side.tls,
    )
    const client = await RawClient.open({ port, tls: side.tls })
    await client.get()
    // The client keeps its side open.
    await allGone(server)
    client.close()
    expect(timeouts).toBe(0)
  })
})
