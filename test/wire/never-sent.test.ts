import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RequestMessage } from '../../src/channels.ts'
import { watchSockets } from '../support/accepted.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { relayTo } from '../support/relay.ts'
import { serve } from '../support/server.ts'
import { eventually, sleep } from '../support/within.ts'

const part = Buffer.alloc(256 * 1_024, 'x')

/** The bytes that a socket's handle got so far. */
const handedOver = (socket: Socket): number =>
  (socket as unknown as { _handle: { bytesWritten: number } })._handle.bytesWritten

/** The bytes that wait for the handle: Node counts them in `bytesWritten`. */
const waiting = (socket: Socket): number => socket.bytesWritten - handedOver(socket)

/** Writes until the kernel buffer is full, and then the same amount again. */
async function overfill(res: ServerResponse): Promise<void> {
  const socket = res.socket!
  let parts = 0
  do {
    for (let still = 0; still < 20; parts++) {
      const before = handedOver(socket)
      res.write(part)
      await sleep(2)
      still = handedOver(socket) === before ? still + 1 : 0
    }
    for (let more = parts; more > 0; more--) res.write(part)
    // On a busy machine the kernel may just be slow.
    await sleep(50)
  } while (waiting(socket) < (parts / 2) * part.length)
}

describe.each([
  ['http', false],
  ['https', true],
])('a large response over %s whose client does not read, and vanishes', (_, tls) => {
  it.each([
    ['while it is being written', false],
    ['when it is written in full', true],
  ])('is not told as sent, %s', async (_when, isEnded) => {
    const messages: RequestMessage[] = []
    const listener = (message: unknown): void => void messages.push(message as RequestMessage)
    subscribe('keepalive-kit:request', listener)
    onTestFinished(() => void unsubscribe('keepalive-kit:request', listener))
    const { kit, nextClosed } = makeKit()
    let sockets: ReturnType<typeof watchSockets> = []
    let written = false
    const { port } = await serve(
      async (_req, res) => {
        await overfill(res)
        if (isEnded) res.end()
        written = true
      },
      (server) => {
        kit.attach(server)
        sockets = watchSockets(server as Server, tls)
      },
      tls,
    )
    const relay = await relayTo(port)
    const client = await RawClient.open({ port: relay.port, tls })
    client.socket.pause()
    client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
    await eventually(() => written, 'the response to be written', 10_000)
    const sent = handedOver(sockets[0]!.socket)
    expect(waiting(sockets[0]!.socket)).toBeGreaterThan(10 * part.length)
    const live = kit.connections()[0]!.bytesWritten
    relay.reset()
    const record = await nextClosed()
    expect(record).toMatchObject({ reason: 'client-reset', closedBy: 'client', requests: 1 })
    for (const bytesWritten of [live, record.bytesWritten]) {
      expect(bytesWritten).toBeGreaterThan(0)
      expect(bytesWritten).toBeLessThanOrEqual(sent)
    }
    expect(kit.timeline(record.id)!.map(({ event }) => event)).not.toContain('response')
    expect(kit.snapshot().requests).toMatchObject({ total: 1, answered: 0 })
    expect(messages).toMatchObject([{ status: 200, outcome: 'X' }])
  })
})
