import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'

/** A loop turn longer than this, in ms, may have left bytes unread in the kernel. */
const longTurn = 1

/** So many long turns in a row are waited for at the most: a loop always this far behind has to close in the end. */
const mostLongTurns = 100

/** A turn closes this part of the sockets that are due, and at least one. */
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
 * Sockets that are due together are closed one a turn, each with a poll right before: a front that comes back with
 * a burst of requests is heard before the next of its connections is closed.
 */
export class LastLook {
  readonly #clock: Clock
  readonly #due: Due[] = []
  #lookedAt = 0
  #longTurns = 0
  #turning = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param then - called once, `true` when nothing came and the socket is to be closed now. */
  look(socket: Socket, then: (quiet: boolean) => void): void {
    this.#due.push({ socket, bytesRead: socket.bytesRead, then })
    if (!this.#turning) this.#nextTurn()
  }

  #nextTurn(): void {
    this.#turning = true
    this.#lookedAt = this.#clock.now()
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    const isLong = this.#clock.now() - this.#lookedAt > longTurn
    this.#longTurns = isLong ? this.#longTurns + 1 : 0
    try {
      if (this.#longTurns === 0 || this.#longTurns > mostLongTurns) this.#closeSome()
    } finally {
      // A listener of the user's may have thrown: the others are due all the same.
      this.#turning = false
      if (this.#due.length > 0) this.#nextTurn()
    }
  }

  #closeSome(): void {
    let closing = Math.ceil(this.#due.length / part)
    while (closing > 0) {
      const due = this.#due.shift()
      if (!due) return
      const quiet = !due.socket.destroyed && due.socket.bytesRead === due.bytesRead
      if (quiet) closing--
      due.then(quiet)
    }
  }
}
