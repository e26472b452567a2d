import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { sides } from '../support/sides.ts'
import { eventually, sleep } from '../support/within.ts'

// The app refuses an upload without reading it. If plain Node keeps the connection, it discards the body: the
// client may send all of it, at any pace, and then read the response. A cap of the kit must not prevent this.

const size = 200_000
const parts = 20

/** Below the default of 2 s, so that the upload takes longer. */
const linger = 300

describe.each(sides)('on $name, a body that the app does not read', (side) => {
  const refusing = (hear: (req: IncomingMessage) => void = () => {}) =>
    serve(
      (req, res) => {
        hear(req)
        req.resume()
        res.writeHead(401).end('who are you?')
      },
      (server) => side.attach(server, { maxRequests: 1, linger }),
      side.tls,
    )
  const head = `POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${size}\r\n\r\n`

  it('does not cost a slow client the answer', async () => {
    const { port } = await refusing()
    const client = await RawClient.open({ port, tls: side.tls })
    let code: string | undefined
    client.socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code
    })
    // Like a client that reads the response after it has sent its request.
    client.socket.pause()
    client.write(head)
    for (let i = 0; i < parts && code === undefined; i++) {
      client.write('x'.repeat(size / parts))
      await sleep(50)
    }
    client.socket.resume()
    await eventually(() => client.responses.length === 1 || code !== undefined, 'the answer')
    client.close()
    expect(code).toBeUndefined()
    expect(client.responses[0]).toMatchObject({ status: 401, body: 'who are you?' })
  })

  it('ends for an app that waits for its end', async () => {
    const events: string[] = []
    const { port } = await refusing((req) => {
      for (const name of ['end', 'aborted', 'close']) req.on(name, () => events.push(name))
    })
    const client = await RawClient.open({ port, tls: side.tls })
    client.write(head)
    await client.until(1)
    client.write('x'.repeat(size))
    await eventually(
      () => events.includes('close'),
      () => `'close' of the request (heard: ${events})`,
      3_000,
    )
    client.close()
  })
})
