import type { Connection } from '../connection/connection.ts'
import type { Waiting } from '../connection/waiting.ts'
import type { ReduceTimeouts } from '../policy/options.ts'
import type { Policy } from '../policy/policy.ts'
import { reducedTimeout } from '../policy/reduce-timeouts.ts'

/** The longest and the shortest wait before looking again, in ms. */
const longestWait = 1_000
const shortestWait = 10

/** Closes by the reduced idle timeout, while so many connections are open that it is reduced. */
export class Reducer {
  readonly #policy: Policy
  readonly #reduce: ReduceTimeouts
  readonly #waiting: Waiting<Connection>
  readonly #open: () => number
  #timer: NodeJS.Timeout | undefined

  constructor(policy: Policy, reduce: ReduceTimeouts, waiting: Waiting<Connection>, open: () => number) {
    this.#policy = policy
    this.#reduce = reduce
    this.#waiting = waiting
    this.#open = open
  }

  /** The idle timeout in force, in ms. */
  timeout(): number {
    return reducedTimeout(this.#policy.keepAliveTimeout, this.#open(), this.#reduce)
  }

  /** To be called when one more waits. */
  check(): void {
    if (this.#timer === undefined && this.timeout() < this.#policy.keepAliveTimeout) this.#sweep()
  }

  #sweep(): void {
    const kept = this.timeout() + this.#policy.keepAliveTimeoutBuffer
    let record = this.#waiting.first
    for (; record && record.waitedFor() >= kept; record = this.#waiting.first) {
      record.keeper.closeWaiting(record, 'idle-timeout')
    }
    if (!record) return
    const due = Math.max(shortestWait, Math.min(longestWait, kept - record.waitedFor()))
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.check()
    }, due).unref()
  }
}
