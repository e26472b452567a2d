import type { Clock } from '../clock.ts'
import { Queue } from './queue.ts'
import { immediateOutside, timeoutOutside } from './timers.ts'

/** A loop turn longer than this, in ms, may have left bytes unread in the kernel. */
const longTurn = 1

/** The look waits for at most this many long turns in a row: a loop that is always behind must still close. */
const maxLongTurns = 100

/** What a look looks at: a socket. */
export interface Looked {
  readonly bytesRead: number
  readonly destroyed: boolean
}

interface Due {
  readonly socket: Looked
  readonly bytesRead: number
  readonly closeBy: number
  readonly then: (quiet: boolean) => void
}

/**
 * The re-check for waiting bytes before an idle close. libuv runs timers before it polls sockets: after a blocked
 * turn the idle timer fires although the next request already waits in the kernel. `setImmediate` runs after the
 * poll, so by then its bytes have been read; after a long turn it takes one more.
 *
 * Connections that a proxy opened together are due together, and it comes back on all of them together. So they are
 * closed one after the other, each after a look of its own: when the proxy's burst begins, one of its connections
 * may just be closing, and the others are still there. The pace rises with their number, so that none closes later
 * than `window` after its time while the loop keeps up.
 */
export class LastLook {
  readonly #clock: Pick<Clock, 'now'>
  readonly #pace: number
  readonly #window: number
  readonly #due = new Queue<Due>()
  #lookedAt = 0
  #longTurns = 0
  #looking = false

  /**
   * @param pace - between two closes, in ms: several times what a request takes from a proxy to here, busy loops on
   *   both sides included.
   * @param window - within what time after it was due a socket is closed, in ms.
   */
  constructor(clock: Pick<Clock, 'now'>, pace: number, window: number) {
    this.#clock = clock
    this.#pace = pace
    this.#window = window
  }

  /** @param then - called once, `true` when nothing came and the socket is to be closed now. */
  look(socket: Looked, then: (quiet: boolean) => void): void {
    const closeBy = this.#clock.now() + this.#window
    this.#due.push({ socket, bytesRead: socket.bytesRead, closeBy, then })
    if (this.#looking) return
    this.#looking = true
    this.#look()
  }

  #look(): void {
    this.#lookedAt = this.#clock.now()
    immediateOutside(() => this.#looked())
  }

  #looked(): void {
    const isLong = this.#clock.now() - this.#lookedAt > longTurn
    this.#longTurns = isLong ? this.#longTurns + 1 : 0
    if (isLong && this.#longTurns <= maxLongTurns) {
      this.#look()
      return
    }
    try {
      this.#closeSome()
    } finally {
      // A listener of the app may have thrown: the other sockets are still due.
      if (this.#due.size > 0) timeoutOutside(() => this.#look(), this.#pace)
      else this.#looking = false
    }
  }

  #closeSome(): void {
    const nextLook = this.#clock.now() + this.#pace
    for (let closed = 0, share = this.#share(nextLook); this.#due.first; ) {
      const { socket, bytesRead, closeBy, then } = this.#due.first
      if (closed >= share && closeBy > nextLook) return
      this.#due.shift()
      const quiet = !socket.destroyed && socket.bytesRead === bytesRead
      if (quiet) closed++
      then(quiet)
    }
  }

  /** How many have to close now, for the last one to close in time. */
  #share(nextLook: number): number {
    const { last, size } = this.#due
    const looksLeft = last ? Math.max(0, (last.closeBy - nextLook) / this.#pace) : 0
    return Math.max(1, Math.ceil(size / (looksLeft + 1)))
  }
}
