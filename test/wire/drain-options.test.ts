import { describe, expect, it } from 'vitest'
import { type DrainOptions, KeepAliveError } from '../../src/index.ts'
import { endWithServer, nothingForced } from '../support/drains.ts'
import { makeGate } from '../support/gate.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { makeServer, serve } from '../support/server.ts'
import { kitSides } from '../support/sides.ts'
import { eventually, within } from '../support/within.ts'

describe('a drain rejects numbers that leave it no time', () => {
  it.each<[DrainOptions, string]>([
    [{ timeout: 100, wait: 100 }, 'drain().wait'],
    [{ timeout: 100, wait: 5_000 }, 'drain().wait'],
    [{ wait: 30_000 }, 'drain().wait'],
    [{ timeout: 100, spread: 101 }, 'drain().spread'],
    [{ spread: 30_001 }, 'drain().spread'],
  ])('%o', async (options, option) => {
    const { kit } = makeKit()
    const { server, port } = await serve((_req, res) => void res.end('ok'), kit.attach)
    const client = endWithServer(await RawClient.open({ port }))
    const refused = kit.drain(options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    const error = await within(3_000, 'the refusal', refused)
    expect(error).toBeInstanceOf(KeepAliveError)
    expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_OPTION_RANGE', option })
    // The message has both numbers: the reader knows which one is wrong.
    expect((error as KeepAliveError).message).toContain(String(options.timeout ?? 30_000))
    // Nothing has started: the server still serves, and a drain with other numbers works.
    expect(server.listening).toBe(true)
    expect((await client.get()).headers.connection).toBe('keep-alive')
    client.socket.end()
    expect(await within(8_000, 'the drain', kit.drain())).toMatchObject({ forced: nothingForced })
    expect(server.listening).toBe(false)
  })

  it('and accepts numbers that leave it time', async () => {
    const { kit } = makeKit({ minIdle: 0 })
    await serve((_req, res) => void res.end('ok'), kit.attach)
    const report = await within(3_000, 'the drain', kit.drain({ timeout: 500, wait: 100, spread: 500 }))
    expect(report.forced).toEqual(nothingForced)
    expect(report.duration).toBeGreaterThanOrEqual(100)
  })
})

describe.each(kitSides)('a readiness that never settles, on $name', ({ tls }) => {
  it('gets half of the time that wait leaves, and nothing is forced', async () => {
    const { kit } = makeKit({ minIdle: 0 })
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach, tls)
    const client = endWithServer(await RawClient.open({ port, tls }))
    await client.get()
    const readiness = (): Promise<void> => new Promise(() => {})
    const report = await within(8_000, 'the drain', kit.drain({ timeout: 4_000, wait: 2_000, readiness }))
    expect(report).toMatchObject({ closedIdle: 1, forced: nothingForced })
  })

  it('gets a share of the timeout, and nothing is forced', async () => {
    const { kit, closed } = makeKit()
    const answer = makeGate()
    const { server, port } = await serve(
      async (req, res) => {
        if (req.url === '/slow') await answer.opened
        res.end('ok')
      },
      kit.attach,
      tls,
    )
    const [idle, slow] = await Promise.all([RawClient.open({ port, tls }), RawClient.open({ port, tls })])
    for (const client of [idle, slow]) endWithServer(client)
    await idle.get()
    await eventually(() => kit.snapshot().requests.answered === 1, 'the end of the first response')
    slow.write('GET /slow HTTP/1.1\r\nHost: test\r\n\r\n')
    await eventually(() => kit.snapshot().connections.states.active === 1, 'the request')
    const drained = kit.drain({ timeout: 4_000, readiness: () => new Promise(() => {}) })
    await eventually(() => !server.listening, 'the end of the wait for readiness', 4_000)
    answer.open()
    expect((await slow.until(1))[0]).toMatchObject({ body: 'ok', headers: { connection: 'close' } })
    const report = await within(6_000, 'the drain', drained)
    expect(report).toMatchObject({ answered: 1, closedIdle: 1, late: 0, forced: nothingForced })
    expect(report.duration).toBeLessThan(4_000)
    expect([idle.ended, slow.ended]).toEqual(['FIN', 'FIN'])
    expect(closed.map(({ reason }) => reason)).toEqual(['drain', 'drain'])
  })
})

it('a readiness that hangs leaves time for `wait` too', async () => {
  const { kit } = makeKit()
  const { port } = await serve((_req, res) => void res.end('ok'), kit.attach)
  const client = endWithServer(await RawClient.open({ port }))
  await client.get()
  const hung = { timeout: 4_000, wait: 1_000, readiness: () => new Promise(() => {}) }
  const report = await within(6_000, 'the drain', kit.drain(hung))
  expect(report).toMatchObject({ closedIdle: 1, forced: nothingForced })
  expect(report.duration).toBeGreaterThanOrEqual(1_000)
  expect(report.duration).toBeLessThan(4_000)
  expect(client.ended).toBe('FIN')
})

describe('the drain of a kit without a server', () => {
  const refusal = { name: 'KeepAliveError', code: 'ERR_KEEPALIVE_NOT_ATTACHED' }

  it('is rejected, before attach() and after detach()', async () => {
    const { kit } = makeKit()
    const server = await makeServer((_req, res) => void res.end('ok'))
    await expect(kit.drain()).rejects.toBeInstanceOf(KeepAliveError)
    await expect(kit.drain()).rejects.toMatchObject(refusal)
    kit.attach(server)
    kit.detach()
    await expect(kit.drain()).rejects.toMatchObject(refusal)
  })

  it('does not call readiness, and does not count as the drain', async () => {
    const { kit } = makeKit()
    let calls = 0
    const readiness = () => calls++
    await expect(kit.drain({ readiness })).rejects.toMatchObject(refusal)
    expect(calls).toBe(0)
    const { server, port } = await serve((_req, res) => void res.end('ok'), kit.attach)
    const client = endWithServer(await RawClient.open({ port }))
    expect((await client.get()).headers.connection).toBe('keep-alive')
    client.socket.end()
    expect(await within(8_000, 'the drain', kit.drain({ readiness }))).toMatchObject({
      forced: nothingForced,
    })
    expect([calls, server.listening]).toEqual([1, false])
  })
})
