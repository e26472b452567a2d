import { describe, expect, it } from 'vitest'
import { get } from '../support/closing.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { kitSides } from '../support/sides.ts'
import { framings, type Heard, hear, readers, uploadHead } from '../support/uploads.ts'
import { eventually, sleep } from '../support/within.ts'

// After its last response the server continues to read for `linger`. Here that is longer than any test waits:
// either the connection closes for another reason, or it stays while the client keeps its side open.

const forever = 60_000
const asks = 'Connection: close\r\n'

describe.each(kitSides)('on $name, after the last answer', ({ tls }) => {
  const setUp = async (options: Parameters<typeof makeKit>[0] = {}, closes = false) => {
    const test = makeKit({ linger: forever, ...options })
    const { port } = await serve(
      (_req, res) => {
        if (closes) res.setHeader('Connection', 'close')
        res.end('ok')
      },
      test.kit.attach,
      tls,
    )
    const client = await RawClient.open({ port, tls })
    return { ...test, client }
  }

  it('a connection whose client asked for the close ends at once', async () => {
    const { client, nextClosed } = await setUp()
    await client.get('/', asks)
    expect(await nextClosed()).toMatchObject({ reason: 'client-asked', closedBy: 'client' })
    expect(await client.end()).toBe('FIN')
    client.close()
  })

  it('so does a connection whose last request under the cap asks for the close', async () => {
    const { client, nextClosed } = await setUp({ maxRequests: 1 })
    await client.get('/', asks)
    expect(await nextClosed()).toMatchObject({ reason: 'client-asked', closedBy: 'client' })
    client.close()
  })

  it.each([
    ['the cap', { maxRequests: 1 }, false],
    ['the app', {}, true],
  ])('a connection that %s closes is read on', async (_, options, closes) => {
    const { client, nextClosed } = await setUp(options, closes)
    await client.get()
    expect(await client.end()).toBe('FIN')
    client.write(get())
    client.socket.end()
    expect(await nextClosed()).toMatchObject({ requests: 1, late: 1 })
    client.close()
  })

  it.each([
    ['the client', {}, false, asks],
    ['the app', {}, true, ''],
    ['the cap', { maxRequests: 1 }, false, ''],
  ])('the rest of a body is read on where %s closes', async (_, options, closes, head) => {
    const { kit, client, nextClosed } = await setUp(options, closes)
    client.write(`${uploadHead(framings['Content-Length'], 100_000, head)}begun`)
    await client.until(1)
    expect(await client.end()).toBe('FIN')
    const bytes = (): number => kit.connections()[0]?.bytesRead ?? 0
    const before = bytes()
    // It looks like requests.
    const more = get().repeat(50)
    client.write(more)
    await eventually(() => bytes() >= before + more.length, 'more of the body')
    expect(kit.connections()).toMatchObject([{ state: 'closing' }])
    client.close()
    expect(await nextClosed()).toMatchObject({ requests: 1, late: 0, dropped: 0 })
  })

  it('the kit waits for an unread body that does not arrive for linger, and not longer', async () => {
    const { client, nextClosed } = await setUp({ maxRequests: 1, linger: 1_000 })
    client.write(`${uploadHead(framings['Content-Length'], 100_000)}begun`)
    await client.until(1)
    // The whole may take six times as long, which is longer than this test waits.
    expect(await nextClosed()).toMatchObject({ reason: 'max-requests' })
    client.close()
  })

  it('a body that the app reads may pause for longer than linger', async () => {
    const test = makeKit({ maxRequests: 1, linger: 50 })
    let heard: Heard | undefined
    const { port } = await serve(
      (req, res) => {
        heard = hear(req)
        readers["'data' listener"]!(req, heard, Promise.resolve())
        res.end('ok')
      },
      test.kit.attach,
      tls,
    )
    const client = await RawClient.open({ port, tls })
    client.write(`${uploadHead(framings['Content-Length'], 10)}begun`)
    await client.until(1)
    await sleep(300)
    client.write('ended')
    await eventually(() => heard!.events.includes('close'), 'the end of the body')
    expect(heard).toMatchObject({ bytes: 10, events: ['end', 'close'] })
    client.close()
  })

  it.each([
    ['the client', {}, false, asks],
    ['the app', {}, true, ''],
    ['the cap', { maxRequests: 1 }, false, ''],
  ])('nothing is read on without linger, where %s closes', async (_, options, closes, head) => {
    const { client, nextClosed } = await setUp({ ...options, linger: 0 }, closes)
    client.write(`${uploadHead(framings['Content-Length'], 100_000, head)}begun`)
    await client.until(1)
    expect(await nextClosed()).toMatchObject({ requests: 1, late: 0 })
    client.close()
  })
})
