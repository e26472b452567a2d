import { AsyncResource } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers'
import { startReading } from '../node/internals.ts'
import { Queue } from '../pool/queue.ts'

/** From this many held requests on the socket is not read any further. */
const maxUnpaused = 100

/** So many requests are held at most, read by looks at the paused socket. */
const maxHeld = 10_000

/** The wait before the first look at a paused socket, and the longest one, in ms. */
const firstLook = 500
const longestWait = 30_000

/** So many looks come at the same interval where a body fills them: a client that has left may have sent that much. */
const maxQuickLooks = 16

/**
 * A request held back until the response before it has ended. An async resource, so that it goes on in the context
 * in which it arrived, not in that of the request before it.
 */
export class HeldRequest extends AsyncResource {
  readonly event: string
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** What else the event carried. */
  readonly more: readonly unknown[]

  constructor(event: string, req: IncomingMessage, res: ServerResponse, more: readonly unknown[]) {
    super('KeepAliveHeldRequest')
    this.event = event
    this.req = req
    this.res = res
    this.more = more
  }

  /** Hands it over, in the context in which it arrived. */
  handTo(emit: (event: string, ...args: unknown[]) => unknown): void {
    this.runInAsyncScope(() => emit(this.event, this.req, this.res, ...this.more))
  }
}

/**
 * The requests pipelined behind the response under way. Node would hand them to the app at once; whether they
 * can be answered is known only when the response before them is over (RFC 9112 §9.3.2, §9.6).
 *
 * A socket that is not read tells nothing of its peer: neither FIN nor RST. So a paused socket is read again now and
 * then, one read at a time, at longer and longer intervals: a client that is gone is noticed, and the memory of a client
 * that goes on sending is bounded.
 */
export class HeldRequests {
  readonly #socket: Socket
  readonly #overflow: () => void
  readonly #held = new Queue<HeldRequest>()
  /** No more is to be read, or only what comes by the look under way. */
  #paused = false
  #looking = false
  #wait = firstLook
  #looks = 0
  #ownResume: Resume | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param overflow - called when more have come than are held. */
  constructor(socket: Socket, overflow: () => void) {
    this.#socket = socket
    this.#overflow = overflow
  }

  get size(): number {
    return this.#held.size
  }

  hold(request: HeldRequest): void {
    this.#held.push(request)
    this.#timer ??= setTimeout(() => this.#look(), this.#wait).unref()
    if (this.#held.size >= maxHeld) this.#overflow()
    else if (this.#held.size >= maxUnpaused && (!this.#paused || this.#looking)) this.#pause()
  }

  next(): HeldRequest | undefined {
    const request = this.#held.shift()
    if (this.#held.size < maxUnpaused) this.#resume()
    return request
  }

  /** Empties the queue, and lets its socket be read again. */
  release(): HeldRequest[] {
    this.#resume()
    return this.#held.clear()
  }

  #pause(): void {
    this.#paused = true
    this.#looking = false
    this.#socket.pause()
    this.#ownResume ??= ignoreResume(this.#socket)
  }

  /**
   * Reads once, where the socket is not read: because so many requests are held, or because Node waits for the app to read
   * the body of a held one. What comes pauses the socket again.
   */
  #look(): void {
    this.#timer = undefined
    if (this.#held.size === 0 || this.#socket.destroyed) return
    if (this.#paused || ++this.#looks > maxQuickLooks) this.#wait = Math.min(2 * this.#wait, longestWait)
    this.#timer = setTimeout(() => this.#look(), this.#wait).unref()
    if (this.#paused) {
      this.#looking = true
      this.#ownResume?.call(this.#socket)
    } else if (this.#socket.isPaused()) {
      this.#socket.resume()
    }
  }

  #resume(): void {
    this.#wait = firstLook
    if (!this.#paused) return
    this.#paused = false
    this.#looking = false
    this.#ownResume = undefined
    giveResumeBack(this.#socket)
    this.#socket.resume()
    startReading(this.#socket)
  }
}

type Resume = Socket['resume']

/**
 * Node's parser resumes its socket at the end of each message: a socket that is to stay paused has to ignore that.
 *
 * @returns what resumes the socket all the same.
 */
function ignoreResume(socket: Socket): Resume {
  const { resume } = socket
  Object.defineProperty(socket, 'resume', { value: ignored, configurable: true, writable: true })
  return resume
}

function ignored(this: Socket): Socket {
  return this
}

function giveResumeBack(socket: Socket): void {
  if (socket.resume === (ignored as unknown)) delete (socket as { resume?: unknown }).resume
}
