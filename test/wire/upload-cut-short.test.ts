import type { IncomingMessage, Server } from 'node:http'
import { describe, expect, it } from 'vitest'
import { allGone } from '../support/all-gone.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { type Side, sides } from '../support/sides.ts'
import { framings, type Heard, hear, readers, uploadHead } from '../support/uploads.ts'
import { eventually } from '../support/within.ts'

// A client that stops in the middle of a body: its connection closes, and the app is notified as on plain Node.

const reader: Readonly<Record<string, (req: IncomingMessage, heard: Heard) => void>> = {
  'reads on': (req, heard) => readers["'data' listener"]!(req, heard, Promise.resolve()),
  'has paused': (req, heard) => {
    req.once('data', (chunk: Buffer) => {
      heard.bytes += chunk.length
      req.pause()
    })
  },
}

const stops: Readonly<Record<string, (client: RawClient) => void>> = {
  'sends nothing more': () => {},
  'half-closes': (client) => void client.socket.end(),
  resets: (client) => client.reset(),
}

interface Stopped {
  readonly server: Server
  readonly client: RawClient
  readonly heard: Heard
}

/** A client sends half a body and stops, before or after the response. */
async function stopHalfway(side: Side, stop: string, reading: string, isAnswered: boolean): Promise<Stopped> {
  let heard: Heard | undefined
  const { server, port } = await serve(
    (req, res) => {
      heard = hear(req)
      reader[reading]!(req, heard)
      if (isAnswered) req.once('data', () => void res.end('early'))
    },
    (made) => {
      if (!side.isKit) made.maxRequestsPerSocket = 1
      side.attach(made, { maxRequests: 1, headersTimeout: 1_000 })
      // The same on both sides, and not before the head on a slow machine.
      made.headersTimeout = 1_000
      made.requestTimeout = 1_000
    },
    side.tls,
    { connectionsCheckingInterval: 20 },
  )
  const client = await RawClient.open({ port, tls: side.tls })
  client.write(`${uploadHead(framings['Content-Length'], 100_000)}half`)
  await eventually(() => heard?.bytes === 4, 'the first half of the body')
  if (isAnswered) await client.until(1)
  stops[stop]!(client)
  return { server, client, heard: heard! }
}

const cases = (side: Side, names: readonly string[]): (readonly [string, string, string, Side])[] =>
  names.flatMap((stop) => Object.keys(reader).map((reading) => [side.name, stop, reading, side] as const))

describe('a body that is cut short before its response', () => {
  const all = sides.flatMap((side) =>
    cases(side, Object.keys(stops)).filter(
      ([, stop, reading]) => reading === 'reads on' || stop === 'sends nothing more',
    ),
  )

  it.each(all)('on %s the app is notified: the client %s, the app %s', async (_, stop, reading, side) => {
    const { server, client, heard } = await stopHalfway(side, stop, reading, false)
    await eventually(() => heard.events.includes('close'), "'close' on the request", 8_000)
    expect(heard.events).toEqual(['aborted', 'error', 'close'])
    await allGone(server)
    client.close()
  })
})

describe('a body that is cut short after the last response', () => {
  const all = sides.flatMap((side) =>
    cases(side, Object.keys(stops)).filter(
      ([, stop, reading]) => reading === 'reads on' || stop === 'sends nothing more',
    ),
  )

  it.each(all)(
    'on %s holds its connection no longer: the client %s, the app %s',
    async (_, stop, reading, side) => {
      const { server, client, heard } = await stopHalfway(side, stop, reading, true)
      await allGone(server, 8_000)
      // After its response has ended, Node emits nothing on the request. The kit may emit what Node emits before that.
      const told = side.isKit ? ['', 'aborted,error,close', 'error,close'] : ['']
      expect(told).toContain(heard.events.join())
      expect(client.responses[0]).toMatchObject({ status: 200, headers: { connection: 'close' } })
      client.close()
    },
  )
})
