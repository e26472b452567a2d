import { noCounts } from './counts.ts'
import type { Counts } from './snapshot.ts'

/** Slots of a window, not counting the one under way. */
const slots = 60

/**
 * What happened in the last 60 slots and in the one under way: the totals now less the totals at the start of the
 * oldest slot. Counting costs nothing here; only when a slot is over are its totals written down.
 */
class Window {
  readonly #slot: number
  readonly #origin: number
  /** The totals at the start of each slot, by the slot's number modulo the length. */
  readonly #starts: Counts[] = new Array(slots + 1).fill(noCounts)
  /** The number of the slot under way. */
  #current = 0

  /** @param slot - a slot's length in ms. */
  constructor(slot: number, origin: number) {
    this.#slot = slot
    this.#origin = origin
  }

  /** When the slot under way is over. */
  get turnsAt(): number {
    return this.#origin + (this.#current + 1) * this.#slot
  }

  /** Begins the slot that `now` is in, and those between, in which nothing happened. */
  turn(now: number, totals: Counts): void {
    const current = Math.floor((now - this.#origin) / this.#slot)
    const oldest = Math.max(this.#current + 1, current - slots)
    for (let slot = oldest; slot <= current; slot++) this.#starts[slot % (slots + 1)] = totals
    this.#current = Math.max(this.#current, current)
  }

  counts(totals: Counts): Counts {
    return difference(totals, this.#starts[(this.#current + 1) % (slots + 1)]!)
  }
}

/** Sliding windows beside totals: the last minute to a second, the last quarter of an hour to 15 s. No timer. */
export class Windows {
  readonly #minute: Window
  readonly #quarterHour: Window
  /** From then on `turn()` is to be called before anything is counted. */
  turnsAt: number

  constructor(now: number) {
    this.#minute = new Window(1_000, now)
    this.#quarterHour = new Window(15_000, now)
    this.turnsAt = this.#minute.turnsAt
  }

  /** @param totals - of all that happened up to now. */
  turn(now: number, totals: Counts): void {
    this.#minute.turn(now, totals)
    this.#quarterHour.turn(now, totals)
    this.turnsAt = this.#minute.turnsAt
  }

  /** What happened in each window; `turn()` is to be called first where it is due. */
  counts(totals: Counts): { readonly minute: Counts; readonly quarterHour: Counts } {
    return { minute: this.#minute.counts(totals), quarterHour: this.#quarterHour.counts(totals) }
  }
}

function difference(now: Counts, then: Counts): Counts {
  return {
    opened: now.opened - then.opened,
    closed: now.closed - then.closed,
    requests: now.requests - then.requests,
    reused: now.reused - then.reused,
    late: now.late - then.late,
    dropped: now.dropped - then.dropped,
  }
}
