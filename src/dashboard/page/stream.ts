import type { Hello, Update } from '../messages.ts'
import { pause } from './pause.ts'

export type StreamState = 'live' | 'paused' | 'hidden' | 'waiting' | 'draining' | 'refused'

/** Before it is tried again where the server did not let us in, in ms. */
const retryAfter = 10_000

/** Whom a stream tells. */
interface Listeners {
  readonly hello: (hello: Hello) => void
  readonly update: (update: Update) => void
  readonly state: (state: StreamState, why?: string) => void
  /** The user has come back, gone, paused or resumed. */
  readonly asked: () => void
}

/** The live stream, open while the page is seen and not paused. */
export class Stream {
  readonly #on: Listeners
  #events: EventSource | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #isDraining = false

  constructor(on: Listeners) {
    this.#on = on
    const follow = (): void => {
      this.#follow()
      // Not where it is tried again: a server that lets the page in no more has sent no update either.
      on.asked()
    }
    document.addEventListener('visibilitychange', follow)
    pause.onChange(follow)
    follow()
  }

  #follow(): void {
    const isHidden = document.visibilityState === 'hidden'
    if (pause.isOn || isHidden) {
      this.#close()
      this.#on.state(pause.isOn ? 'paused' : 'hidden')
    } else if (!this.#events) this.#open()
  }

  #close(): void {
    clearTimeout(this.#retry)
    this.#events?.close()
    this.#events = undefined
  }

  #open(): void {
    this.#on.state('waiting')
    const events = new EventSource('stream')
    this.#events = events
    events.addEventListener('hello', (event) => this.#take(JSON.parse(event.data) as Hello, 'hello'))
    events.addEventListener('update', (event) => this.#take(JSON.parse(event.data) as Update, 'update'))
    events.addEventListener('error', () => {
      if (this.#isDraining) this.#on.state('draining')
      else this.#on.state('waiting')
      // The browser itself comes back, but not after an answer such as 503.
      if (events.readyState === EventSource.CLOSED) void this.#refused()
    })
  }

  #take(message: Hello | Update, name: 'hello' | 'update'): void {
    this.#isDraining = ('update' in message ? message.update : message).draining
    this.#on.state(this.#isDraining ? 'draining' : 'live')
    if (name === 'hello') this.#on.hello(message as Hello)
    else this.#on.update(message as Update)
  }

  async #refused(): Promise<void> {
    this.#close()
    this.#retry = setTimeout(() => this.#follow(), retryAfter)
    // An EventSource does not tell what was said.
    const answer = await fetch('stream', { method: 'HEAD' }).catch(() => undefined)
    if (pause.isOn) return
    if (answer && !answer.ok)
      this.#on.state('refused', answer.status === 503 ? 'as many viewers as may be' : `HTTP ${answer.status}`)
  }
}
