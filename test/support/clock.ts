import type { Clock } from '../../src/clock.ts'

/** A clock that stands still until it is moved. */
export class TestClock implements Clock {
  #now: number
  readonly #wallAtZero: number

  /** @param now - where monotonic time begins, which is anywhere. */
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

  /** @param ms - further on. */
  pass(ms: number): void {
    this.#now += ms
  }
}
