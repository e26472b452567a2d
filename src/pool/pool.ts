import type { Clock } from '../clock.ts'
import type { Policy } from '../policy/policy.ts'
import { Eviction } from './eviction.ts'
import { IdleQueue } from './idle-queue.ts'
import { IdleTimer } from './idle-timer.ts'
import { LastLook } from './last-look.ts'
import type { Member } from './member.ts'
import { OpenSet } from './open-set.ts'
import { ReducedTimeouts } from './reduced-timeouts.ts'

// Between two idle closes of connections that are due together, and by when the last of them is closed, in ms. Where
// somebody waits for the close the pace is quicker. 99% are to be closed within 1 s of their time: the windows leave
// room for a loop that is behind.
const leisurely = { pace: 20, window: 600 }
const prompt = { pace: 5, window: 400 }

/** The open connections of a kit: which of them wait for a request, and which of those should close. */
export class Pool<T extends Member<T>> {
  readonly open: OpenSet<T> = new OpenSet()
  readonly idle: IdleQueue<T> = new IdleQueue()
  /** The last look on the idle timer. */
  readonly leisurelyLook: LastLook
  /** The last look of eviction, drain and close(). */
  readonly promptLook: LastLook
  readonly #policy: Policy
  readonly #timer: IdleTimer<T>
  readonly #eviction: Eviction<T> | undefined
  readonly #reduced: ReducedTimeouts<T> | undefined

  /** @param warnOfEviction - gets the number of connections evicted since its last call. */
  constructor(policy: Policy, clock: Clock, warnOfEviction: (evicted: number) => void) {
    const { keepAliveTimeout, keepAliveTimeoutBuffer, maxIdle, reduceTimeouts } = policy
    this.#policy = policy
    this.leisurelyLook = new LastLook(clock, leisurely.pace, leisurely.window)
    this.promptLook = new LastLook(clock, prompt.pace, prompt.window)
    this.#timer = new IdleTimer(this.idle, clock, keepAliveTimeout + keepAliveTimeoutBuffer)
    if (maxIdle > 0) this.#eviction = new Eviction(this.idle, clock, policy, warnOfEviction)
    if (reduceTimeouts) this.#reduced = new ReducedTimeouts(policy, reduceTimeouts, this.idle, this.open)
  }

  /** The idle timeout in force, in ms; 0 is none. */
  idleTimeout(): number {
    return this.#reduced?.timeout() ?? this.#policy.keepAliveTimeout
  }

  /** A connection waits for a request. */
  wait(member: T): void {
    this.idle.add(member)
    if (member.timed) this.#timer.start()
  }

  /** There may be more that wait than should. May close connections, so it is not called in the middle of an event. */
  review(): void {
    this.#eviction?.check()
    this.#reduced?.check()
  }
}
