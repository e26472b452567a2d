import type { Connection } from '../connection/connection.ts'
import type { Waiting } from '../connection/waiting.ts'

/** The most connections evicted in one go, as in nginx (ngx_drain_connections). */
const largestBatch = 32

/** Between two batches while too many wait, in ms. */
const betweenBatches = 10

/** Between two warnings, in ms. */
const betweenWarnings = 1_000

/**
 * Keeps the number of waiting connections at `maxIdle`: above it those that have waited longest go first, an eighth
 * of them but at most 32 at a time. What waits for less than `minIdle` stays: its request may be on its way.
 */
export class Evictor {
  readonly #waiting: Waiting<Connection>
  readonly #maxIdle: number
  readonly #minIdle: number
  readonly #warn: (evicted: number) => void
  #timer: NodeJS.Timeout | undefined
  #evicted = 0
  #warnedAt = Number.NEGATIVE_INFINITY

  constructor(
    waiting: Waiting<Connection>,
    policy: { readonly maxIdle: number; readonly minIdle: number },
    warn: (evicted: number) => void,
  ) {
    this.#waiting = waiting
    this.#maxIdle = policy.maxIdle
    this.#minIdle = policy.minIdle
    this.#warn = warn
  }

  /** To be called when one more waits. */
  check(): void {
    if (this.#waiting.size > this.#maxIdle) this.#evict()
  }

  #evict(): void {
    const waiting = this.#waiting
    const batch = Math.max(Math.min(largestBatch, waiting.size >> 3), 1)
    for (let i = 0; i < batch && waiting.first; i++) {
      const record = waiting.first
      if (record.waitedFor() < this.#minIdle) break
      record.keeper.closeWaiting(record, 'evicted')
      this.#count(record.keeper.clock.now())
    }
    // Nobody may come to wait any more, and too many still do.
    if (waiting.first && waiting.size > this.#maxIdle)
      this.#checkIn(this.#minIdle - waiting.first.waitedFor())
  }

  #checkIn(due: number): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined
        this.check()
      },
      Math.max(due, betweenBatches),
    ).unref()
  }

  #count(now: number): void {
    this.#evicted++
    if (now - this.#warnedAt < betweenWarnings) return
    this.#warnedAt = now
    this.#warn(this.#evicted)
    this.#evicted = 0
  }
}
