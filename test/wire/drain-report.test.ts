import type { Server } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { endWithServer, nothingForced } from '../support/drains.ts'
import { makeKit } from '../support/kit.ts'
import { openIdle, RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { kitSides } from '../support/sides.ts'
import { sum } from '../support/sums.ts'
import { eventually, within } from '../support/within.ts'

describe.each(kitSides)('`forced` in the report of a drain, on $name', ({ tls }) => {
  it('omits what the app destroys at about the same time', async () => {
    const { kit } = makeKit()
    const count = 40
    const timeout = 300
    let destroyedByApp = 0
    let requests = 0
    const { port } = await serve(
      (req) => {
        requests++
        // One after another, from before the timeout to after it.
        setTimeout(
          () => {
            if (!req.socket.destroyed) destroyedByApp++
            req.socket.destroy()
          },
          timeout * 0.8 + requests * (timeout / 100),
        )
      },
      kit.attach,
      tls,
    )
    const clients = await Promise.all(Array.from({ length: count }, () => RawClient.open({ port, tls })))
    for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
    await eventually(() => requests === count, 'the requests')
    const drained = kit.drain({ timeout })
    // The loop is busy: due timers run together, and the sockets that they destroyed have not emitted 'close' yet.
    const block = setTimeout(() => {
      for (const end = performance.now() + timeout * 0.6; performance.now() < end; );
    }, timeout * 0.6)
    onTestFinished(() => clearTimeout(block))
    const report = await within(5_000, 'the drain', drained)
    await eventually(() => kit.snapshot().connections.open === 0, 'the last close')
    expect(sum(report.forced) + destroyedByApp).toBe(count)
    for (const client of clients) client.close()
  })

  it('omits what linger ends before the timeout', async () => {
    for (let round = 0; round < 5; round++) {
      const { kit } = makeKit({ minIdle: 0, linger: 30 + round })
      const { port } = await serve((_req, res) => void res.end('ok'), kit.attach, tls)
      // They keep their side open: only linger ends them, all at about the same time.
      const clients = await openIdle(port, 10, tls)
      const report = await within(8_000, 'the drain', kit.drain({ timeout: 20_000 }))
      expect(report).toMatchObject({ closedIdle: 10, forced: nothingForced })
      for (const client of clients) client.close()
    }
  })
})

describe('a drain does not warn', () => {
  it.each([
    ['at its defaults', {}],
    ['without a timeout to speak of', { timeout: 1 }],
    ['with a wait', { timeout: 200, wait: 20 }],
    [
      'with a readiness as long as its timeout',
      { timeout: 50, readiness: () => new Promise((done) => setTimeout(done, 60)) },
    ],
    ['with a readiness that never settles', { timeout: 50, readiness: () => new Promise(() => {}) }],
  ])('%s', async (_, options) => {
    const warnings: string[] = []
    const note = (warning: Error): void => void warnings.push(`${warning.name}: ${warning.message}`)
    process.on('warning', note)
    onTestFinished(() => void process.off('warning', note))
    const { kit } = makeKit({ minIdle: 0 })
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach)
    const client = endWithServer(await RawClient.open({ port }))
    await client.get()
    await within(8_000, 'the drain', kit.drain(options))
    // Warnings are emitted in the next loop turn.
    await new Promise((done) => setImmediate(done))
    expect(warnings.filter((warning) => /negative|TimeoutOverflow/i.test(warning))).toEqual([])
    client.close()
  })
})

describe("an app's own closeIdleConnections", () => {
  const own = (server: Server) => Object.getOwnPropertyDescriptor(server, 'closeIdleConnections')

  const assign = (server: Server): void => void Object.assign(server, { closeIdleConnections() {} })
  const define = (server: Server): void =>
    void Object.defineProperty(server, 'closeIdleConnections', { value: () => {} })

  it.each([
    ['assigned before attach()', 'before', assign],
    ['assigned after attach()', 'after', assign],
    ['defined for good', 'before', define],
  ] as const)('outlives a drain: %s', async (_, when, override) => {
    const { kit } = makeKit({ minIdle: 0 })
    const { server } = await serve(
      (_req, res) => void res.end('ok'),
      (made) => {
        if (when === 'before') override(made)
        kit.attach(made)
        if (when === 'after') override(made)
      },
    )
    const before = own(server)
    expect(before).toBeDefined()
    await within(8_000, 'the drain', kit.drain())
    expect(own(server)).toEqual(before)
    expect(server.listening).toBe(false)
  })

  it('is absent after a drain if it was absent before', async () => {
    const { kit } = makeKit({ minIdle: 0 })
    const { server } = await serve((_req, res) => void res.end('ok'), kit.attach)
    await within(8_000, 'the drain', kit.drain())
    expect(own(server)).toBeUndefined()
  })
})
