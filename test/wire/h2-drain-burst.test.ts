import { expect, it } from 'vitest'
import { H2Client } from '../support/h2.ts'
import { serveH2 } from '../support/h2-server.ts'
import { makeKit } from '../support/kit.ts'

const statuses = (client: H2Client, streams: readonly number[]): Promise<unknown[]> =>
  Promise.all(streams.map((stream) => client.answer(stream)))

it('requests that arrive together past the age of a session are answered together', async () => {
  const { kit } = makeKit({ maxAge: 1, jitter: 0 })
  const { port } = await serveH2((_req, res) => void res.end('ok'), kit.attach)
  const client = await H2Client.open({ port })
  const streams = client.askAtOnce(10)
  expect(await statuses(client, streams)).toEqual(streams.map(() => 200))
  expect(await client.untilGoaway()).toMatchObject({ last: streams.at(-1), code: 0 })
  client.close()
})

// A client sends a refused request again once at most (RFC 9113 §8.7). What a drained server refuses on a session that has just
// begun may have been refused before, by another one.
it.each([false, true])('a drained server answers the requests of a round trip, over TLS: %s', async (tls) => {
  const { kit } = makeKit({})
  const { port } = await serveH2((_req, res) => void res.end('ok'), kit.attach, tls)
  void kit.drain({ wait: 1_000 })
  const client = await H2Client.open({ port, tls })
  const first = client.askAtOnce(1)
  expect(await statuses(client, first)).toEqual([200])
  const more = client.askAtOnce(10)
  expect(await statuses(client, more)).toEqual(more.map(() => 200))
  expect(client.goaways).toEqual([])
  client.answerPings()
  expect(await client.untilGoaway()).toMatchObject({ last: more.at(-1), code: 0 })
  client.close()
})
