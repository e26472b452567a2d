import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { Queue } from './queue.ts'

/** A loop turn longer than this, in ms, may have left bytes unread in the kernel. */
const longTurn = 1

/** So many long turns in a row are waited for at the most: a loop always this far behind has to close in the end. */
const mostLongTurns = 100

/** A pace closes this part of the sockets that are due, and at least one: so the more are due, the faster it goes. */
const part = 64

interface Due {
  readonly socket: Socket
  readonly bytesRead: number
  readonly then: (quiet: boolean) => void
}

/**
 * The re-check for waiting bytes before an idle close. libuv runs timers before it polls sockets: after a blocked
 * turn the idle timer fires although the next request already waits in the kernel. `setImmediate` runs after the
 * poll, so by then its bytes have been read; after a long turn it takes one more.
 *
 * Connections that a proxy opened together are due together, and it comes back on all of them together. So they are
 * closed one after the other, each after a look of its own: when the proxy's burst begins, one of its connections
 * may just be closing, and the others are still there.
 */
export class LastLook {
  readonly #clock: Pick<Clock, 'now'>
  readonly #pace: number
  readonly #due = new Queue<Due>()
  #lookedAt = 0
  #longTurns = 0
  #looking = false

  /**
   * @param pace - between two closes, in ms: several times what a request takes from a proxy to here, busy loops on
   *   both sides included.
   */
  constructor(clock: Pick<Clock, 'now'>, pace: number) {
    this.#clock = clock
    this.#pace = pace
  }

  /** @param then - called once, `true` when nothing came and the socket is to be closed now. */
  look(socket: Socket, then: (quiet: boolean) => void): void {
    this.#due.push({ socket, bytesRead: socket.bytesRead, then })
    if (this.#looking) return
    this.#looking = true
    this.#look()
  }

  #look(): void {
    this.#lookedAt = this.#clock.now()
    setImmediate(() => this.#looked())
  }

  #looked(): void {
    const isLong = this.#clock.now() - this.#lookedAt > longTurn
    this.#longTurns = isLong ? this.#longTurns + 1 : 0
    if (isLong && this.#longTurns <= mostLongTurns) {
      this.#look()
      return
    }
    try {
      this.#closeSome()
    } finally {
      // A listener of the user's may have thrown: the others are due all the same.
      if (this.#due.size > 0) setTimeout(() => this.#look(), this.#pace).unref()
      else this.#looking = false
    }
  }

  #closeSome(): void {
    let closing = Math.ceil(this.#due.size / part)
    while (closing > 0) {
      const due = this.#due.shift()
      if (!due) return
      const quiet = !due.socket.destroyed && due.socket.bytesRead === due.bytesRead
      if (quiet) closing--
      due.then(quiet)
    }
  }
}
