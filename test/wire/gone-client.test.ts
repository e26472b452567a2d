import type { Server } from 'node:http'
import { describe, expect, it } from 'vitest'
import { allGone } from '../support/all-gone.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { type Side, sides } from '../support/sides.ts'
import { eventually } from '../support/within.ts'

// A disconnect during the first request is noticed, for any number of pipelined requests.

const clients = 10

/** Time for the requests to arrive before the disconnect, on a busy machine. */
const patience = 15_000

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`

interface Held {
  readonly server: Server
  readonly port: number
  /** Requests whose handler is waiting. */
  waiting: number
  /** How many of them got 'close' on their response. */
  closed: number
}

/** A server whose `/wait` never answers. */
async function holding(side: Side, prepare: (server: Server) => void = () => {}): Promise<Held> {
  const held = { waiting: 0, closed: 0 }
  const { server, port } = await serve(
    (req, res) => {
      if (req.url !== '/wait') return void res.end('ok')
      held.waiting++
      res.on('close', () => held.closed++)
    },
    (made) => {
      prepare(made)
      side.attach(made)
    },
    side.tls,
  )
  return Object.assign(held, { server, port })
}

const ways: Readonly<Record<string, (client: RawClient) => void>> = {
  RST: (client) => client.reset(),
  FIN: (client) => client.close(),
}

// After more than 120, Node itself no longer notices, or aborts over TLS. A limit of the kit must not cause this.
const counts = (side: Side): readonly number[] => [0, 1, 99, 100, 120, ...(side.isKit ? [400, 1_000] : [])]

const cases = sides.flatMap((side) =>
  Object.keys(ways).flatMap((way) => counts(side).map((count) => [side.name, way, count, side] as const)),
)

describe('clients that disconnect', () => {
  it.each(cases)('on %s by %s behind %d pipelined requests', async (_, way, count, side) => {
    const held = await holding(side)
    const all = await Promise.all(
      Array.from({ length: clients }, () => RawClient.open({ port: held.port, tls: side.tls })),
    )
    for (const client of all) client.write(get('/wait') + get('/').repeat(count))
    await eventually(() => held.waiting === clients, 'the waiting requests', patience)
    expect(held.closed).toBe(0)
    for (const client of all) ways[way]!(client)
    await eventually(
      () => held.closed === clients,
      () => `'close' on ${clients} responses, ${held.closed} heard`,
    )
    await allGone(held.server)
  })

  it.each(cases.filter(([, , count]) => count === 120))(
    'on %s by %s while %d requests arrive in many pieces',
    async (_, way, count, side) => {
      const held = await holding(side)
      const client = await RawClient.open({ port: held.port, tls: side.tls })
      client.write(get('/wait'))
      await eventually(() => held.waiting === 1, 'the waiting request', patience)
      client.socket.setNoDelay(true)
      for (let i = 0; i < count; i++) {
        client.write(get('/'))
        await new Promise((done) => setImmediate(done))
      }
      ways[way]!(client)
      await eventually(() => held.closed === 1, "'close' on the response")
      await allGone(held.server)
    },
  )
})

describe.each(sides)('a client that half-closes behind its requests, on $name', (side) => {
  it.each([1, 120])('is reported as gone if the app does not allow half-open, %d requests', async (count) => {
    const held = await holding(side)
    const client = await RawClient.open({ port: held.port, tls: side.tls })
    client.write(get('/wait') + get('/').repeat(count - 1))
    client.socket.end()
    await eventually(() => held.closed === 1, "'close' on the response")
    expect(client.text).toBe('')
    await allGone(held.server)
    client.close()
  })
})

// Over TLS Node has no half-open mode: it ends its side with the client's.
describe.each(sides.filter(({ tls }) => !tls))(
  'a client that half-closes behind its requests, on $name',
  (side) => {
    it.each([1, 3, 120])('gets its answers where the app allows half-open, %d requests', async (count) => {
      const answers: (() => void)[] = []
      const { server, port } = await serve(
        (req, res) => {
          const answer = (): void => void res.end(req.url)
          if (req.url === '/1') answers.push(answer)
          else answer()
        },
        (made) => {
          Object.assign(made, { httpAllowHalfOpen: true })
          side.attach(made)
        },
        side.tls,
      )
      const client = await RawClient.open({ port, tls: side.tls })
      const paths = Array.from({ length: count }, (_, i) => `/${i + 1}`)
      client.write(paths.map(get).join(''))
      client.socket.end()
      await eventually(() => answers.length === 1, 'the first request')
      answers[0]!()
      expect((await client.until(count)).map(({ body }) => body)).toEqual(paths)
      expect(await client.end()).toBe('FIN')
      await allGone(server)
      client.close()
    })
  },
)
