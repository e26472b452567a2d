import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Above this many held requests the socket is not read any further. */
const mostHeld = 100

/** A request held back until the response before it has ended. */
export interface Held {
  readonly event: string
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

/**
 * The requests pipelined behind the response under way. Node would hand them to the app at once; whether they
 * can be answered is known only when the response before them is over (RFC 9112 §9.3.2, §9.6).
 */
export class Pipeline {
  #held: Held[] = []
  #paused = false

  hold(held: Held, socket: Socket): void {
    this.#held.push(held)
    if (this.#held.length >= mostHeld) {
      this.#paused = true
      socket.pause()
    }
  }

  next(socket: Socket): Held | undefined {
    const held = this.#held.shift()
    if (this.#paused && this.#held.length < mostHeld) {
      this.#paused = false
      socket.resume()
    }
    return held
  }

  /** Empties the pipeline. */
  clear(): readonly Held[] {
    const held = this.#held
    this.#held = []
    return held
  }
}
