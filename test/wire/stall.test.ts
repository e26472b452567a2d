import { connect, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { startBlocking } from '../support/blocking.ts'
import { sleep, within } from '../support/within.ts'

const keepAliveTimeout = 1_000
const request = 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi'

const open = (port: number): Promise<Socket> =>
  within(
    5_000,
    'a connection',
    new Promise((done) => {
      const socket: Socket = connect(port, '127.0.0.1', () => done(socket)).on('error', () => {})
    }),
  )

const exchange = (socket: Socket): Promise<boolean> =>
  within(
    10_000,
    'an answer or a close',
    new Promise((done) => {
      socket.once('data', () => done(true))
      socket.once('close', () => done(false))
      socket.write(request)
    }),
  )

/** How many requests are lost if they are written while the loop is blocked past the idle timeout. */
async function lost(port: number, block: number, count: number): Promise<number> {
  for (let tries = 0; tries < 5; tries++) {
    const outcome = await lostInTime(port, block, count)
    if (outcome !== undefined) return outcome
  }
  throw new Error('the machine is too busy: the requests could not be written before the idle timeout')
}

/** @returns `undefined` if this process itself was too late. */
async function lostInTime(port: number, block: number, count: number): Promise<number | undefined> {
  const sockets = await Promise.all(Array.from({ length: count }, () => open(port)))
  const blocker = await open(port)
  const begun = performance.now()
  await Promise.all(sockets.map(exchange))
  await sleep(begun + keepAliveTimeout - 200 - performance.now())
  blocker.write(`GET /block/${block} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`)
  await sleep(50)
  const isLate = performance.now() - begun >= keepAliveTimeout || sockets.some(({ destroyed }) => destroyed)
  const answered = isLate ? [] : await Promise.all(sockets.map(exchange))
  for (const socket of [...sockets, blocker]) socket.destroy()
  return isLate ? undefined : answered.filter((each) => !each).length
}

it.each([
  [400, 0],
  [2_500, 1_000],
])(
  'loses no request that arrived while the loop was blocked for %d ms, with a buffer of %d ms',
  async (block, buffer) => {
    const server = await startBlocking('kit', { keepAliveTimeout, keepAliveTimeoutBuffer: buffer })
    expect(await lost(server.port, block, 100)).toBe(0)
    const snapshot = (await server.snapshot())!
    expect(snapshot.requests).toMatchObject({ late: 0, dropped: 0 })
  },
)

it('which plain Node loses', async () => {
  const server = await startBlocking('plain', { keepAliveTimeout, keepAliveTimeoutBuffer: 1_000 })
  expect(await lost(server.port, 2_500, 100)).toBe(100)
})
