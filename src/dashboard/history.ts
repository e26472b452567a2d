import { type CloseReason, closeReasons } from '../reasons.ts'
import type { Summary } from '../stats/snapshot.ts'

/** Between two samples, in ms. */
export const sampleEvery = 5_000

/** Samples kept: a quarter of an hour. */
export const mostSamples = 180

/** What there was at a moment, and what had happened since the sample before. */
export interface Sample {
  /** Unix time in ms. */
  readonly at: number
  /** Since the sample before, in ms. */
  readonly length: number
  readonly open: number
  readonly idle: number
  readonly opened: number
  readonly requests: number
  readonly reused: number
  /** Closed connections by reason; reasons that did not occur are left out. */
  readonly reasons: Readonly<Partial<Record<CloseReason, number>>>
}

type Totals = Pick<Summary, 'connections' | 'requests'>

/** The last quarter of an hour, sample by sample. */
export class History {
  readonly #samples: Sample[] = []
  #before: Totals
  /** By the monotonic clock, in ms. */
  #takenAt: number

  constructor(totals: Totals, now: number) {
    this.#before = totals
    this.#takenAt = now
  }

  /** Oldest first. */
  get samples(): readonly Sample[] {
    return this.#samples
  }

  /** @param now - by the monotonic clock, in ms. */
  take({ takenAt, connections, requests }: Summary, now: number): Sample {
    const before = this.#before
    const reasons: Partial<Record<CloseReason, number>> = {}
    for (const reason of closeReasons) {
      const closed = connections.reasons[reason] - before.connections.reasons[reason]
      if (closed > 0) reasons[reason] = closed
    }
    const sample: Sample = {
      at: takenAt,
      length: Math.round(now - this.#takenAt),
      open: connections.open,
      idle: connections.states.idle,
      opened: Math.max(0, connections.opened - before.connections.opened),
      requests: Math.max(0, requests.total - before.requests.total),
      reused: Math.max(0, requests.reused - before.requests.reused),
      reasons,
    }
    this.#samples.push(sample)
    if (this.#samples.length > mostSamples) this.#samples.shift()
    this.#before = { connections, requests }
    this.#takenAt = now
    return sample
  }
}
