import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { lastLook } from '../../../src/connection/last-look.ts'
import { within } from '../../support/within.ts'

/** A clock that is told how long each turn of the loop took, in ms. */
function clockOf(turns: readonly number[]): { now(): number; readonly reads: number } {
  let reads = 0
  let time = 0
  return {
    now() {
      if (reads > 0) time += turns[reads - 1] ?? 0
      reads++
      return time
    },
    get reads() {
      return reads
    },
  }
}

const look = (socket: object, clock: { now(): number }): Promise<boolean> =>
  within(1_000, 'the last look', new Promise((then) => lastLook(socket as Socket, clock, then)))

it('looks once when the loop is not behind', async () => {
  const clock = clockOf([0.5])
  expect(await look({ bytesRead: 10, destroyed: false }, clock)).toBe(true)
  expect(clock.reads).toBe(2)
})

it('looks again while turns are long', async () => {
  const clock = clockOf([50, 20, 3, 1])
  expect(await look({ bytesRead: 10, destroyed: false }, clock)).toBe(true)
  expect(clock.reads).toBe(5)
})

it('sees bytes that came during the second look', async () => {
  const socket = { bytesRead: 10, destroyed: false }
  const turns = [50]
  const clock = clockOf(turns)
  const looked = look(socket, clock)
  setImmediate(() => setImmediate(() => {}))
  setImmediate(() => {
    socket.bytesRead = 20
  })
  expect(await looked).toBe(false)
})

it('sees a socket that was destroyed meanwhile', async () => {
  expect(await look({ bytesRead: 10, destroyed: true }, clockOf([]))).toBe(false)
})

it('ends on a loop that never catches up', async () => {
  const clock = clockOf(Array.from({ length: 1_000 }, () => 5))
  expect(await look({ bytesRead: 10, destroyed: false }, clock)).toBe(true)
  expect(clock.reads).toBe(101)
})
