import { createSecureServer } from 'node:http2'
import { expect, it } from 'vitest'
import { keepAlive } from '../../src/index.ts'
import { H2Client } from '../support/h2.ts'
import { type H2Handler, listenH2, makeH2Server, serveH2 } from '../support/h2-server.ts'
import { makeKit } from '../support/kit.ts'
import { certificate } from '../support/tls.ts'
import { collectWarnings } from '../support/warnings.ts'
import { eventually, sleep } from '../support/within.ts'

const answer: H2Handler = (_req, res) => void res.end('ok')
const announced = { last: 2 ** 31 - 1, code: 0 }

it('announces the end; what comes before the client knows is answered, and the second GOAWAY names it', async () => {
  const { kit, nextClosed } = makeKit({ goaway: 'lossless', maxRequests: 2 })
  const { port } = await serveH2(answer, kit.attach)
  const client = await H2Client.open({ port, holdsPings: true })
  const streams = client.askAtOnce(5)
  expect(await client.untilGoaway()).toEqual(announced)
  const crossed = client.ask()
  for (const stream of [...streams, crossed]) expect(await client.answer(stream)).toBe(200)
  expect(client.goaways).toHaveLength(1)
  client.answerPings()
  expect(await client.untilEnd()).toBe('FIN')
  expect(client.goaways[1]).toEqual({ last: crossed, code: 0 })
  const closed = await nextClosed()
  expect(closed).toMatchObject({ requests: 6, reason: 'max-requests' })
  expect(kit.snapshot().requests).toMatchObject({ total: 6, answered: 6, refused: 0 })
  const told = kit.timeline(closed.id)!.filter(({ event }) => event === 'goaway')
  expect(told.map(({ detail }) => detail)).toEqual([
    'max-requests, announced',
    `max-requests (last stream ${crossed})`,
  ])
})

it('ends without an answer to its PING too', async () => {
  const { kit, nextClosed } = makeKit({ goaway: 'lossless', maxRequests: 1, linger: 50 })
  const { port } = await serveH2(answer, kit.attach)
  const client = await H2Client.open({ port, holdsPings: true })
  await client.get()
  await client.untilGoaway()
  expect(await client.untilEnd()).toBe('FIN')
  expect(await nextClosed()).toMatchObject({ reason: 'max-requests' })
})

it('closes an idle session, and one whose client has gone', async () => {
  const { kit, closed } = makeKit({ goaway: 'lossless', keepAliveTimeout: 100, keepAliveTimeoutBuffer: 0 })
  const { port } = await serveH2(answer, kit.attach)
  const idle = await H2Client.open({ port })
  await idle.get()
  expect(await idle.untilEnd()).toBe('FIN')
  expect(idle.goaways.slice(0, 2)).toEqual([announced, { last: 1, code: 0 }])
  const gone = await H2Client.open({ port, holdsPings: true })
  await gone.get()
  await gone.untilGoaway()
  gone.close()
  await eventually(() => closed.length === 2, 'two closed records')
  expect(closed.map(({ reason }) => reason)).toEqual(['idle-timeout', 'client-idle'])
})

it('a drain', async () => {
  const { kit, closed } = makeKit({ goaway: 'lossless' })
  const { port } = await serveH2((_req, res) => void setTimeout(() => res.end('ok'), 100), kit.attach)
  const [idle, busy] = [await H2Client.open({ port }), await H2Client.open({ port, holdsPings: true })]
  await idle.get()
  const asked = busy.ask()
  await eventually(() => kit.snapshot().connections.states.active === 1, 'the request')
  const drained = kit.drain({ timeout: 1_500 })
  await busy.untilGoaway()
  const crossed = busy.ask()
  expect(await busy.answer(asked)).toBe(200)
  busy.answerPings()
  expect(await busy.answer(crossed)).toBe(200)
  expect(await drained).toMatchObject({ answered: 2, closedIdle: 1 })
  for (const client of [idle, busy]) expect(client.goaways[0]).toEqual(announced)
  expect(closed.map(({ reason }) => reason)).toEqual(['drain', 'drain'])
})

it('no frame is split while a large response is written', async () => {
  const { kit } = makeKit({ goaway: 'lossless', maxRequests: 8 })
  const size = 300_000
  const { port } = await serveH2((_req, res) => void res.end(Buffer.alloc(size)), kit.attach)
  const client = await H2Client.open({ port, window: 2 ** 30 })
  const streams: number[] = []
  for (let i = 0; i < 8; i++) {
    streams.push(client.ask())
    await sleep(1)
  }
  for (const stream of streams) {
    await client.answer(stream)
    const data = client.of(stream).filter(({ name }) => name === 'DATA')
    expect(data.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(size)
  }
  expect(await client.untilEnd()).toBe('FIN')
  expect(client.frames.some(({ name }) => name === 'unknown')).toBe(false)
})

it('is refused for a server with TLS; the middleware works without it and says so', async () => {
  const server = createSecureServer(await certificate())
  const error = (() => {
    try {
      keepAlive({ goaway: 'lossless' }).attach(server)
    } catch (thrown) {
      return thrown
    }
  })()
  expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_LOSSLESS_ON_TLS', option: 'goaway' })
  const told = collectWarnings()
  const { kit } = makeKit({ goaway: 'lossless', maxRequests: 2 })
  const mounted = await makeH2Server((req, res) => kit(req as never, res as never, () => res.end('ok')), true)
  const client = await H2Client.open({ port: await listenH2(mounted), tls: true })
  await client.get()
  await client.get()
  expect(await client.untilGoaway()).toEqual({ last: 3, code: 0 })
  expect(told.map(({ code }) => code)).toContain('KEEPALIVE_LOSSLESS_ON_TLS')
  expect(await client.untilEnd()).toBe('FIN')
})
