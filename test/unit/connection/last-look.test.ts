import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { LastLook } from '../../../src/connection/last-look.ts'
import { within } from '../../support/within.ts'

/** A socket as far as the last look sees it. */
interface Seen {
  bytesRead: number
  destroyed: boolean
}

const silent = (): Seen => ({ bytesRead: 10, destroyed: false })

/** A clock by which each turn takes so many ms; the last number holds for all that follow. */
class TurnClock {
  readonly #turns: readonly number[]
  #reads = 0
  #time = 0

  constructor(...turns: readonly number[]) {
    this.#turns = turns
  }

  /** It is read at the start and at the end of each turn. */
  now(): number {
    const turn = this.#reads++ >> 1
    if (this.#reads % 2 === 0) this.#time += this.#turns[Math.min(turn, this.#turns.length - 1)]!
    return this.#time
  }

  get turns(): number {
    return this.#reads >> 1
  }
}

const lookAt = (lastLook: LastLook, socket: Seen): Promise<boolean> =>
  within(5_000, 'the last look', new Promise((then) => lastLook.look(socket as unknown as Socket, then)))

describe('a single socket', () => {
  it('is looked at once when the loop is not behind', async () => {
    const clock = new TurnClock(0.5)
    expect(await lookAt(new LastLook(clock, 1), silent())).toBe(true)
    expect(clock.turns).toBe(1)
  })

  it('is looked at again while turns are long', async () => {
    const clock = new TurnClock(50, 20, 3, 1)
    expect(await lookAt(new LastLook(clock, 1), silent())).toBe(true)
    expect(clock.turns).toBe(4)
  })

  it('stays when bytes come during the second look', async () => {
    const socket = silent()
    const looked = lookAt(new LastLook(new TurnClock(50, 0.5), 1), socket)
    setImmediate(() => {
      socket.bytesRead = 20
    })
    expect(await looked).toBe(false)
  })

  it('is left when it was destroyed meanwhile', async () => {
    expect(await lookAt(new LastLook(new TurnClock(0.5), 1), { bytesRead: 10, destroyed: true })).toBe(false)
  })

  it('is closed in the end by a loop that never catches up', async () => {
    const clock = new TurnClock(5)
    expect(await lookAt(new LastLook(clock, 1), silent())).toBe(true)
    expect(clock.turns).toBe(101)
  })
})

describe('many sockets', () => {
  it('are closed one after the other, and those stay on which bytes come before their own turn', async () => {
    const clock = new TurnClock(0.5)
    const lastLook = new LastLook(clock, 1)
    const sockets = Array.from({ length: 10 }, silent)
    const order: number[] = []
    const looks = sockets.map(async (socket, i) => {
      const quiet = await lookAt(lastLook, socket)
      if (quiet) order.push(i)
      // A burst begins when the third is being closed.
      if (i === 2) for (const other of sockets.slice(3, 9)) other.bytesRead = 20
      return quiet
    })
    const quiet = await Promise.all(looks)
    expect(quiet).toEqual([true, true, true, false, false, false, false, false, false, true])
    expect(order).toEqual([0, 1, 2, 9])
    expect(clock.turns).toBe(4)
  })

  it('take a bounded time, however many they are', async () => {
    const clock = new TurnClock(0.5)
    const lastLook = new LastLook(clock, 1)
    const quiet = await Promise.all(Array.from({ length: 5_000 }, () => lookAt(lastLook, silent())))
    expect(quiet.every(Boolean)).toBe(true)
    expect(clock.turns).toBeLessThan(500)
  })

  it('are due all the same when closing one of them throws', async () => {
    const lastLook = new LastLook(new TurnClock(0.5), 1)
    const thrown = new Promise((done) => process.once('uncaughtException', done))
    const vitestListeners = process.listeners('uncaughtException').slice(0, -1)
    for (const listener of vitestListeners) process.off('uncaughtException', listener)
    lastLook.look(silent() as unknown as Socket, () => {
      throw new Error("a user's listener")
    })
    const second = lookAt(lastLook, silent())
    expect(await within(1_000, 'the error', thrown)).toMatchObject({ message: "a user's listener" })
    for (const listener of vitestListeners) process.on('uncaughtException', listener)
    expect(await second).toBe(true)
  })
})
