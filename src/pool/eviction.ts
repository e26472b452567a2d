import type { Clock } from '../clock.ts'
import type { IdleQueue } from './idle-queue.ts'
import type { Member } from './member.ts'
import { timeoutOutside } from './timers.ts'

/** The most connections evicted in one go, as in nginx (ngx_drain_connections). */
const largestBatch = 32

/** Between two batches while too many wait, in ms. */
const betweenBatches = 10

/** Between two warnings, in ms. */
const betweenWarnings = 1_000

/**
 * Keeps the number of waiting connections at `maxIdle`: above it those that have waited longest are closed, an eighth
 * of them but at most 32 at a time. What waits for less than `minIdle` stays: its request may be on its way.
 */
export class Eviction<T extends Member<T>> {
  readonly #queue: IdleQueue<T>
  readonly #clock: Pick<Clock, 'now'>
  readonly #maxIdle: number
  readonly #minIdle: number
  readonly #warn: (evicted: number) => void
  #timer: NodeJS.Timeout | undefined
  #evicted = 0
  #warnedAt = Number.NEGATIVE_INFINITY

  /** @param warn - gets how many were evicted since the last warning, at most once a second. */
  constructor(
    queue: IdleQueue<T>,
    clock: Pick<Clock, 'now'>,
    { maxIdle, minIdle }: { readonly maxIdle: number; readonly minIdle: number },
    warn: (evicted: number) => void,
  ) {
    this.#queue = queue
    this.#clock = clock
    this.#maxIdle = maxIdle
    this.#minIdle = minIdle
    this.#warn = warn
  }

  /** Call it when one more connection waits. */
  check(): void {
    if (this.#queue.size > this.#maxIdle) this.#evict()
  }

  #evict(): void {
    const queue = this.#queue
    const batch = Math.max(Math.min(largestBatch, queue.size >> 3), 1)
    for (let i = 0; i < batch && queue.first; i++) {
      const member = queue.first
      if (member.waitedFor() < this.#minIdle) break
      // Remove the connection before it decides: the loop must end even if the connection stays open.
      queue.remove(member)
      member.closeIdle('evicted')
      this.#count()
    }
    // Too many connections still wait, and perhaps no further connection calls check().
    if (queue.first && queue.size > this.#maxIdle) this.#checkIn(this.#minIdle - queue.first.waitedFor())
  }

  #checkIn(due: number): void {
    this.#timer ??= timeoutOutside(
      () => {
        this.#timer = undefined
        this.check()
      },
      Math.max(due, betweenBatches),
    )
  }

  #count(): void {
    this.#evicted++
    const now = this.#clock.now()
    if (now - this.#warnedAt < betweenWarnings) return
    this.#warnedAt = now
    this.#warn(this.#evicted)
    this.#evicted = 0
  }
}
