import { expect, it } from 'vitest'
import { H2Client } from '../support/h2.ts'
import { serveH2 } from '../support/h2-server.ts'
import { makeKit } from '../support/kit.ts'

// A client sends a refused request again once at most (RFC 9113 §8.7). What a drained server refuses on a session that has just
// begun may have been refused before, by another one.
it.each([
  ['while a server is drained', { drain: true }, {}],
  ['past its age', { drain: false }, { maxAge: 1, jitter: 0 }],
])('requests that arrive together %s are answered together', async (_, { drain }, options) => {
  const { kit } = makeKit(options)
  const { port } = await serveH2((_req, res) => void res.end('ok'), kit.attach)
  if (drain) void kit.drain({ wait: 1_000 })
  const client = await H2Client.open({ port })
  const streams = client.askAtOnce(10)
  expect(await Promise.all(streams.map((stream) => client.answer(stream)))).toEqual(streams.map(() => 200))
  expect(await client.untilGoaway()).toMatchObject({ last: streams.at(-1), code: 0 })
  client.close()
})
