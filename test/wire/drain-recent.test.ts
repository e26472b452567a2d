import { describe, expect, it } from 'vitest'
import { endWithServer, nothingForced } from '../support/drains.ts'
import { makeGate } from '../support/gate.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { kitSides } from '../support/sides.ts'
import { eventually, sleep, within } from '../support/within.ts'

// A drain keeps a connection in use open for its next request, and closes the others without loss.

describe.each(kitSides)('a drain on $name', ({ tls }) => {
  it('keeps a connection that was just used for its next request', async () => {
    const { kit, nextClosed } = makeKit()
    const { server, port } = await serve((_req, res) => void res.end('ok'), kit.attach, tls)
    const client = endWithServer(await RawClient.open({ port, tls }))
    await client.get()
    await sleep(300)
    const drained = kit.drain()
    await eventually(() => !server.listening, 'the drain to begin')
    await sleep(300)
    expect(client.ended).toBeUndefined()
    expect(await client.get()).toMatchObject({ body: 'ok', headers: { connection: 'close' } })
    expect(await client.end()).toBe('FIN')
    expect(await within(6_000, 'the drain', drained)).toMatchObject({
      answered: 1,
      closedIdle: 0,
      late: 0,
      forced: nothingForced,
    })
    expect(await nextClosed()).toMatchObject({ reason: 'drain', closedBy: 'server', requests: 2 })
  })

  it('closes it in the end if no request arrives', async () => {
    const { kit, nextClosed } = makeKit()
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach, tls)
    const client = endWithServer(await RawClient.open({ port, tls }))
    await client.get()
    const report = await within(6_000, 'the drain', kit.drain())
    expect(report).toMatchObject({ answered: 0, closedIdle: 1, late: 0, forced: nothingForced })
    expect(client.ended).toBe('FIN')
    expect(await nextClosed()).toMatchObject({ reason: 'drain', closedBy: 'server', requests: 1 })
  })

  it('forces nothing if its timeout is shorter than this time', async () => {
    const { kit } = makeKit()
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach, tls)
    const client = endWithServer(await RawClient.open({ port, tls }))
    await client.get()
    const report = await within(4_000, 'the drain', kit.drain({ timeout: 1_000 }))
    expect(report).toMatchObject({ closedIdle: 1, forced: nothingForced })
    expect(client.ended).toBe('FIN')
  })

  it('answers the first request of a connection that a load balancer has opened in advance', async () => {
    const { kit } = makeKit({ minIdle: 2_000 })
    const { server, port } = await serve((_req, res) => void res.end('ok'), kit.attach, tls)
    const [used, never] = await Promise.all([RawClient.open({ port, tls }), RawClient.open({ port, tls })])
    for (const client of [used, never]) endWithServer(client)
    await eventually(() => kit.snapshot().connections.states.new === 2, 'two connections without a request')
    const drained = kit.drain()
    await eventually(() => !server.listening, 'the drain to begin')
    expect(await used.get()).toMatchObject({ body: 'ok', headers: { connection: 'close' } })
    const report = await within(6_000, 'the drain', drained)
    expect(report).toMatchObject({ answered: 1, closedIdle: 1, late: 0, forced: nothingForced })
    // No unrequested 408: a pool would take it for the response to its next request.
    expect([never.text, never.ended]).toEqual(['', 'FIN'])
  })

  it('answers what was in the accept queue when it was called', async () => {
    // Longer than a handshake on a busy machine.
    const { kit } = makeKit({ minIdle: 2_000 })
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach, tls)
    const opening = Promise.all(Array.from({ length: 30 }, () => RawClient.open({ port, tls })))
    const drained = kit.drain()
    const clients = (await opening).map(endWithServer)
    const answers = await Promise.all(clients.map((client) => client.get()))
    expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(200))
    const report = await within(8_000, 'the drain', drained)
    expect(report).toMatchObject({ answered: 30, late: 0, forced: nothingForced })
    expect(clients.map(({ ended }) => ended)).toEqual(Array(30).fill('FIN'))
  })

  it('answers the request whose handler started the drain', async () => {
    const { kit } = makeKit()
    const answer = makeGate()
    let drained: Promise<unknown> | undefined
    const { server, port } = await serve(
      async (_req, res) => {
        drained = kit.drain()
        await answer.opened
        res.end('going down')
      },
      kit.attach,
      tls,
    )
    const client = endWithServer(await RawClient.open({ port, tls }))
    const response = client.get()
    await eventually(() => drained !== undefined && !server.listening, 'the drain to begin')
    answer.open()
    expect(await response).toMatchObject({ body: 'going down', headers: { connection: 'close' } })
    expect(await client.end()).toBe('FIN')
    expect(await within(6_000, 'the drain', drained!)).toMatchObject({
      answered: 1,
      closedIdle: 0,
      forced: nothingForced,
    })
  })
})
