import type { Tally } from '../connection/connection.ts'
import { type ClosedBy, type CloseReason, closeReasons, closers, type State } from '../reasons.ts'

/** The ledger as plain JSON. `opened` = `open` + `closed` + `released`; `reasons` and `closedBy` each sum to `closed`. */
export interface Snapshot {
  /** Version of this shape. */
  readonly version: 1
  readonly connections: {
    /** Since the kit was made. */
    readonly opened: number
    readonly closed: number
    /** Left to Node by `detach()` while open. */
    readonly released: number
    /** Now. */
    readonly open: number
    /** The open ones by state. */
    readonly states: Readonly<Record<Exclude<State, 'closed'>, number>>
    /** The closed ones by reason. */
    readonly reasons: Readonly<Record<CloseReason, number>>
    /** The closed ones by who closed. */
    readonly closedBy: Readonly<Record<ClosedBy, number>>
  }
  readonly requests: {
    /** Handed to the app. */
    readonly total: number
    /** Of those, answered whole. */
    readonly answered: number
    /** Of those, not the first on their connection. */
    readonly reused: number
    /** Answered by Node with an error (400, 408, 431), never seen by the app. */
    readonly refused: number
    /** Pipelined behind a closing response: not executed. */
    readonly dropped: number
    /** Arrived after our FIN: not executed. */
    readonly late: number
  }
}

const zeroes = <K extends string>(keys: readonly K[]): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>

/** The bounded aggregates of all connections of a kit. Only counts; whatever can be computed is, on read. */
export class Ledger implements Tally {
  #opened = 0
  #closed = 0
  #released = 0
  #requests = 0
  #answered = 0
  #reused = 0
  #refused = 0
  #dropped = 0
  #late = 0
  readonly #states: Record<State, number> = { new: 0, active: 0, idle: 0, closing: 0, upgraded: 0, closed: 0 }
  readonly #reasons = zeroes(closeReasons)
  readonly #closedBy = zeroes(closers)

  opened(state: State): void {
    this.#opened++
    this.#states[state]++
  }

  moved(from: State, to: State): void {
    this.#states[from]--
    this.#states[to]++
  }

  requested(reused: boolean): void {
    this.#requests++
    if (reused) this.#reused++
  }

  answered(): void {
    this.#answered++
  }

  refused(): void {
    this.#refused++
  }

  dropped(count: number): void {
    this.#dropped += count
  }

  late(count: number): void {
    this.#late += count
  }

  /** A connection is followed no longer, though it is still open. */
  released(state: State): void {
    this.#released++
    this.#states[state]--
  }

  closed(reason: CloseReason, closedBy: ClosedBy): void {
    this.#closed++
    this.#reasons[reason]++
    this.#closedBy[closedBy]++
  }

  snapshot(): Snapshot {
    const { closed: _, ...states } = this.#states
    return {
      version: 1,
      connections: {
        opened: this.#opened,
        closed: this.#closed,
        released: this.#released,
        open: this.#opened - this.#closed - this.#released,
        states,
        reasons: { ...this.#reasons },
        closedBy: { ...this.#closedBy },
      },
      requests: {
        total: this.#requests,
        answered: this.#answered,
        reused: this.#reused,
        refused: this.#refused,
        dropped: this.#dropped,
        late: this.#late,
      },
    }
  }
}
