import { describe, expect, it } from 'vitest'
import { allGone } from '../support/all-gone.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { sides } from '../support/sides.ts'
import { eventually } from '../support/within.ts'

// Clients often reset a connection when they have their response. After a closing response plain Node has already
// destroyed the socket, and emits no 'clientError'.

describe.each(sides)('on $name', (side) => {
  it("a reset after a closing response emits no 'clientError'", async () => {
    const errors: string[] = []
    const { server, port } = await serve(
      (_req, res) => void res.setHeader('Connection', 'close').end('ok'),
      (made) => {
        side.attach(made)
        made.on('clientError', (error: NodeJS.ErrnoException, socket) => {
          errors.push(error.code ?? error.message)
          socket.destroy()
        })
      },
      side.tls,
    )
    const client = await RawClient.open({ port, tls: side.tls })
    await client.get()
    await eventually(() => client.ended !== undefined, 'the end')
    client.reset()
    await allGone(server)
    expect(errors).toEqual([])
  })
})
