import { Allowance } from '../allowance.ts'
import { type Link, List } from '../pool/list.ts'
import type { TimelineEvent, TimelineEventName } from '../timeline.ts'

/** The last events of one connection that are kept. */
const maxEvents = 64

/** Timelines that are kept: of the connections that are open, those opened last; of the others, those closed last. */
const most = 256
const maxOpen = 192

/** So many connections at once get a timeline, then one each millisecond: faster than that the timelines are of a sample. */
const followedAtOnce = 1_000

/** Request targets beyond that are not held on to: they may be as long as a head. */
const longestTarget = 1_024

/** One event as it is kept, a request with its response: made once, and written anew when the ring has come round. */
interface Entry {
  at: number
  event: TimelineEventName
  by: TimelineEvent['by']
  method: string | undefined
  /** A request's target, a response's status code, or a few words. */
  about: string | number | undefined
  /** When a request was answered, and with what; 0 until then. */
  answeredAt: number
  status: number
  /** The id of an HTTP/2 stream; 0 is none. */
  stream: number
}

/** The last events in the life of a connection: a ring. */
export class Timeline implements Link<Timeline> {
  /** Of the connection. */
  id = 0
  /** While it is open. */
  connection: Followed | undefined = undefined
  /** Our FIN has been told of. */
  finished = false
  #openedAt = 0
  readonly #entries: Entry[] = []
  #count = 0
  /** The request that came last. */
  #request: Entry | undefined

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
    this.#request = undefined
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
    const entry = this.#next()
    entry.stream = stream
    entry.at = now
    entry.event = event
    entry.by = by
    entry.method = undefined
    entry.about = about
    entry.status = 0
  }

  request(now: number, method: string | undefined, target: string | undefined, stream = 0): void {
    const entry = this.#next()
    entry.stream = stream
    entry.at = now
    entry.event = 'request'
    entry.by = undefined
    entry.method = method
    entry.about = target && target.length > longestTarget ? '…' : target
    entry.status = 0
    this.#request = entry
  }

  /** The request that came last is answered; of HTTP/2, the one on that stream. */
  response(now: number, status: number, stream = 0): void {
    const request = this.#request
    // The ring may have come round since.
    if (request?.event !== 'request' || request.stream !== stream || request.status > 0) {
      this.add(now, 'response', undefined, status, stream)
      return
    }
    request.answeredAt = now
    request.status = status
  }

  /** The events, from the first that is kept on. */
  events(): TimelineEvent[] {
    const length = Math.min(this.#count, maxEvents)
    const first = this.#count - length
    const events: TimelineEvent[] = first === 0 ? [{ at: 0, event: 'accepted' }] : []
    for (let i = 0; i < length; i++) this.#tell(this.#entries[(first + i) % maxEvents]!, events)
    // Between a request and its response there may have been others.
    return events.sort((a, b) => a.at - b.at).slice(-maxEvents)
  }

  #next(): Entry {
    const at = this.#count++ % maxEvents
    const entry = this.#entries[at]
    if (entry) return entry
    const made: Entry = {
      at: 0,
      event: 'accepted',
      by: undefined,
      method: undefined,
      about: undefined,
      answeredAt: 0,
      status: 0,
      stream: 0,
    }
    this.#entries.push(made)
    return made
  }

  #tell({ at, event, by, method, about, answeredAt, status, stream }: Entry, to: TimelineEvent[]): void {
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

/** What a timeline can be of. */
export interface Followed {
  readonly id: number
  /** By the clock that the events' times are of. */
  readonly openedAt: number
  /** The timeline is given up for a newer one. */
  timelineLost(): void
}

/**
 * The timelines of the connections seen last. However many there are, and whatever they do, its size is bounded, and
 * many short lives cost no memory: each is written over an old one.
 */
export class Timelines {
  // No maps, for the reason that OpenSet is no Set.
  readonly #open = new List<Timeline>()
  readonly #closed = new List<Timeline>()
  readonly #allowance = new Allowance(followedAtOnce)

  /**
   * Begins a connection's timeline; where there are too many, that of the one opened first is given up.
   *
   * @returns `undefined` where connections come too fast.
   */
  follow(connection: Followed): Timeline | undefined {
    if (!this.#allowance.take(connection.openedAt)) return undefined
    const timeline = this.#reuseOrMake()
    timeline.begin(connection)
    this.#open.add(timeline)
    return timeline
  }

  /** A connection has closed: its timeline is kept for a while. */
  close(timeline: Timeline): void {
    this.#open.remove(timeline)
    timeline.connection = undefined
    this.#closed.add(timeline)
  }

  /** @returns `undefined` where there is none, or none any more. */
  of(id: number): TimelineEvent[] | undefined {
    for (const timeline of [...this.#open, ...this.#closed]) if (timeline.id === id) return timeline.events()
    return undefined
  }

  #reuseOrMake(): Timeline {
    const { first: opened, size } = this.#open
    if (opened && size === maxOpen) {
      this.#open.remove(opened)
      opened.connection?.timelineLost()
      return opened
    }
    const { first: closed } = this.#closed
    if (!closed || size + this.#closed.size < most) return new Timeline()
    this.#closed.remove(closed)
    return closed
  }
}
