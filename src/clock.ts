import { performance } from 'node:perf_hooks'

/** Where the kit takes its time from. Passed in, so that tests own it. */
export interface Clock {
  /** Monotonic time in ms; only differences mean anything. */
  now(): number
  /** Wall-clock time: Unix ms. It may jump, so nothing is measured by it. */
  wall(): number
}

// Bound once: the global is a getter, and every request looks twice.
const now = performance.now.bind(performance)

/** The process's clocks. */
export const systemClock: Clock = { now, wall: () => Date.now() }
