import type { Entry } from './entry.ts'
import type { Gaps } from './gaps.ts'

/** A connection that may have another request. */
interface Open {
  readonly connection: number
  readonly client: number
  number: number
  /** When its last response ended, in Unix ms. */
  end: number
  /** Whether its last response may have closed the connection: then no further request means nothing. */
  mayBeClosed: boolean
}

/** Connections remembered, at most. */
const most = 400_000

/** Servers close a little later than their timeout: a request within this time may be on the same connection. In ms. */
const lateness = 1_000

/** Because of clocks and rounding, a request may seem to begin this much before the previous response ended. In ms. */
const overlap = 50

/** A request is logged when it ends: until then its connection may only seem idle. In ms. */
const longestRequest = 60_000

/**
 * Computes idle gaps from the requests of a log. Connections are kept in two generations. The older one is dropped when all its
 * connections have been idle for longer than the server's timeout, or when the younger one is full. So memory is bounded.
 */
export class Waits {
  /** Requests. */
  requests = 0
  /** Requests that are not the first on their connection. */
  reused = 0
  /** Requests whose earlier requests on the connection are not in the log. */
  unseen = 0
  /** Of those, the ones after a hole: an earlier request of the connection is in the log, but not the previous one. */
  missing = 0
  /** Requests after another one on their connection. */
  followers = 0
  /** Of those, the ones whose number is not higher than the previous one, or that begin before the previous response ended. */
  impossible = 0
  /** The longest gap before a request, in ms. */
  longest = 0
  /** The start of the first request and the end of the last one, in Unix ms. */
  first: number = Number.POSITIVE_INFINITY
  last: number = Number.NEGATIVE_INFINITY
  /** Whether the log also has the ends of connections: then those idle for too long have ended unseen. */
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
   * @param gapError - the error of a gap, because times are rounded, in ms.
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
    // Apache announces the close by its cap one response early: docs/logs.md#apaches-k-and-x.
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

  /** The end of a connection is known from another line. */
  forget(connection: number): Open | undefined {
    const known = this.#young.get(connection) ?? this.#old.get(connection)
    this.#young.delete(connection)
    this.#old.delete(connection)
    return known
  }

  /** The log has ended: idle connections are still open, or closed long ago. */
  finish(): void {
    for (const open of [...this.#old.values(), ...this.#young.values()]) this.#giveUp(open, this.last)
    this.#old.clear()
    this.#young.clear()
  }

  #continue(known: Open, number: number, start: number): void {
    const gap = Math.max(0, start - known.end)
    // Another connection with the same key, or a connection whose requests are not all in the log: the gap is unknown.
    if (number === 1) this.#giveUp(known, start)
    else if (number !== known.number + 1) this.unseen++
    else {
      this.#gaps.add('reused', gap, known.client, known.connection)
      if (gap > this.longest) this.longest = gap
    }
  }

  /** Without numbers: another connection uses the client's port again, after the timeout of this one. */
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

  /** No request came in time. An access log does not show whether the client closed first. */
  #giveUp({ client, connection, end, mayBeClosed }: Open, now: number): void {
    if (mayBeClosed) return
    const wait = Math.max(0, now - end)
    if (wait >= this.#kept) {
      if (!this.endsAreLogged) this.#gaps.add('cutOff', this.#kept, client, connection)
    } else this.#gaps.add('open', wait, client, connection)
  }
}
