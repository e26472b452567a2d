import { type CloseReason, closeReasons } from '../reasons.ts'
import type { Summary } from '../stats/snapshot.ts'
import { Rings, type Sample, type SamplesByRange } from './samples.ts'

type Totals = Pick<Summary, 'connections' | 'requests'>

/** The last 6 hours of one process, sample by sample: 540 samples at most, which take 0.1 MB (Node 24). */
export class History {
  readonly #rings = new Rings()
  #before: Totals
  /** By the monotonic clock, in ms. */
  #takenAt: number

  constructor(totals: Totals, now: number) {
    this.#before = totals
    this.#takenAt = now
  }

  get samples(): SamplesByRange {
    return this.#rings.all
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
    this.#rings.add(sample)
    this.#before = { connections, requests }
    this.#takenAt = now
    return sample
  }
}
