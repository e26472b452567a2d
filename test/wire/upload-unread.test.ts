import { describe, expect, it, onTestFinished } from 'vitest'
import { allGone } from '../support/all-gone.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { kitSides } from '../support/sides.ts'
import { framings, uploadHead } from '../support/uploads.ts'

// A body that the app never reads does not keep the connection open: response, FIN, then close after linger.

const large = 8 * 1024 * 1024
const linger = 300

describe.each(kitSides)('on $name, a body that nobody reads', ({ tls }) => {
  const refused = async (close: 'the cap' | "the app's close", path = '/') => {
    const { kit, nextClosed } = makeKit({ linger, ...(close === 'the cap' && { maxRequests: 1 }) })
    const { server, port } = await serve(
      (_req, res) => {
        if (close !== 'the cap') res.setHeader('Connection', 'close')
        res.writeHead(401).end('who are you?')
      },
      kit.attach,
      tls,
    )
    const client = await RawClient.open({ port, tls })
    client.write(uploadHead(framings['Content-Length'], large).replace('/upload', path))
    return { server, client, nextClosed }
  }

  it.each(['the cap', "the app's close"] as const)('stalls half way, closed by %s', async (close) => {
    const { server, client, nextClosed } = await refused(close)
    client.write('x'.repeat(1_000))
    expect((await client.until(1))[0]).toMatchObject({ status: 401, body: 'who are you?' })
    expect(await client.end()).toBe('FIN')
    // The client keeps its side open: linger alone ends the wait.
    await allGone(server)
    client.close()
    expect(await nextClosed()).toMatchObject({
      reason: close === 'the cap' ? 'max-requests' : 'app',
      closedBy: 'server',
      requests: 1,
      late: 0,
    })
  })

  it.each(['the cap', "the app's close"] as const)('comes on and on, closed by %s', async (close) => {
    const { server, client, nextClosed } = await refused(close)
    const trickle = setInterval(() => client.socket.writable && client.write('x'.repeat(100)), 10)
    onTestFinished(() => clearInterval(trickle))
    expect((await client.until(1))[0]).toMatchObject({ status: 401, body: 'who are you?' })
    expect(await client.end()).toBe('FIN')
    await allGone(server)
    clearInterval(trickle)
    client.close()
    expect(await nextClosed()).toMatchObject({ requests: 1, late: 0, dropped: 0 })
  })

  it.each(['the cap', "the app's close"] as const)('comes whole and fast, closed by %s', async (close) => {
    const { server, client, nextClosed } = await refused(close)
    client.write('x'.repeat(large))
    expect((await client.until(1))[0]).toMatchObject({ status: 401, body: 'who are you?' })
    expect(await client.end()).toBe('FIN')
    client.close()
    await allGone(server)
    expect(await nextClosed()).toMatchObject({ requests: 1, late: 0, dropped: 0 })
  })
})
