/** Where the kit takes its time from. Passed in, so that tests own it. */
export interface Clock {
  /** Monotonic time in ms; only differences mean anything. */
  now(): number
  /** Wall-clock time: Unix ms. It may jump, so nothing is measured by it. */
  wall(): number
}

/** The process's clocks. */
export const systemClock: Clock = { now: () => performance.now(), wall: () => Date.now() }
