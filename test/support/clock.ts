import type { Clock } from '../../src/clock.ts'

/** A clock that only moves when the test moves it. */
export class TestClock implements Clock {
  #now: number
  readonly #wallAtZero: number

  /** @param now - the start of the monotonic time; any number. */
  constructor(now = 12_345.678, wall = 1_700_000_000_000) {
    this.#now = now
    this.#wallAtZero = wall - now
  }

  now(): number {
    return this.#now
  }

  wall(): number {
    return Math.round(this.#wallAtZero + this.#now)
  }

  /** @param ms - how far to move. */
  pass(ms: number): void {
    this.#now += ms
  }
}
