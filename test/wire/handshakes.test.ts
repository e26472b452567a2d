import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Refs } from '../support/collect.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { numbersAddUp } from '../support/sums.ts'
import { eventually } from '../support/within.ts'

const count = 20
/** The beginning of a ClientHello, of 512 bytes. */
const hello = Buffer.from('16030102000100', 'hex')

interface Failure {
  /** The client's action after it has connected. */
  readonly act: (socket: Socket) => unknown
  /** When Node gives up the handshake, in ms. */
  readonly handshakeTimeout?: number
}

const failures: Readonly<Record<string, Failure>> = {
  'the client sends nothing and leaves': { act: (socket) => socket.end() },
  'the client resets at once': { act: (socket) => socket.resetAndDestroy() },
  'half a ClientHello comes, then the end': { act: (socket) => socket.end(hello) },
  'half a ClientHello comes, then a reset': {
    act: (socket) => socket.write(hello, () => socket.resetAndDestroy()),
  },
  'the client sends http': { act: (socket) => socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n') },
  'nothing ever comes': { act: () => {}, handshakeTimeout: 100 },
  'half a ClientHello comes and no more': { act: (socket) => socket.write(hello), handshakeTimeout: 100 },
}

async function setUp({ handshakeTimeout = 10_000 }: Partial<Failure> = {}) {
  const { kit, closed } = makeKit()
  const raw = new Refs()
  const { server, port } = await serve(
    (_req, res) => void res.end('ok'),
    (server) => {
      kit.attach(server)
      server.on('connection', (socket: Socket) => raw.add(socket))
      server.on('tlsClientError', () => {})
    },
    true,
    { handshakeTimeout } as object,
  )
  return { kit, closed, raw, server, port }
}

describe('a TLS handshake leaves no record and no socket if', () => {
  it.each(Object.entries(failures))('%s', async (_, failure) => {
    const { kit, raw, port } = await setUp(failure)
    for (let i = 0; i < count; i++) {
      const socket = connect(port, '127.0.0.1', () => failure.act(socket))
      socket.on('error', () => {}).resume()
      onTestFinished(() => void socket.destroy())
    }
    await eventually(() => raw.size === count, 'all connections')
    await eventually(
      () => kit.connections().length === 0,
      () => `no connection, but ${kit.connections().length}`,
    )
    const { opened, closed } = kit.snapshot().connections
    // A socket that is reset before Node has accepted it has no address, and may have no record.
    expect(opened).toBe(closed)
    numbersAddUp(kit)
    expect(await raw.left()).toBe(0)
  })

  it('the client refuses the certificate', async () => {
    const { kit, raw, port } = await setUp()
    for (let i = 0; i < count; i++)
      connectTls({ port, host: '127.0.0.1', rejectUnauthorized: true }).on('error', () => {})
    await eventually(() => raw.size === count, 'all connections')
    await eventually(() => kit.connections().length === 0, 'no connection')
    expect(kit.snapshot().connections).toMatchObject({ opened: count, closed: count })
    expect(await raw.left()).toBe(0)
  })

  it('the client has gone when it completes', async () => {
    const { kit, raw, port } = await setUp()
    for (let i = 0; i < count; i++) {
      const socket = connect(port, '127.0.0.1')
      const client = connectTls({ socket, rejectUnauthorized: false })
      client.on('error', () => {}).on('secureConnect', () => socket.resetAndDestroy())
    }
    await eventually(() => raw.size === count, 'all connections')
    await eventually(() => kit.snapshot().connections.closed === count, 'all closes')
    expect(kit.connections()).toEqual([])
    expect(kit.snapshot().connections).toMatchObject({ opened: count, closed: count })
    expect(await raw.left()).toBe(0)
  })

  it('the server is detached during the handshake', async () => {
    const { kit, raw, port } = await setUp()
    const socket = connect(port, '127.0.0.1', () => socket.write(hello))
    socket.on('error', () => {})
    await eventually(() => kit.connections().length === 1, 'the record')
    kit.detach()
    expect(kit.connections()).toEqual([])
    socket.destroy()
    expect(await raw.left()).toBe(0)
    expect(kit.snapshot().connections).toMatchObject({ opened: 1, released: 1, open: 0 })
  })

  it('it succeeded, and the connection has closed', async () => {
    const { kit, closed, raw, port } = await setUp()
    for (let i = 0; i < count; i++) {
      const client = await RawClient.open({ port, tls: true })
      await client.get()
      client.close()
    }
    await eventually(() => closed.length === count, 'all closes')
    expect(kit.connections()).toEqual([])
    expect(await raw.left()).toBe(0)
  })
})

it('failed handshakes do not affect the record of another one', async () => {
  const { kit, port } = await setUp()
  const slow = connect(port, '127.0.0.1')
  await eventually(() => kit.connections().length === 1, 'the slow connection')
  const { id } = kit.connections()[0]!
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1', () => socket.resetAndDestroy())
    socket.on('error', () => {})
    await eventually(() => socket.closed, 'the reset')
  }
  await eventually(() => kit.connections().length === 1, 'one connection')
  const client = connectTls({ socket: slow, rejectUnauthorized: false })
  onTestFinished(() => void client.destroy())
  let text = ''
  client.on('data', (chunk) => {
    text += chunk
  })
  client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  await eventually(() => text.endsWith('ok'), 'the response')
  expect(kit.connections()).toMatchObject([{ id, requests: 1, tls: 'TLSv1.3' }])
})
