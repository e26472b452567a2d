import type { ResolvedDrainOptions } from './drain-options.ts'
import type { Policy } from './policy.ts'

// Times are in ms, and many servers count in seconds. A bound separates what people write for seconds from what they
// mean in ms, tests included. Node advertises no timeout under 1,000 ms, but tests use 200 ms and more: from there on
// only the doctor warns (KEEPALIVE_HINT_TOO_SHORT).

/** Idle timeouts in seconds: 5, 15, 60, 65, 75, 120. */
const idle = 200
/** Ages in seconds: 60, 300, 600, 900. */
const age = 1_000
/** Pauses in seconds: 1, 2, 5. Shorter than a turn of the event loop under load. */
const pause = 10
/** Waits of a shutdown in seconds: 5, 10, 15, 30. */
const wait = 100

/** What to say of each option of `keepAlive()` that is too short to be meant in ms. 0 is off. */
export function secondsMeantInPolicy(policy: Policy): string[] {
  return [
    ...secondsMeant('keepAliveTimeout', policy.keepAliveTimeout, idle),
    ...secondsMeant('keepAliveTimeoutBuffer', policy.keepAliveTimeoutBuffer, pause),
    ...secondsMeant('headersTimeout', policy.headersTimeout, idle),
    ...secondsMeant('maxAge', policy.maxAge, age),
    ...secondsMeant('linger', policy.linger, pause),
    ...secondsMeant('reduceTimeouts.minTimeout', policy.reduceTimeouts?.minTimeout ?? 0, idle),
  ]
}

/** The same for the options of `drain()`. */
export function secondsMeantInDrain({ timeout, spread, wait: waiting }: ResolvedDrainOptions): string[] {
  return [
    ...secondsMeant('drain().timeout', timeout, idle),
    ...secondsMeant('drain().spread', spread, wait),
    ...secondsMeant('drain().wait', waiting, wait),
  ]
}

/** What to say of one time; nothing for 0 and from the bound on. */
export function secondsMeant(option: string, value: number, bound: number): string[] {
  if (value <= 0 || value >= bound) return []
  const name = option.slice(option.lastIndexOf('.') + 1)
  return [
    `${option} is ${value} ms, and seconds were probably meant: times are in milliseconds. For ${value} s write ${name}: ${value * 1_000}`,
  ]
}
