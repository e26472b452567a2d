import type { TimelineEvent, TimelineEventName } from '../timeline.ts'

/** The last events of one connection that are kept. */
const mostEvents = 64

/** Connections whose timelines are kept: of those that are open, the ones opened last; of the others, those closed last. */
const mostOpen = 192
const mostClosed = 64

/** Request targets beyond that are not held on to: they may be as long as a head. */
const longestTarget = 1_024

/** One event as it is kept: made once, and written anew when the ring has come round. */
interface Entry {
  at: number
  event: TimelineEventName
  by: TimelineEvent['by']
  method: string | undefined
  /** A request's target, a response's status code, or a few words. */
  about: string | number | undefined
}

/** The last events in the life of a connection: a ring. */
export class Timeline {
  #openedAt = 0
  readonly #entries: Entry[] = []
  #count = 0

  /**
   * Begins a life, in the place of the one before.
   *
   * @param openedAt - by the clock that the events' times are of.
   */
  begin(openedAt: number): void {
    this.#openedAt = openedAt
    this.#count = 0
    this.add(openedAt, 'accepted')
  }

  add(now: number, event: TimelineEventName, by?: TimelineEvent['by'], about?: string | number): void {
    const entry = this.#next()
    entry.at = now
    entry.event = event
    entry.by = by
    entry.method = undefined
    entry.about = about
  }

  request(now: number, method: string | undefined, target: string | undefined): void {
    this.add(now, 'request', undefined, target && target.length > longestTarget ? '…' : target)
    this.#entries[(this.#count - 1) % mostEvents]!.method = method
  }

  /** The events, from the first that is kept on. */
  events(): TimelineEvent[] {
    const length = Math.min(this.#count, mostEvents)
    const first = this.#count - length
    return Array.from({ length }, (_, i) => this.#told(this.#entries[(first + i) % mostEvents]!))
  }

  #next(): Entry {
    const at = this.#count++ % mostEvents
    const entry = this.#entries[at]
    if (entry) return entry
    const made: Entry = { at: 0, event: 'accepted', by: undefined, method: undefined, about: undefined }
    this.#entries.push(made)
    return made
  }

  #told({ at, event, by, method, about }: Entry): TimelineEvent {
    // Queries carry what is nobody's business.
    const words = method === undefined ? about : `${method} ${String(about).replace(/\?.*/s, '?…')}`
    return {
      at: Math.round((at - this.#openedAt) * 10) / 10,
      event,
      ...(by && { by }),
      ...(words !== undefined && { detail: String(words) }),
    }
  }
}

/** What a timeline can be of. */
export interface Followed {
  readonly id: number
  readonly openedAt: number
  timeline: Timeline | undefined
}

/** The timelines of the connections seen last. However many there are, and whatever they do, its size is bounded. */
export class Timelines {
  readonly #open = new Map<number, Followed>()
  readonly #closed = new Map<number, Timeline>()
  /** One that was given up last, for the next connection: so that many short lives cost no memory. */
  #spare: Timeline | undefined

  /** Begins a connection's timeline; where there are too many, that of the one opened first is given up. */
  follow(connection: Followed): void {
    if (this.#open.size === mostOpen) {
      const [id, oldest] = firstOf(this.#open)
      this.#spare = oldest.timeline
      oldest.timeline = undefined
      this.#open.delete(id)
    }
    connection.timeline = this.#spare ?? new Timeline()
    this.#spare = undefined
    connection.timeline.begin(connection.openedAt)
    this.#open.set(connection.id, connection)
  }

  /** A connection has closed: its timeline is kept for a while. */
  close(connection: Followed): void {
    const { id, timeline } = connection
    if (!timeline || !this.#open.delete(id)) return
    connection.timeline = undefined
    if (this.#closed.size === mostClosed) {
      const [oldest, spare] = firstOf(this.#closed)
      this.#spare = spare
      this.#closed.delete(oldest)
    }
    this.#closed.set(id, timeline)
  }

  /** @returns `undefined` where there is none, or none any more. */
  of(id: number): TimelineEvent[] | undefined {
    return (this.#open.get(id)?.timeline ?? this.#closed.get(id))?.events()
  }
}

/** The entry of a map that came first; there has to be one. */
function firstOf<V>(map: ReadonlyMap<number, V>): readonly [number, V] {
  return map.entries().next().value!
}
