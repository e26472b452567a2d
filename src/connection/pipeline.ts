import { AsyncResource } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Queue } from './queue.ts'

/** From this many held requests on the socket is not read any further than in the loop turn under way. */
const mostHeld = 100

/**
 * A request held back until the response before it has ended. An async resource, so that it goes on in the context
 * in which it arrived, not in that of the request before it.
 */
export class Held extends AsyncResource {
  readonly event: string
  readonly req: IncomingMessage
  readonly res: ServerResponse

  constructor(event: string, req: IncomingMessage, res: ServerResponse) {
    super('KeepAliveHeldRequest')
    this.event = event
    this.req = req
    this.res = res
  }
}

/**
 * The requests pipelined behind the response under way. Node would hand them to the app at once; whether they
 * can be answered is known only when the response before them is over (RFC 9112 §9.3.2, §9.6).
 */
export class Pipeline {
  readonly #held = new Queue<Held>()
  #paused = false

  get size(): number {
    return this.#held.size
  }

  hold(held: Held, socket: Socket): void {
    this.#held.push(held)
    if (this.#held.size < mostHeld || this.#paused) return
    this.#paused = true
    // Not now: Node's parser resumes the socket at the end of each message.
    setImmediate(() => this.#paused && socket.pause())
  }

  next(socket: Socket): Held | undefined {
    const held = this.#held.shift()
    if (this.#paused && this.#held.size < mostHeld) {
      this.#paused = false
      socket.resume()
    }
    return held
  }

  /** Empties the pipeline, and lets its socket be read again. */
  release(socket: Socket): readonly Held[] {
    if (this.#paused) socket.resume()
    this.#paused = false
    return this.clear()
  }

  /** Empties the pipeline. */
  clear(): readonly Held[] {
    return this.#held.clear()
  }
}
