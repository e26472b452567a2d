import type { Server } from 'node:http'
import { createServer, type Server as NetServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { allGone } from '../support/all-gone.ts'
import { endWithServer, nothingForced } from '../support/drains.ts'
import { makeGate } from '../support/gate.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { listen, makeServer } from '../support/server.ts'
import { kitSides } from '../support/sides.ts'
import { eventually, within } from '../support/within.ts'

// Connections that another server accepts and hands over by `server.emit('connection', socket)`: sticky sessions do so,
// and one port for http and https. The kit's server does not count them, and may not listen at all.

/** A server that accepts connections and hands them over. */
async function acceptFor(server: Server): Promise<{ accepting: NetServer; port: number }> {
  const accepting = createServer((socket) => {
    // As is usual: nothing has been read yet.
    server.emit('connection', socket)
  })
  await new Promise<void>((done) => accepting.listen(0, '127.0.0.1', done))
  onTestFinished(() => void accepting.close())
  return { accepting, port: (accepting.address() as { port: number }).port }
}

describe.each(kitSides)('a drain of connections that were handed over, on $name', ({ tls }) => {
  it.each([false, true])('waits for them; their server listens too: %s', async (listens) => {
    const { kit, closed } = makeKit({ minIdle: 0 })
    const answer = makeGate()
    const server = await makeServer(async (req, res) => {
      if (req.url === '/slow') await answer.opened
      res.end('ok')
    }, tls)
    kit.attach(server)
    if (listens) await listen(server)
    const { accepting, port } = await acceptFor(server)
    const [idle, slow] = await Promise.all([RawClient.open({ port, tls }), RawClient.open({ port, tls })])
    for (const client of [idle, slow]) endWithServer(client)
    await idle.get()
    await eventually(() => kit.snapshot().requests.answered === 1, 'the end of the first response')
    slow.write('GET /slow HTTP/1.1\r\nHost: test\r\n\r\n')
    await eventually(() => kit.snapshot().connections.states.active === 1, 'the request')
    let isDone = false
    const drained = kit.drain().finally(() => {
      isDone = true
    })
    expect(await idle.end(6_000)).toBe('FIN')
    expect(isDone).toBe(false)
    answer.open()
    const [response] = await slow.until(1)
    expect(response).toMatchObject({ body: 'ok', headers: { connection: 'close' } })
    expect(await slow.end()).toBe('FIN')
    const report = await within(6_000, 'the drain', drained)
    expect(report).toMatchObject({ answered: 1, closedIdle: 1, late: 0, forced: nothingForced })
    await allGone(accepting)
    expect(closed.map(({ reason }) => reason)).toEqual(['drain', 'drain'])
    expect(kit.connections()).toEqual([])
  })

  it('destroys and counts endless connections at the timeout', async () => {
    const { kit, closed } = makeKit({ minIdle: 0 })
    const server = await makeServer(() => {}, tls)
    kit.attach(server)
    const { accepting, port } = await acceptFor(server)
    const client = await RawClient.open({ port, tls })
    client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
    await eventually(() => kit.snapshot().connections.states.active === 1, 'the request')
    const report = await within(5_000, 'the drain', kit.drain({ timeout: 300 }))
    expect(report.forced).toEqual({ ...nothingForced, active: 1 })
    expect(report.duration).toBeGreaterThanOrEqual(300)
    await allGone(accepting)
    await eventually(() => closed.length === 1, 'the closed record')
    expect(closed[0]).toMatchObject({ reason: 'drain', closedBy: 'server' })
    client.close()
  })

  it('answers connections that are handed over during the drain with Connection: close', async () => {
    const { kit } = makeKit()
    const answer = makeGate()
    const server = await makeServer(async (req, res) => {
      if (req.url === '/slow') await answer.opened
      res.end('ok')
    }, tls)
    kit.attach(server)
    await listen(server)
    const { port } = await acceptFor(server)
    const slow = endWithServer(await RawClient.open({ port, tls }))
    slow.write('GET /slow HTTP/1.1\r\nHost: test\r\n\r\n')
    await eventually(() => kit.snapshot().connections.states.active === 1, 'the request')
    const drained = kit.drain()
    await eventually(() => !server.listening, 'the drain to begin')
    const late = endWithServer(await RawClient.open({ port, tls }))
    expect(await late.get()).toMatchObject({ body: 'ok', headers: { connection: 'close' } })
    expect(await late.end()).toBe('FIN')
    answer.open()
    expect((await slow.until(1))[0]).toMatchObject({ headers: { connection: 'close' } })
    expect(await within(6_000, 'the drain', drained)).toMatchObject({ answered: 2, forced: nothingForced })
  })
})
