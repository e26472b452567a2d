import { describe, expect, it, vi } from 'vitest'
import { Eviction } from '../../../src/pool/eviction.ts'
import { IdleQueue } from '../../../src/pool/idle-queue.ts'
import { addWaiting, FakeTime, type Happened, WaitingMember } from '../../support/waiting-members.ts'

/** A number of members that are idle for the same time, and the limits. */
function setUp(count: number, limits: { maxIdle: number; minIdle: number }) {
  const time = new FakeTime()
  const happened: Happened[] = []
  const warnings: { evicted: number; at: number }[] = []
  const queue = new IdleQueue<WaitingMember>()
  addWaiting(queue, count, time, happened)
  const warn = (evicted: number): void => void warnings.push({ evicted, at: performance.now() })
  const eviction = new Eviction(queue, time, limits, warn)
  const evicted = (): string[] => happened.map(({ name }) => name)
  return { time, happened, warnings, queue, eviction, evicted }
}

const firstOf = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i))

describe('one round', () => {
  it.each([
    ['a single one', 2, 1],
    ['a single one', 15, 1],
    ['an eighth', 16, 2],
    ['an eighth', 100, 12],
    ['an eighth', 255, 31],
    ['at most 32', 264, 32],
    ['at most 32', 5_000, 32],
  ])('closes %s of %d that wait, those first that have waited longest: %d', (_, count, batch) => {
    const { eviction, evicted, happened } = setUp(count, { maxIdle: 1, minIdle: 0 })
    eviction.check()
    expect(evicted()).toEqual(firstOf(batch))
    expect(new Set(happened.map(({ what }) => what))).toEqual(new Set(['evicted']))
  })

  it('closes nothing up to the limit', () => {
    const { eviction, evicted, time } = setUp(50, { maxIdle: 50, minIdle: 0 })
    eviction.check()
    time.pass(1_000)
    expect(evicted()).toEqual([])
  })

  it('ends although a connection becomes idle again at once', () => {
    const { eviction, happened, queue } = setUp(3, { maxIdle: 1, minIdle: 0 })
    const stubborn = queue.first!
    stubborn.closeIdle = (reason) => {
      happened.push({ name: 'stubborn', what: reason, waited: 0 })
      queue.add(stubborn)
    }
    eviction.check()
    expect(happened).toHaveLength(1)
  })
})

describe('the next rounds', () => {
  it('run every 10 ms until the limit holds', () => {
    const { eviction, evicted, queue, time } = setUp(300, { maxIdle: 230, minIdle: 0 })
    const left = [queue.size]
    eviction.check()
    for (let i = 0; i < 5; i++) {
      left.push(queue.size)
      time.pass(9)
      expect(queue.size).toBe(left.at(-1))
      time.pass(1)
    }
    expect(left).toEqual([300, 268, 236, 207, 207, 207])
    expect(evicted()).toEqual(firstOf(93))
    expect(vi.getTimerCount()).toBe(0)
  })

  it('do not run more often if it is called more often', () => {
    const { eviction } = setUp(2_000, { maxIdle: 1, minIdle: 0 })
    for (let i = 0; i < 3; i++) eviction.check()
    expect(vi.getTimerCount()).toBe(1)
  })

  it.each([
    ['as many wait as may', 3, 2],
    ['fewer wait than may', 21, 20],
    ['the last one has gone', 1, 0],
  ])('end where %s', (_, count, maxIdle) => {
    const { eviction, evicted } = setUp(count, { maxIdle, minIdle: 0 })
    eviction.check()
    expect(evicted().length).toBeGreaterThan(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a connection that is idle for less than minIdle', () => {
  it('stays until then, however many are idle', () => {
    const { eviction, happened, queue, time } = setUp(20, { maxIdle: 10, minIdle: 500 })
    time.pass(400)
    eviction.check()
    time.pass(99)
    expect(happened).toEqual([])
    time.pass(1)
    expect(happened.map(({ waited }) => waited)).toEqual([500, 500])
    time.pass(200)
    expect(queue.size).toBe(10)
    for (const { waited } of happened) expect(waited).toBeGreaterThanOrEqual(500)
  })

  it('stays while older ones are closed', () => {
    const { eviction, evicted, happened, queue, time } = setUp(2, { maxIdle: 1, minIdle: 100 })
    time.pass(60)
    for (let i = 2; i < 40; i++) queue.add(new WaitingMember(String(i), time, happened))
    time.pass(40)
    eviction.check()
    expect(evicted()).toEqual(['0', '1'])
    time.pass(59)
    expect(evicted()).toEqual(['0', '1'])
    time.pass(1)
    expect(evicted().length).toBeGreaterThan(2)
  })
})

it('warns at once, then at most once a second, with the number since', () => {
  const { eviction, evicted, happened, queue, time, warnings } = setUp(0, { maxIdle: 1, minIdle: 0 })
  const begun = performance.now()
  // One connection opens every 100 ms; each time except the first, one is closed.
  for (let i = 0; i <= 21; i++) {
    queue.add(new WaitingMember(String(i), time, happened))
    eviction.check()
    if (i < 21) time.pass(100)
  }
  expect(warnings.map(({ evicted: count, at }) => [count, at - begun])).toEqual([
    [1, 100],
    [10, 1_100],
    [10, 2_100],
  ])
  expect(evicted()).toHaveLength(21)
})
