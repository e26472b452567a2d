import type { ServerResponse } from 'node:http'
import { clearInterval, setInterval } from 'node:timers'
import { headers } from './respond.ts'

/** What a hub sends. */
export interface Broadcast {
  /** The event that a viewer begins with, as text. */
  hello(): string
  /** The event of this second, as text. */
  update(): string
  /** The server is being drained: all streams end. */
  isOver(): boolean
}

/** Between two updates, in ms. */
const updateEvery = 1_000

/** How long a browser is to wait before it comes back, in ms. */
const retry = 2_000

/** One event as in https://html.spec.whatwg.org/multipage/server-sent-events.html; JSON has no line breaks. */
export function eventText(name: string, value: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`
}

/** The viewers of the live stream. Each update is made and written out once for all; without viewers nothing is. */
export class Hub {
  readonly #broadcast: Broadcast
  readonly #most: number
  /** False where the last update found a viewer's buffer full: it has missed something. */
  readonly #viewers = new Map<ServerResponse, boolean>()
  #timer: NodeJS.Timeout | undefined

  constructor(broadcast: Broadcast, most: number) {
    this.#broadcast = broadcast
    this.#most = most
  }

  get size(): number {
    return this.#viewers.size
  }

  get isFull(): boolean {
    return this.size >= this.#most
  }

  add(res: ServerResponse): void {
    // It may have left, or been answered by something else, while it was found out who it is.
    if (res.headersSent || res.destroyed || res.closed) return
    res.writeHead(200, {
      ...headers,
      'Content-Type': 'text/event-stream; charset=utf-8',
      // nginx would hold events back until its buffer is full.
      'X-Accel-Buffering': 'no',
    })
    this.#viewers.set(res, true)
    res.once('close', () => this.#remove(res))
    this.#timer ??= setInterval(() => this.tick(), updateEvery).unref()
    res.write(`retry: ${retry}\n\n${this.#broadcast.hello()}`)
    if (this.#broadcast.isOver()) this.end()
  }

  /** One second is over. */
  tick(): void {
    const text = this.#broadcast.update()
    let hello: string | undefined
    for (const [res, isUpToDate] of this.#viewers) {
      // A viewer that reads slowly gets fewer events, not a longer queue.
      if (res.writableNeedDrain) {
        this.#viewers.set(res, false)
        continue
      }
      hello ??= isUpToDate ? undefined : this.#broadcast.hello()
      res.write(isUpToDate ? text : hello!)
      this.#viewers.set(res, true)
    }
    if (this.#broadcast.isOver()) this.end()
  }

  /** Ends all streams. */
  end(): void {
    for (const res of [...this.#viewers.keys()]) {
      this.#remove(res)
      res.end()
    }
  }

  #remove(res: ServerResponse): void {
    this.#viewers.delete(res)
    if (this.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
