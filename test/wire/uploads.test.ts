import { describe, expect, it } from 'vitest'
import type { KeepAlive, KeepAliveOptions } from '../../src/index.ts'
import { makeGate } from '../support/gate.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { kitSides, type Side, sides } from '../support/sides.ts'
import { framings, type Heard, hear, readers, uploadHead } from '../support/uploads.ts'
import { eventually, within } from '../support/within.ts'

// An app that answers an upload early and continues to read gets the whole body, even after the last response.

const partSize = 40_000
const parts = 10
const size = partSize * parts

/** Why the response is the last one on its connection. */
interface Mode {
  readonly options?: KeepAliveOptions
  /** The result on plain Node: `cut` is a body that Node cuts when the response ends, without an event on the request. */
  readonly plain?: { readonly result: 'whole' | 'cut'; readonly maxRequestsPerSocket?: number }
  readonly appCloses?: boolean
  readonly clientCloses?: boolean
  /** Sends the head of the response before the drain begins. */
  readonly headFirst?: boolean
  /** The drain, or its equivalent on plain Node. */
  readonly drains?: boolean
}

const modes: Record<string, Mode> = {
  'the cap by count': {
    options: { maxRequests: 2 },
    plain: { result: 'whole', maxRequestsPerSocket: 2 },
  },
  'the cap by age': { options: { maxAge: 1 } },
  'a drain': { drains: true, plain: { result: 'whole' } },
  'a drain that begins after the head': { drains: true, headFirst: true, plain: { result: 'whole' } },
  "the app's own close": { appCloses: true, plain: { result: 'cut' } },
  "the client's close": { clientCloses: true, plain: { result: 'cut' } },
}

const cases = sides.flatMap((side) =>
  Object.entries(modes)
    .filter(([, { plain }]) => (side.isKit ? plain?.result !== 'cut' : plain))
    .flatMap(([name, mode]) =>
      (['Content-Length', 'chunked'] as const).map(
        (framing) => [side.name, name, framing, side, mode] as const,
      ),
    ),
)

it.each(cases)(
  'on %s an upload that is answered early is complete: %s, %s',
  async (_, __, framing, side, mode) => {
    const { options, plain, appCloses, clientCloses, headFirst, drains } = mode
    const { body, end, part, head } = { ...framings[framing], body: 'x'.repeat(partSize) }
    const answer = makeGate()
    let heard: Heard | undefined
    let isSocketClosed = false
    let kit: KeepAlive | undefined
    const { server, port } = await serve(
      async (req, res) => {
        if (req.method === 'GET') return void res.end('ok')
        heard = hear(req)
        req.socket.on('close', () => (isSocketClosed = true))
        readers["'data' listener"]!(req, heard, answer.opened)
        if (appCloses) res.setHeader('Connection', 'close')
        res.statusCode = 202
        if (headFirst) res.flushHeaders()
        await answer.opened
        res.end('early')
      },
      (made) => {
        if (!side.isKit) made.maxRequestsPerSocket = plain?.maxRequestsPerSocket ?? 0
        kit = side.attach(made, options)
      },
      side.tls,
    )
    const client = await RawClient.open({ port, tls: side.tls })
    let number = 1
    if (options?.maxRequests) {
      await client.get()
      number = 2
    }
    client.write(uploadHead({ head, part, end }, size, clientCloses ? 'Connection: close\r\n' : ''))
    client.write(part(body))
    await eventually(() => heard?.bytes === partSize, 'the first part')
    if (headFirst) await eventually(() => client.text.includes('202'), 'the head')
    const drained = drains && (kit ? kit.drain({ timeout: 10_000 }) : void server.close())
    // The drain may let a loop turn pass before it begins.
    if (drains) await eventually(() => !server.listening, 'the drain to begin')
    answer.open()
    expect((await client.until(number)).at(-1)).toMatchObject({ status: 202, body: 'early' })
    for (let i = 1; i < parts; i++) client.write(part(body))
    client.write(end)
    if (!side.isKit && plain?.result === 'cut') {
      await eventually(() => isSocketClosed, 'the close of the socket')
      expect(heard).toMatchObject({ bytes: partSize, events: [] })
      return client.close()
    }
    await eventually(
      () => heard!.events.includes('close'),
      () => `'close' on the request, of which ${heard!.bytes} bytes came`,
    )
    expect(heard).toMatchObject({ bytes: size, events: ['end', 'close'] })
    // A client that was not told of the close keeps its connection during part of the drain.
    if (kit) expect(await client.end(8_000)).toBe('FIN')
    client.socket.end()
    if (drained)
      expect(await within(10_000, 'the drain', drained)).toMatchObject({
        answered: 1,
        forced: { idle: 0, new: 0 },
      })
    client.close()
  },
)

describe.each(kitSides)('on $name', ({ tls }: Side) => {
  it('no request after such a body is executed', async () => {
    const ran: string[] = []
    const { kit, nextClosed } = makeKit({ maxRequests: 1 })
    const { port } = await serve(
      (req, res) => {
        ran.push(req.url!)
        readers["'data' listener"]!(req, hear(req), Promise.resolve())
        res.end('early')
      },
      kit.attach,
      tls,
    )
    const client = await RawClient.open({ port, tls })
    client.write(`${uploadHead(framings['Content-Length'], 4)}hal`)
    await client.until(1)
    client.write('fPOST /next HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n')
    expect(await client.end()).toBe('FIN')
    client.socket.end()
    const { requests, late, dropped } = await nextClosed()
    expect({ ran, requests, lost: late + dropped }).toEqual({ ran: ['/upload'], requests: 1, lost: 1 })
    expect(client.responses).toHaveLength(1)
  })
})
