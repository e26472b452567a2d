import type { Clock } from '../clock.ts'
import type { Connection } from '../connection/connection.ts'
import type { Waiting } from '../connection/waiting.ts'

/** The longest that a timer of Node's can wait, in ms. */
const longestTimer = 2 ** 31 - 1

/** Timers may fire that much before their time, in ms. */
const tolerance = 1

/**
 * The idle timeout of all connections, by one timer: they wait equally long, so they are due in the order in which
 * they came to wait. Node would make a timer for each connection, and a new one after each response.
 */
export class IdleTimer {
  readonly #waiting: Waiting<Connection>
  readonly #clock: Pick<Clock, 'now'>
  readonly #wait: number
  #timer: NodeJS.Timeout | undefined

  /** @param wait - how long an idle connection is kept, in ms. */
  constructor(waiting: Waiting<Connection>, clock: Pick<Clock, 'now'>, wait: number) {
    this.#waiting = waiting
    this.#clock = clock
    this.#wait = wait
  }

  /** To be called when one more waits. */
  start(): void {
    this.#timer ??= setTimeout(() => this.#fire(), Math.min(this.#due(), longestTimer)).unref()
  }

  #fire(): void {
    this.#timer = undefined
    try {
      while (this.#due() <= tolerance) {
        const record = this.#waiting.firstDue!
        this.#waiting.remove(record)
        record.keeper.waitedLongEnough(record)
      }
    } finally {
      // A listener of the user's may have thrown: the others are due all the same.
      if (this.#waiting.firstDue) this.start()
    }
  }

  /** In how many ms the first is due. */
  #due(): number {
    const record = this.#waiting.firstDue
    return record ? this.#wait - (this.#clock.now() - record.waitsSince) : Number.POSITIVE_INFINITY
  }
}
