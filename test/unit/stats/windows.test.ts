import { expect, test } from 'vitest'
import type { Counts } from '../../../src/stats/snapshot.ts'
import { Windows } from '../../../src/stats/windows.ts'
import { TestClock } from '../../support/clock.ts'

/** Counts one request at a time, as the ledger does. */
class Counter {
  readonly clock = new TestClock()
  readonly #windows = new Windows(this.clock.now())
  #requests = 0

  request(): void {
    this.#turn()
    this.#requests++
  }

  /** Requests in the last minute and in the last quarter of an hour. */
  read(): [minute: number, quarterHour: number] {
    this.#turn()
    const { minute, quarterHour } = this.#windows.counts(this.#totals())
    return [minute.requests, quarterHour.requests]
  }

  #turn(): void {
    const now = this.clock.now()
    if (now >= this.#windows.turnsAt) this.#windows.turn(now, this.#totals())
  }

  #totals(): Counts {
    const requests = this.#requests
    return { opened: 2 * requests, closed: 0, requests, reused: 0, late: 0, dropped: 0 }
  }
}

test('hold everything in the first minutes', () => {
  const counter = new Counter()
  expect(counter.read()).toEqual([0, 0])
  for (let second = 0; second < 60; second++) {
    counter.request()
    counter.clock.pass(1_000)
  }
  expect(counter.read()).toEqual([60, 60])
})

test('drop a burst after a minute and after 15 minutes', () => {
  const counter = new Counter()
  counter.clock.pass(5_500)
  for (let i = 0; i < 7; i++) counter.request()
  counter.clock.pass(59_900)
  expect(counter.read()).toEqual([7, 7])
  counter.clock.pass(1_100)
  expect(counter.read()).toEqual([0, 7])
  counter.clock.pass(14 * 60_000 - 1_000)
  expect(counter.read()).toEqual([0, 7])
  counter.clock.pass(15_000)
  expect(counter.read()).toEqual([0, 0])
})

test('count a steady 10 per second for an hour, to within a slot', () => {
  const counter = new Counter()
  for (let i = 0; i < 36_000; i++) {
    counter.clock.pass(100)
    counter.request()
    if (i < 10_000 || i % 997 !== 0) continue
    const [minute, quarterHour] = counter.read()
    expect(minute).toBeGreaterThanOrEqual(600)
    expect(minute).toBeLessThanOrEqual(610)
    expect(quarterHour).toBeGreaterThanOrEqual(9_000)
    expect(quarterHour).toBeLessThanOrEqual(9_150)
  }
})

test.each([60_999, 61_001, 900_000, 10 * 24 * 60 * 60_000])(
  'read the same after %d ms of silence',
  (silence) => {
    const counter = new Counter()
    counter.request()
    counter.clock.pass(silence)
    counter.request()
    const [minute, quarterHour] = counter.read()
    expect(minute).toBe(silence < 61_000 ? 2 : 1)
    expect(quarterHour).toBe(silence < 915_000 ? 2 : 1)
  },
)

test('survive a clock that stands still or goes back', () => {
  const counter = new Counter()
  counter.clock.pass(30_000)
  counter.request()
  counter.clock.pass(-10_000)
  counter.request()
  expect(counter.read()).toEqual([2, 2])
})
