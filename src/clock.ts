/** Where the kit takes its time from. Passed in, so that tests own it. */
export interface Clock {
  /** Monotonic time in ms; only differences mean anything. */
  now(): number
}

/** The process's monotonic clock. */
export const systemClock: Clock = { now: () => performance.now() }
