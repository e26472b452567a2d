import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { LastLook } from '../../../src/pool/last-look.ts'
import { within } from '../../support/within.ts'

/** The parts of a socket that the last look uses. */
interface Seen {
  bytesRead: number
  destroyed: boolean
}

const silent = (): Seen => ({ bytesRead: 10, destroyed: false })

/** A clock by which each loop turn takes the next number of ms; the last number repeats. */
class TurnClock {
  readonly #turns: readonly number[]
  #time = 0
  turns = 0
  #running = true

  constructor(...turns: readonly number[]) {
    this.#turns = turns
    setImmediate(() => this.#turn())
    onTestFinished(() => {
      this.#running = false
    })
  }

  now(): number {
    return this.#time
  }

  #turn(): void {
    this.#time += this.#turns[Math.min(this.turns++, this.#turns.length - 1)]!
    if (this.#running) setImmediate(() => this.#turn())
  }
}

/** The time between two closes, and until the last one, in ms. */
const pace = 1
const window = 100

const lookBy = (clock: TurnClock): LastLook => new LastLook(clock, pace, window)

const lookAt = (lastLook: LastLook, socket: Seen): Promise<boolean> =>
  within(5_000, 'the last look', new Promise((then) => lastLook.look(socket, then)))

describe('a single socket', () => {
  it('is looked at once if the loop is not behind', async () => {
    const clock = new TurnClock(0.5)
    expect(await lookAt(lookBy(clock), silent())).toBe(true)
    expect(clock.turns).toBe(1)
  })

  it('is looked at again while turns are long', async () => {
    const clock = new TurnClock(50, 20, 1.5, 1)
    expect(await lookAt(lookBy(clock), silent())).toBe(true)
    expect(clock.turns).toBe(4)
  })

  it('stays open if bytes arrive during the second look', async () => {
    const socket = silent()
    const looked = lookAt(lookBy(new TurnClock(50, 0.5)), socket)
    setImmediate(() => {
      socket.bytesRead = 20
    })
    expect(await looked).toBe(false)
  })

  it('is skipped if it was destroyed meanwhile', async () => {
    expect(await lookAt(lookBy(new TurnClock(0.5)), { bytesRead: 10, destroyed: true })).toBe(false)
  })

  it('is closed in the end if the loop never catches up', async () => {
    const clock = new TurnClock(5)
    expect(await lookAt(lookBy(clock), silent())).toBe(true)
    expect(clock.turns).toBe(101)
  })
})

describe('many sockets', () => {
  it('are closed one after another, except those that receive bytes before their turn', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const lastLook = new LastLook({ now: () => performance.now() }, pace, window)
    const sockets = Array.from({ length: 10 }, silent)
    const order: number[] = []
    const looks = sockets.map(async (socket, i) => {
      const quiet = await new Promise<boolean>((then) => lastLook.look(socket, then))
      if (quiet) order.push(i)
      // A burst begins while the third one is closed.
      if (i === 2) for (const other of sockets.slice(3, 9)) other.bytesRead = 20
      return quiet
    })
    await vi.advanceTimersByTimeAsync(window)
    const quiet = await Promise.all(looks)
    expect(quiet).toEqual([true, true, true, false, false, false, false, false, false, true])
    expect(order).toEqual([0, 1, 2, 9])
  })

  it.each([1, 30, 5_000])('are all closed within the window, at an even pace: %d', async (count) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const lastLook = new LastLook({ now: () => performance.now() }, pace, window)
    const begun = performance.now()
    const closed: number[] = []
    for (let i = 0; i < count; i++) lastLook.look(silent(), () => closed.push(performance.now() - begun))
    await vi.advanceTimersByTimeAsync(window)
    expect(closed).toHaveLength(count)
    expect(closed.filter((time) => time <= window / 2).length).toBeLessThanOrEqual(
      Math.max(window / 2 + 1, 0.6 * count),
    )
  })

  it('that become due while others wait are closed on time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const lastLook = new LastLook({ now: () => performance.now() }, pace, window)
    const late: number[] = []
    for (let due = 0; due < 300; due += 3) {
      const begun = performance.now()
      for (let i = 0; i < 20; i++) lastLook.look(silent(), () => late.push(performance.now() - begun))
      await vi.advanceTimersByTimeAsync(3)
    }
    await vi.advanceTimersByTimeAsync(window)
    expect(late).toHaveLength(2_000)
    expect(Math.max(...late)).toBeLessThanOrEqual(window)
  })

  it('are still due if closing one of them throws', async () => {
    const lastLook = lookBy(new TurnClock(0.5))
    const thrown = new Promise((done) => process.once('uncaughtException', done))
    const vitestListeners = process.listeners('uncaughtException').slice(0, -1)
    for (const listener of vitestListeners) process.off('uncaughtException', listener)
    lastLook.look(silent(), () => {
      throw new Error("a user's listener")
    })
    const second = lookAt(lastLook, silent())
    expect(await within(1_000, 'the error', thrown)).toMatchObject({ message: "a user's listener" })
    for (const listener of vitestListeners) process.on('uncaughtException', listener)
    expect(await second).toBe(true)
  })
})
