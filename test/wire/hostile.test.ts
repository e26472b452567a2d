import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { makeKit, type TestKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { numbersAddUp, requestsOf } from '../support/sums.ts'
import { eventually, sleep } from '../support/within.ts'

const echo: RequestListener = (req, res) => {
  req.resume()
  req.on('end', () => res.end('ok'))
}

let used: TestKit[] = []
const make: typeof makeKit = (options) => {
  const made = makeKit(options)
  used.push(made)
  return made
}
afterEach(() => {
  for (const { kit, closed } of used) {
    numbersAddUp(kit)
    expect(kit.snapshot().requests.total).toBe(requestsOf(closed))
  }
  used = []
})

it('answers a slow-headers attack of 1,000 sockets with 408s, and keeps none of them', {
  timeout: 30_000,
}, async () => {
  const { kit, closed } = make({ headersTimeout: 6_000 })
  const { port } = await serve(echo, kit.attach, false, { connectionsCheckingInterval: 100 })
  const attackers = await Promise.all(Array.from({ length: 1_000 }, () => RawClient.open({ port })))
  for (const attacker of attackers) attacker.write('GET / HTTP/1.1\r\nX-Slow: ')
  const dripping = setInterval(() => {
    for (const attacker of attackers) if (!attacker.ended) attacker.write('a')
  }, 200)
  const user = await RawClient.open({ port })
  expect((await user.get()).body).toBe('ok')
  await eventually(() => attackers.every(({ ended }) => ended), 'the attackers to be gone', 20_000)
  clearInterval(dripping)
  for (const attacker of attackers) attacker.close()
  expect((await user.get()).body).toBe('ok')
  user.close()
  await eventually(() => closed.length === 1_001, 'all closes')
  expect(kit.snapshot()).toMatchObject({
    connections: { open: 0, reasons: { 'header-timeout': 1_000, 'client-idle': 1 } },
    requests: { total: 2, refused: 1_000 },
  })
  for (const attacker of attackers) expect(attacker.text).toMatch(/^HTTP\/1.1 408 /)
})

it('tells resets in the middle of bodies', async () => {
  const { kit, closed } = make()
  const { port } = await serve(echo, kit.attach)
  const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.open({ port })))
  for (const client of clients)
    client.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 99\r\n\r\npart')
  await eventually(() => kit.snapshot().connections.states.active === 50, 'all requests')
  for (const client of clients) client.reset()
  await eventually(() => closed.length === 50, 'all closes')
  expect(kit.snapshot().connections.reasons).toMatchObject({ 'client-reset': 50 })
})

describe('half-closed clients', () => {
  const half = 'GET / HTTP/1.1\r\nHost: test\r\n\r\n'

  it('get an answer that is given at once, as without the kit', async () => {
    const { kit, nextClosed } = make()
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach)
    const client = await RawClient.open({ port })
    client.write(half).socket.end()
    expect((await client.until(1))[0]!.body).toBe('ok')
    expect(await client.end()).toBe('FIN')
    expect(await nextClosed()).toMatchObject({ closedBy: 'client', requests: 1 })
  })

  it('get a late answer where the server has httpAllowHalfOpen, as without the kit', async () => {
    const { kit, nextClosed } = make()
    const { port } = await serve(
      (_req, res) => void setTimeout(() => res.end('late'), 50),
      (server) => {
        kit.attach(server)
        ;(server as unknown as { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true
      },
    )
    const client = await RawClient.open({ port })
    client.write(half).socket.end()
    expect((await client.until(1))[0]!.body).toBe('late')
    expect(await client.end()).toBe('FIN')
    expect(await nextClosed()).toMatchObject({ requests: 1 })
  })
})

describe('what cannot be taken for a request', () => {
  it.each([
    ['431, a head beyond the limit', `GET / HTTP/1.1\r\nHost: test\r\nX-Big: ${'x'.repeat(200_000)}`, 431],
    ['400, no HTTP, and much of it', 'no http\r\n'.repeat(50_000), 400],
  ])('is answered with %s, then FIN, though more is on its way', async (_, bytes, status) => {
    const { kit, nextClosed } = make()
    const { port } = await serve(echo, kit.attach)
    const client = await RawClient.open({ port })
    client.write(bytes)
    expect((await client.until(1))[0]!.status).toBe(status)
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'bad-request', closedBy: 'server', late: 0 })
  })

  it("is left to a 'clientError' listener where there is one", async () => {
    const { kit, nextClosed } = make()
    const { port } = await serve(echo, (server) => {
      kit.attach(server)
      server.on('clientError', (_error, socket) =>
        socket.end('HTTP/1.1 418 Own\r\nContent-Length: 0\r\n\r\n'),
      )
    })
    const client = await RawClient.open({ port })
    client.write('no http\r\n\r\n')
    expect((await client.until(1))[0]!.status).toBe(418)
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'bad-request', closedBy: 'server' })
  })
})

describe("the user's own timeouts", () => {
  it("a 'timeout' listener is told of an idle connection, which is closed all the same", async () => {
    const { kit, nextClosed } = make({ keepAliveTimeout: 50 })
    let told = 0
    const { port } = await serve(echo, (server) => {
      kit.attach(server)
      server.on('timeout', () => told++)
    })
    const client = await RawClient.open({ port })
    await client.get()
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'idle-timeout' })
    expect(told).toBe(1)
  })

  it("a 'timeout' listener that destroys the socket does so after the last look", async () => {
    const { kit, nextClosed } = make({ keepAliveTimeout: 50 })
    const { port } = await serve(echo, (server) => {
      kit.attach(server)
      server.on('timeout', (socket) => socket.destroy())
    })
    const client = await RawClient.open({ port })
    await client.get()
    await client.end()
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'idle-timeout', closedBy: 'server' })
  })

  it('server.setTimeout() with a callback decides on a request under way', async () => {
    const { kit, nextClosed } = make()
    const { port } = await serve(
      (_req, res) => void setTimeout(() => res.end('in the end'), 150),
      (server) => {
        kit.attach(server)
        server.setTimeout(50, () => {})
      },
    )
    const client = await RawClient.open({ port })
    expect((await client.get()).body).toBe('in the end')
    client.close()
    await nextClosed()
  })
})

it('counts late requests by what stands on the wire, and executes none', async () => {
  const { kit, nextClosed } = make()
  let ran = 0
  const { port } = await serve((_req, res) => {
    ran++
    res.setHeader('Connection', 'close').end('ok')
  }, kit.attach)
  const client = await RawClient.open({ port })
  await client.get()
  expect(await client.end()).toBe('FIN')
  client.write('POST /late HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi')
  await sleep(50)
  client.write('GET /later HTTP/1.1\r\nHost: test\r\n\r\n')
  await sleep(50)
  client.socket.end()
  expect(await nextClosed()).toMatchObject({ reason: 'app', late: 2, requests: 1 })
  expect(ran).toBe(1)
  expect(kit.snapshot().requests.late).toBe(2)
})
