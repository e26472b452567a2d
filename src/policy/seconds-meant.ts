import type { ResolvedDrainOptions } from './drain-options.ts'
import type { Policy } from './policy.ts'

// Times are in ms, but many servers count in seconds. Each bound is between the numbers that people write for seconds and
// the times that they mean in ms, also in tests. Node advertises no timeout below 1,000 ms, but tests use 200 ms and more:
// from there on only the doctor warns (KEEPALIVE_HINT_TOO_SHORT).

/** Idle timeouts in seconds: 5, 15, 60, 65, 75, 120. */
const idle = 200
/** Ages in seconds: 60, 300, 600, 900. */
const age = 1_000
/** Hours in seconds: 1,800, 3,600, 7,200, 86,400. No app means a few seconds by them. */
const halfHour = 1_800
const day = 86_400
const isHours = (time: number): boolean => time % halfHour === 0 && time % 1_000 !== 0 && time <= day
/** Pauses in seconds: 1, 2, 5. In ms they would be shorter than a turn of the event loop under load. */
const pause = 10
/** Waits of a shutdown in seconds: 5, 10, 15, 30. */
const wait = 100

/** Makes the message for one option, as `secondsMeant()` does. */
export type SayOption = (option: string, value: number, bound: number) => string[]

/** A message for each option of `keepAlive()` that is so short that seconds were probably meant. 0 means off. */
export function secondsMeantInPolicy(policy: Policy, say: SayOption = secondsMeant): string[] {
  return [
    ...say('keepAliveTimeout', policy.keepAliveTimeout, idle),
    ...say('keepAliveTimeoutBuffer', policy.keepAliveTimeoutBuffer, pause),
    ...say('headersTimeout', policy.headersTimeout, idle),
    ...say('maxAge', policy.maxAge, isHours(policy.maxAge) ? day + 1 : age),
    ...say('linger', policy.linger, pause),
    ...say('reduceTimeouts.minTimeout', policy.reduceTimeouts?.minTimeout ?? 0, idle),
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

/**
 * The message for one time; none for 0, and none from the bound on.
 *
 * @param write - what to write; left out for an option in code.
 */
export function secondsMeant(
  option: string,
  value: number,
  bound: number,
  write = `${option.slice(option.lastIndexOf('.') + 1)}: ${value * 1_000}`,
): string[] {
  if (value <= 0 || value >= bound) return []
  return [
    `${option} is ${value} ms, but seconds were probably meant: times are in milliseconds. For ${value} s, write ${write}`,
  ]
}
