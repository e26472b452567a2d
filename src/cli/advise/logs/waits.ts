import type { Entry } from './entry.ts'
import type { Gaps } from './gaps.ts'

/** A connection that may have another request. */
interface Open {
  readonly connection: number
  readonly client: number
  number: number
  /** When its last response ended, in Unix ms. */
  end: number
  /** Whether its last response may have closed it: no request after that one means nothing then. */
  mayBeClosed: boolean
}

/** Connections remembered, at most. */
const most = 400_000

/** Servers close a little later than they say: a request that comes by then may have come by the same connection. In ms. */
const lateness = 1_000

/** Clocks and roundings make a request begin before the response before it has ended by so much. In ms. */
const overlap = 50

/** A request is in the log when it is over: until then its connection may only seem to wait. In ms. */
const longestRequest = 60_000

/**
 * Makes idle gaps of the requests of a log. Connections are remembered in two generations, of which the older is given up
 * when all in it have waited for longer than the server waits, or when the younger is full: so memory does not grow with the
 * log.
 */
export class Waits {
  /** Requests. */
  requests = 0
  /** Of those, not the first on their connection. */
  reused = 0
  /** Requests whose connection's earlier ones are not in the log. */
  unseen = 0
  /** Of those, the ones behind a hole: an earlier request of the connection is in the log, and not the one before. */
  missing = 0
  /** Requests that follow another one on their connection. */
  followers = 0
  /** Of those, the ones whose number is not above the one before, or that begin before that one's response has ended. */
  impossible = 0
  /** The longest gap before a request, in ms. */
  longest = 0
  /** When the first request began and the last one ended, in Unix ms. */
  first: number = Number.POSITIVE_INFINITY
  last: number = Number.NEGATIVE_INFINITY
  /** Whether the log also says when connections end: then those that wait for too long have ended, unseen. */
  endsAreLogged = false
  readonly #gaps: Gaps
  readonly #kept: number
  readonly #most: number
  readonly #gapError: number
  #young = new Map<number, Open>()
  #old = new Map<number, Open>()
  #turnsAt = Number.NEGATIVE_INFINITY

  /**
   * @param kept - how long the server kept idle connections, in ms.
   * @param gapError - by how much a gap may be wrong, as times are rounded, in ms.
   * @param cap - connections remembered, at most.
   */
  constructor(gaps: Gaps, kept: number, gapError: number = 1, cap: number = most) {
    this.#gaps = gaps
    this.#kept = kept
    this.#gapError = gapError
    this.#most = cap / 2
  }

  request(entry: Entry): void {
    const { connection, start, end, client, kept } = entry
    let { number } = entry
    this.requests++
    if (start < this.first) this.first = start
    if (end > this.last) this.last = end
    if (end >= this.#turnsAt) this.#turn(end)
    const young = this.#young.get(connection)
    const known = young ?? this.#old.get(connection)
    if (number === 0) number = known && this.#isSame(known, start) ? known.number + 1 : 1
    const repeats = entry.lastRepeats && known?.number === number && start - known.end < this.#kept
    if (repeats) number++
    if (known && number > 1) this.#compare(known, number, start)
    if (number > 1) this.reused++
    if (known) this.#continue(known, number, start)
    else if (number > 1) this.unseen++
    // Before its cap closes a connection Apache says so one response early: docs/logs.md#apaches-k-and-x.
    const mayBeClosed = !kept && entry.lastRepeats && known !== undefined && number > 1
    if (repeats || (!kept && !mayBeClosed)) {
      if (known) this.forget(connection)
      return
    }
    if (young && number > 1) {
      young.number = number
      young.end = end
      young.mayBeClosed = mayBeClosed
      return
    }
    this.#old.delete(connection)
    if (this.#young.size >= this.#most) this.#turn(end)
    this.#young.set(connection, { connection, client, number, end, mayBeClosed })
  }

  /** A connection's end is known from elsewhere. */
  forget(connection: number): Open | undefined {
    const known = this.#young.get(connection) ?? this.#old.get(connection)
    this.#young.delete(connection)
    this.#old.delete(connection)
    return known
  }

  /** The log is over: what waits is still open, or long closed. */
  finish(): void {
    for (const open of [...this.#old.values(), ...this.#young.values()]) this.#giveUp(open, this.last)
    this.#old.clear()
    this.#young.clear()
  }

  #continue(known: Open, number: number, start: number): void {
    const gap = Math.max(0, start - known.end)
    // Another connection with the same key, or one of which requests are not in the log: its gap is not known.
    if (number === 1) this.#giveUp(known, start)
    else if (number !== known.number + 1) this.unseen++
    else {
      this.#gaps.add('reused', gap, known.client, known.connection)
      if (gap > this.longest) this.longest = gap
    }
  }

  /** Without numbers: a client's port is used again by another connection, later than this one was kept. */
  #isSame(known: Open, start: number): boolean {
    return start - known.end < this.#kept + lateness + this.#gapError
  }

  #compare(known: Open, number: number, start: number): void {
    this.followers++
    const overlaps = known.end - start > overlap + this.#gapError
    if (number <= known.number || overlaps) this.impossible++
    else if (number > known.number + 1) this.missing++
  }

  #turn(now: number): void {
    for (const open of this.#old.values()) this.#giveUp(open, now)
    this.#old = this.#young
    this.#young = new Map()
    this.#turnsAt = now + this.#kept + longestRequest
  }

  /** No request came by now. Whether the client closed first, an access log does not say. */
  #giveUp({ client, connection, end, mayBeClosed }: Open, now: number): void {
    if (mayBeClosed) return
    const wait = Math.max(0, now - end)
    if (wait >= this.#kept) {
      if (!this.endsAreLogged) this.#gaps.add('cutOff', this.#kept, client, connection)
    } else this.#gaps.add('open', wait, client, connection)
  }
}
