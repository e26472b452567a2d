import type { Link } from '../pool/list.ts'
import type { TimelineEvent, TimelineEventName } from '../timeline.ts'

/** The last events of one connection that are kept. */
const maxEvents = 64

/** Request targets beyond that are not held on to: they may be as long as a head. */
const longestTarget = 1_024

/** What a timeline can be of. */
export interface Followed {
  readonly id: number
  /** By the clock that the events' times are of. */
  readonly openedAt: number
  /** The timeline is given up for a newer one. */
  timelineLost(): void
}

/** What `#words` has of one event. */
type Words = [
  event: TimelineEventName,
  by: TimelineEvent['by'],
  method: string | undefined,
  about: string | number | undefined,
]

/**
 * The last events in the life of a connection: a ring, in two arrays. A request and a response right after it are one event. An object for
 * each event would cost a request 0.6 µs (Node 24, two cores of an EPYC): with its numbers it is spread over four lines of
 * memory, none of which is in the cache.
 */
export class Timeline implements Link<Timeline> {
  /** Of the connection. */
  id = 0
  /** While it is open. */
  connection: Followed | undefined = undefined
  /** Our FIN has been told of. */
  finished = false
  #openedAt = 0
  #count = 0
  /**
   * Four for each event: when it was; when a request was answered; the status of the answer, 0 until then; the id of an HTTP/2
   * stream, 0 where there is none.
   */
  readonly #numbers: number[] = []
  /** Four for each event: what it was; who caused it; the method of a request; its target, a status code or a few words. */
  readonly #words: (string | number | undefined)[] = []

  list: Link<Timeline>['list'] = undefined
  previous: Timeline | undefined = undefined
  next: Timeline | undefined = undefined

  /** Begins a life, in the place of the one before. */
  begin(connection: Followed): void {
    this.id = connection.id
    this.connection = connection
    this.finished = false
    this.#openedAt = connection.openedAt
    this.#count = 0
  }

  /** Another record of the same connection goes on with it. */
  handTo(connection: Followed): this {
    this.connection = connection
    return this
  }

  add(
    now: number,
    event: TimelineEventName,
    by?: TimelineEvent['by'],
    about?: string | number,
    stream = 0,
  ): void {
    this.#put(now, event, by, undefined, about, stream)
  }

  request(now: number, method: string | undefined, target: string | undefined, stream = 0): void {
    const kept = target && target.length > longestTarget ? '…' : target
    this.#put(now, 'request', undefined, method, kept, stream)
  }

  /** A request is answered; of HTTP/2, the one on that stream. With events in between, the answer is one of its own. */
  response(now: number, status: number, stream = 0): void {
    const numbers = this.#numbers
    const at = 4 * ((this.#count - 1) % maxEvents)
    const isRequest = this.#count > 0 && this.#words[at] === 'request'
    if (!isRequest || numbers[at + 2] !== 0 || numbers[at + 3] !== stream) {
      this.add(now, 'response', undefined, status, stream)
      return
    }
    numbers[at + 1] = now
    numbers[at + 2] = status
  }

  /** The events, from the first that is kept on. */
  events(): TimelineEvent[] {
    const first = Math.max(0, this.#count - maxEvents)
    const events: TimelineEvent[] = first === 0 ? [{ at: 0, event: 'accepted' }] : []
    for (let number = first; number < this.#count; number++) this.#tell(number % maxEvents, events)
    return events.slice(-maxEvents)
  }

  #put(
    now: number,
    event: TimelineEventName,
    by: TimelineEvent['by'],
    method: string | undefined,
    about: string | number | undefined,
    stream: number,
  ): void {
    const numbers = this.#numbers
    const words = this.#words
    const at = 4 * (this.#count++ % maxEvents)
    numbers[at] = now
    numbers[at + 1] = now
    numbers[at + 2] = 0
    numbers[at + 3] = stream
    words[at] = event
    words[at + 1] = by
    words[at + 2] = method
    words[at + 3] = about
  }

  #tell(place: number, to: TimelineEvent[]): void {
    const [at, answeredAt, status, stream] = this.#numbers.slice(4 * place) as [
      number,
      number,
      number,
      number,
    ]
    const [event, by, method, about] = this.#words.slice(4 * place) as Words
    const on = stream > 0 && { stream }
    // A query may carry secrets.
    const words = method === undefined ? about : `${method} ${String(about).replace(/\?.*/s, '?…')}`
    to.push({
      at: this.#since(at),
      event,
      ...on,
      ...(by && { by }),
      ...(words !== undefined && { detail: String(words) }),
    })
    if (status > 0) to.push({ at: this.#since(answeredAt), event: 'response', ...on, detail: String(status) })
  }

  #since(at: number): number {
    return Math.round((at - this.#openedAt) * 10) / 10
  }
}
