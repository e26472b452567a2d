import type { Clock } from '../clock.ts'
import type { IdleQueue } from './idle-queue.ts'
import type { Member } from './member.ts'
import { timeoutOutside } from './timers.ts'

/** The longest delay that a Node timer accepts, in ms. */
const longestTimer = 2 ** 31 - 1

/** A timer may fire early by this much, in ms. */
const tolerance = 1

/** Between two times at which it looks who is due, in ms: what a look costs is shared by all who are due by then. */
const betweenLooks = 10

/**
 * The idle timeout of all connections, by one timer: all wait equally long, so they are due in the order in which they
 * came to wait. Node would make a timer for each connection, and a new one after each response.
 */
export class IdleTimer<T extends Member<T>> {
  readonly #queue: IdleQueue<T>
  readonly #clock: Pick<Clock, 'now'>
  readonly #wait: number
  #timer: NodeJS.Timeout | undefined

  /** @param wait - how long an idle connection is kept, in ms. */
  constructor(queue: IdleQueue<T>, clock: Pick<Clock, 'now'>, wait: number) {
    this.#queue = queue
    this.#clock = clock
    this.#wait = wait
  }

  /** Call it when one more connection waits. */
  start(): void {
    if (!this.#timer) this.#wakeIn(this.#due())
  }

  #wakeIn(ms: number): void {
    this.#timer = timeoutOutside(() => this.#fire(), Math.min(ms, longestTimer))
  }

  #fire(): void {
    this.#timer = undefined
    try {
      while (this.#due() <= tolerance) {
        const member = this.#queue.firstDue!
        this.#queue.remove(member)
        member.idleTimeoutDue()
      }
    } finally {
      // A listener of the app may have thrown: the other connections are still due.
      if (this.#queue.firstDue && !this.#timer) this.#wakeIn(Math.max(this.#due(), betweenLooks))
    }
  }

  /** The time until the first connection is due, in ms. */
  #due(): number {
    const member = this.#queue.firstDue
    return member ? this.#wait - (this.#clock.now() - member.waitsSince) : Number.POSITIVE_INFINITY
  }
}
