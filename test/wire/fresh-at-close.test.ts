import { describe, expect, it } from 'vitest'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { type Side, sides } from '../support/sides.ts'
import { eventually } from '../support/within.ts'

// A connection that was accepted just before `server.close()` has its request on the wire. Node before 26.4 answers it, and
// the kit must not lose it.

async function isAnswered(side: Side): Promise<boolean> {
  const { server, port } = await serve((_req, res) => void res.end('ok'), side.attach, side.tls)
  let accepted = 0
  server.on(side.tls ? 'secureConnection' : 'connection', () => accepted++)
  const client = await RawClient.open({ port, tls: side.tls })
  await eventually(() => accepted === 1, 'the connection')
  server.close()
  // As long as a request takes from another machine.
  await new Promise((done) => setTimeout(done, 20))
  client.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n')
  await eventually(() => client.ended !== undefined, 'the end')
  client.close()
  return client.responses.length === 1
}

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_, tls) => {
  it('the kit answers what plain Node answers', async () => {
    const [plain, kit] = sides.filter((side) => side.tls === tls)
    const answered = { plain: await isAnswered(plain!), kit: await isAnswered(kit!) }
    expect(answered).not.toEqual({ plain: true, kit: false })
  })
})
