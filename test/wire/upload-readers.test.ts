import { expect, it } from 'vitest'
import { makeGate } from '../support/gate.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { sides } from '../support/sides.ts'
import { framings, type Heard, hear, readers, uploadHead } from '../support/uploads.ts'
import { eventually } from '../support/within.ts'

// Every way to read a body gets all of it, although the response ended before and was the last one.

const partSize = 50_000
const parts = 8

const cases = sides.flatMap((side) =>
  Object.keys(readers).map((reader) => [side.name, reader, side] as const),
)

it.each(cases)('on %s the app reads on behind its last answer: %s', async (_, reader, side) => {
  const answer = makeGate()
  const arrived = makeGate()
  let heard: Heard | undefined
  const { port } = await serve(
    async (req, res) => {
      if (req.method === 'GET') return void res.end('ok')
      heard = hear(req)
      readers[reader]!(req, heard, arrived.opened)
      await answer.opened
      res.writeHead(202).end('early')
    },
    (server) => {
      if (!side.isKit) server.maxRequestsPerSocket = 2
      side.attach(server, { maxRequests: 2 })
    },
    side.tls,
  )
  const client = await RawClient.open({ port, tls: side.tls })
  await client.get()
  const { part, end, ...framing } = framings.chunked
  const text = part('x'.repeat(partSize))
  client.write(uploadHead({ ...framing, part, end }, 0) + text)
  await eventually(() => (heard?.bytes ?? 0) > 0, 'the first bytes of the body')
  answer.open()
  expect((await client.until(2))[1]).toMatchObject({ status: 202, headers: { connection: 'close' } })
  arrived.open()
  for (let i = 1; i < parts; i++) client.write(text)
  client.write(end)
  await eventually(
    () => heard!.events.includes('close'),
    () => `'close' on the request, of which ${heard!.bytes} bytes came`,
  )
  expect(heard).toMatchObject({ bytes: partSize * parts, events: ['end', 'close'] })
  if (/loop|pipeline/.test(reader))
    await eventually(() => heard!.outcome === 'read', 'the end of the reading')
  if (side.isKit) expect(await client.end()).toBe('FIN')
  client.close()
})

it.each(sides)(
  'on $name two uploads on one connection are both whole, the last one answered early',
  async (side) => {
    const uploads: Heard[] = []
    const answers = [makeGate(), makeGate()]
    const { port } = await serve(
      async (req, res) => {
        const heard = hear(req)
        uploads.push(heard)
        const answer = answers[uploads.length - 1]!
        readers['for await loop']!(req, heard, answer.opened)
        await answer.opened
        res.end('early')
      },
      (server) => {
        if (!side.isKit) server.maxRequestsPerSocket = 2
        side.attach(server, { maxRequests: 2 })
      },
      side.tls,
    )
    const client = await RawClient.open({ port, tls: side.tls })
    for (const [i, answer] of answers.entries()) {
      client.write(`${uploadHead(framings['Content-Length'], 6)}abc`)
      await eventually(() => uploads[i]?.bytes === 3, 'the first half')
      answer.open()
      await client.until(i + 1)
      client.write('def')
      await eventually(() => uploads[i]!.outcome === 'read', `the rest of body ${i + 1}`)
      expect(uploads[i]).toMatchObject({ bytes: 6, events: ['end', 'close'] })
    }
    client.close()
  },
)
