import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { keepAlive } from '../../src/index.ts'
import { nothingForced } from '../support/drains.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { sides } from '../support/sides.ts'
import { eventually, sleep } from '../support/within.ts'

// An app may set its own timeout for the time after a response. As on plain Node it replaces the idle
// timeout, with or without a callback.

const idle = { keepAliveTimeout: 150, keepAliveTimeoutBuffer: 0, minIdle: 0 } as const
const silence = ['KEEPALIVE_SECONDS_MEANT'] as const

const ways: Readonly<Record<string, (req: IncomingMessage) => void>> = {
  'a longer one': (req) => void req.socket.setTimeout(60_000),
  'a longer one with a callback': (req) => void req.socket.setTimeout(60_000, () => {}),
  none: (req) => void req.socket.setTimeout(0),
}

describe.each(sides)('on $name, where the app sets', (side) => {
  it.each(Object.entries(ways))('%s, the connection stays', async (_, set) => {
    const { port } = await serve(
      (req, res) => {
        res.on('finish', () => set(req))
        res.end('ok')
      },
      (server) => {
        side.attach(server, { ...idle, silence })
        server.keepAliveTimeout = idle.keepAliveTimeout
      },
      side.tls,
    )
    const client = await RawClient.open({ port, tls: side.tls })
    await client.get()
    // 1 s plus the buffer of Node 20.
    await sleep(2_200)
    expect(client.ended).toBeUndefined()
    client.close()
  })
})

it.each(Object.entries(ways))('a drain finds the connection where the app sets %s', async (_, set) => {
  const kit = keepAlive({ ...idle, silence })
  const { port } = await serve((req, res) => {
    res.on('finish', () => set(req))
    res.end('ok')
  }, kit.attach)
  const client = await RawClient.open({ port })
  client.socket.on('end', () => client.socket.end())
  await client.get()
  await eventually(() => kit.connections()[0]?.state === 'idle', 'the wait')
  // After the idle timeout that the app has replaced.
  await sleep(2 * idle.keepAliveTimeout)
  const report = await kit.drain({ timeout: 3_000, spread: 100 })
  expect(report.forced).toEqual(nothingForced)
})
