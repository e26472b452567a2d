import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createNetServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { listen, makeServer } from '../support/server.ts'
import { numbersAddUp } from '../support/sums.ts'
import { eventually } from '../support/within.ts'

// One server accepts, another one serves: sticky sessions, http and https on one port.

const answer: RequestListener = (_req, res) => void res.end('ok')

async function open(port: number, tls: boolean): Promise<RawClient> {
  const client = await RawClient.open({ port, tls })
  onTestFinished(() => client.close())
  return client
}

/** An HTTP server that only hands each socket to another server. */
async function makeDoor(inner: Server): Promise<Server> {
  const door = await makeServer(answer)
  door.removeAllListeners('connection')
  door.on('connection', (socket: Socket) => void inner.emit('connection', socket))
  return door
}

describe.each([
  ['http', false],
  ['https', true],
])('a socket handed to another server over %s', (_, tls) => {
  it('by a server of the same kit has one record, which ends', async () => {
    const { kit, closed } = makeKit()
    const inner = await makeServer(answer, tls)
    const door = await makeDoor(inner)
    kit.attach(inner)
    kit.attach(door)
    const client = await open(await listen(door), tls)
    for (const requests of [1, 2]) {
      expect((await client.get()).headers).toMatchObject({
        connection: 'keep-alive',
        'keep-alive': 'timeout=65',
      })
      expect(kit.connections()).toMatchObject([{ requests, tls: tls ? 'TLSv1.3' : null }])
    }
    client.close()
    await eventually(() => closed.length > 0, 'a closed record')
    await eventually(
      () => kit.connections().length === 0,
      () => `no connection, but ${JSON.stringify(kit.connections())}`,
    )
    expect(closed).toMatchObject([{ requests: 2, reason: 'client-idle' }])
    expect(kit.snapshot().connections).toMatchObject({ opened: 1, closed: 1, open: 0 })
    numbersAddUp(kit)
  })

  it('by a server of another kit leaves no record in either', async () => {
    const outer = makeKit()
    const { kit, closed } = makeKit()
    const inner = await makeServer(answer, tls)
    const door = await makeDoor(inner)
    kit.attach(inner)
    outer.kit.attach(door)
    const client = await open(await listen(door), tls)
    expect((await client.get()).body).toBe('ok')
    expect((await client.get()).body).toBe('ok')
    expect(kit.connections()).toMatchObject([{ requests: 2 }])
    client.close()
    await eventually(() => closed.length === 1, 'the closed record')
    await eventually(
      () => kit.connections().length + outer.kit.connections().length === 0,
      () => `no connection, but ${JSON.stringify(outer.kit.connections())}`,
    )
    for (const each of [kit, outer.kit]) numbersAddUp(each)
  })

  it('closes normally after a last response', async () => {
    const { kit, nextClosed } = makeKit({ maxRequests: 2 })
    const inner = await makeServer(answer, tls)
    const door = await makeDoor(inner)
    kit.attach(inner).attach(door)
    const client = await open(await listen(door), tls)
    await client.get()
    expect((await client.get()).headers.connection).toBe('close')
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(await nextClosed()).toMatchObject({ requests: 2, reason: 'max-requests', closedBy: 'server' })
    expect(kit.snapshot().connections).toMatchObject({ opened: 1, closed: 1, open: 0 })
  })

  it('to a server that never listens is kept alive', async () => {
    const { kit } = makeKit()
    const inner = await makeServer(answer, tls)
    kit.attach(inner)
    const door = createNetServer((socket) => inner.emit('connection', socket))
    onTestFinished(() => void door.close())
    const client = await open(await listen(door as Server), tls)
    for (const requests of [1, 2, 3]) {
      expect((await client.get()).headers).toMatchObject({
        connection: 'keep-alive',
        'keep-alive': 'timeout=65',
      })
      expect(kit.connections()).toMatchObject([{ requests }])
    }
  })
})

it('http and https on one port: a record for each connection, and all end', async () => {
  const { kit } = makeKit()
  const [http, https] = [await makeServer(answer), await makeServer(answer, true)]
  kit.attach(http).attach(https)
  const door = createServer()
  door.removeAllListeners('connection')
  door.on('connection', (socket: Socket) =>
    socket.once('readable', () => {
      const first: Buffer | null = socket.read(1)
      if (!first) return
      socket.unshift(first)
      ;(first[0] === 22 ? https : http).emit('connection', socket)
    }),
  )
  kit.attach(door)
  const port = await listen(door)
  onTestFinished(() => void door.close())
  const clients = await Promise.all([false, true, false, true].map((tls) => open(port, tls)))
  for (const client of clients) expect((await client.get()).body).toBe('ok')
  expect(kit.connections().map(({ requests }) => requests)).toEqual([1, 1, 1, 1])
  expect(kit.connections().filter(({ tls }) => tls === null)).toHaveLength(2)
  for (const client of clients) client.close()
  await eventually(() => kit.connections().length === 0, 'all closes')
  expect(kit.snapshot().connections).toMatchObject({ opened: 4, closed: 4 })
})
