import { noCounts } from './counts.ts'
import type { Counts } from './snapshot.ts'

/** Slots of a window, without the current slot. */
const slots = 60

/**
 * What happened in the last 60 slots and in the current slot: the totals now minus the totals at the start of the oldest
 * slot. Counting itself costs nothing here: only the end of a slot stores the totals.
 */
class Window {
  readonly #slot: number
  readonly #origin: number
  /** The totals at the start of each slot, by slot number modulo the length. */
  readonly #starts: Counts[] = new Array(slots + 1).fill(noCounts)
  /** The number of the current slot. */
  #current = 0

  /** @param slot - the length of a slot in ms. */
  constructor(slot: number, origin: number) {
    this.#slot = slot
    this.#origin = origin
  }

  /** When the current slot ends. */
  get turnsAt(): number {
    return this.#origin + (this.#current + 1) * this.#slot
  }

  /** Starts the slot of `now`, and the slots before it in which nothing happened. */
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

/** Sliding windows: the last minute in steps of 1 s, the last quarter of an hour in steps of 15 s. Needs no timer. */
export class Windows {
  readonly #minute: Window
  readonly #quarterHour: Window
  /** From this time on, `turn()` must be called before anything is counted. */
  turnsAt: number

  constructor(now: number) {
    this.#minute = new Window(1_000, now)
    this.#quarterHour = new Window(15_000, now)
    this.turnsAt = this.#minute.turnsAt
  }

  /** @param totals - of everything up to now. */
  turn(now: number, totals: Counts): void {
    this.#minute.turn(now, totals)
    this.#quarterHour.turn(now, totals)
    this.turnsAt = this.#minute.turnsAt
  }

  /** What happened in each window. Call `turn()` first if it is due. */
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
