import { describe, expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

// Node ends a socket after a response with `socket.destroySoon()`, and an app may call it too. The kit must not take an app's
// call for a request that Node has refused.

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_, tls) => {
  it("an app's destroySoon() of an idle connection counts as a close by the app, not as a refused request", async () => {
    const { kit, nextClosed } = makeKit({ linger: 100 })
    const { port } = await serve(
      (req, res) => {
        res.on('close', () => setTimeout(() => req.socket.destroySoon(), 20))
        res.end('ok')
      },
      kit.attach,
      tls,
    )
    const client = await RawClient.open({ port, tls })
    await client.get()
    await client.end()
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'app', closedBy: 'server', requests: 1 })
    expect(kit.snapshot().requests.refused).toBe(0)
  })
})
