import type { ReduceTimeouts } from '../policy/options.ts'
import type { Policy } from '../policy/policy.ts'
import { reducedTimeout } from '../policy/reduce-timeouts.ts'
import type { IdleQueue } from './idle-queue.ts'
import type { Member } from './member.ts'
import { timeoutOutside } from './timers.ts'

/** The longest and the shortest wait before looking again, in ms. */
const longestWait = 1_000
const shortestWait = 10

/** Closes by the reduced idle timeout, while so many connections are open that it is reduced. */
export class ReducedTimeouts<T extends Member<T>> {
  readonly #policy: Policy
  readonly #reduce: ReduceTimeouts
  readonly #queue: IdleQueue<T>
  readonly #open: { readonly size: number }
  #timer: NodeJS.Timeout | undefined

  constructor(policy: Policy, reduce: ReduceTimeouts, queue: IdleQueue<T>, open: { readonly size: number }) {
    this.#policy = policy
    this.#reduce = reduce
    this.#queue = queue
    this.#open = open
  }

  /** The idle timeout in force, in ms. */
  timeout(): number {
    return reducedTimeout(this.#policy.keepAliveTimeout, this.#open.size, this.#reduce)
  }

  /** Call it when one more connection waits. */
  check(): void {
    if (this.#timer === undefined && this.timeout() < this.#policy.keepAliveTimeout) this.#sweep()
  }

  #sweep(): void {
    const queue = this.#queue
    const kept = this.timeout() + this.#policy.keepAliveTimeoutBuffer
    let member = queue.first
    for (; member && member.waitedFor() >= kept; member = queue.first) {
      queue.remove(member)
      member.closeIdle('idle-timeout')
    }
    if (!member) return
    const due = Math.max(shortestWait, Math.min(longestWait, kept - member.waitedFor()))
    this.#timer = timeoutOutside(() => {
      this.#timer = undefined
      this.check()
    }, due)
  }
}
