import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { serve } from '../support/server.ts'
import { sleep, within } from '../support/within.ts'

/** The buffer is Node's: Node 20 has no other one. */
const timeouts = { keepAliveTimeout: 200, keepAliveTimeoutBuffer: 1_000 }
const due = 1_200

async function open(port: number, tls: boolean): Promise<Socket> {
  const options = { port, host: '127.0.0.1' }
  const socket = tls ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options)
  socket.on('error', () => {}).resume()
  await within(10_000, 'a connection', once(socket, tls ? 'secureConnect' : 'connect'))
  return socket
}

/**
 * One request on each of many connections, spread over some ms.
 *
 * @returns the times from request to close, shortest first: the idle gap plus a
 *   little more.
 */
async function idleGaps(withKit: boolean, tls: boolean, spread: number, count: number): Promise<number[]> {
  const handled: number[] = []
  const { port } = await serve(
    (req, res) => {
      handled[Number(req.url!.slice(1))] = performance.now()
      res.end('ok')
    },
    (server) => {
      if (withKit) makeKit(timeouts).kit.attach(server)
      else server.keepAliveTimeout = timeouts.keepAliveTimeout
    },
    tls,
  )
  const sockets: Socket[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  while (sockets.length < count) {
    const batch = Math.min(20, count - sockets.length)
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => open(port, tls)))))
  }
  const begun = performance.now()
  const gaps = sockets.map(async (socket, i) => {
    await sleep(begun + (i * spread) / count - performance.now())
    socket.write(`GET /${i} HTTP/1.1\r\nHost: test\r\n\r\n`)
    await once(socket, 'end')
    return performance.now() - handled[i]!
  })
  const all = await within(15_000, `the close of ${count} idle connections`, Promise.all(gaps))
  return all.sort((a, b) => a - b)
}

describe.each([
  ['http', false, 300],
  // Handshakes take their time.
  ['https', true, 150],
])('idle connections over %s', { timeout: 40_000 }, (_, tls, count) => {
  it.each([
    ['plain Node', 'within a second', false, 1_000],
    ['the kit', 'within a second', true, 1_000],
    ['the kit', 'at once', true, 0],
  ])('are closed on time by %s where they are due %s', async (_who, _when, withKit, spread) => {
    const gaps = await idleGaps(withKit, tls, spread, count)
    expect(gaps[0]).toBeGreaterThanOrEqual(due - 1)
    expect(gaps[Math.floor(0.99 * (count - 1))]).toBeLessThanOrEqual(due + 1_000)
  })
})
