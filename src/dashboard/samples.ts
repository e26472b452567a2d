import type { CloseReason } from '../reasons.ts'

/** Between two samples, in ms. */
export const sampleEvery = 5_000

/** A time span that the charts over time can show. */
export interface Range {
  readonly name: string
  /** In ms. */
  readonly length: number
  /** Time between two values of it, in ms. */
  readonly step: number
}

/** The spans to choose from. Each one has as many steps as the others. */
export const ranges: readonly [Range, Range, Range] = [
  { name: '15 min', length: 900_000, step: sampleEvery },
  { name: '1 h', length: 3_600_000, step: 20_000 },
  { name: '6 h', length: 21_600_000, step: 120_000 },
]

/** Values kept of each range. */
export const mostSamples = 180

/** What there was at a moment, and what had happened since the sample before. */
export interface Sample {
  /** Unix time in ms. */
  readonly at: number
  /** Since the sample before, in ms. */
  readonly length: number
  /** Connections; in a longer range the most at any moment of the step. */
  readonly open: number
  readonly idle: number
  readonly opened: number
  readonly requests: number
  readonly reused: number
  /** Closed connections by reason; reasons that did not occur are left out. */
  readonly reasons: Readonly<Partial<Record<CloseReason, number>>>
}

/** The samples of each of the `ranges`, oldest first. */
export type SamplesByRange = readonly (readonly Sample[])[]

/** Counts of two samples added up; `gauge` says what becomes of the numbers of connections at a moment. */
export function addSamples(a: Sample, b: Sample, gauge: (a: number, b: number) => number): Sample {
  const reasons: Partial<Record<CloseReason, number>> = { ...a.reasons }
  for (const [reason, closed] of Object.entries(b.reasons) as [CloseReason, number][])
    reasons[reason] = (reasons[reason] ?? 0) + closed
  return {
    at: Math.max(a.at, b.at),
    length: a.length + b.length,
    open: gauge(a.open, b.open),
    idle: gauge(a.idle, b.idle),
    opened: a.opened + b.opened,
    requests: a.requests + b.requests,
    reused: a.reused + b.reused,
    reasons,
  }
}

/**
 * The last 15 minutes, the last hour and the last 6 hours. A step begins at a multiple of its length by the wall clock, so
 * the steps of several processes are the same. 540 samples are kept in all, whatever the traffic.
 */
export class Rings {
  readonly #rings: Sample[][]

  constructor(samples: SamplesByRange = []) {
    this.#rings = ranges.map((_, i) => [...(samples[i] ?? [])])
  }

  get all(): SamplesByRange {
    return this.#rings
  }

  /** One that is the latest already is not taken twice. */
  add(sample: Sample): void {
    if (this.#rings[0]!.at(-1)?.at === sample.at) return
    for (const [i, { step }] of ranges.entries()) addTo(this.#rings[i]!, sample, step)
  }
}

function addTo(ring: Sample[], sample: Sample, step: number): void {
  // The clock was set back: what is in the future now has no place on an axis of time.
  while (ring.length > 0 && ring[ring.length - 1]!.at > sample.at) ring.pop()
  const last = ring[ring.length - 1]
  if (last && Math.floor(last.at / step) === Math.floor(sample.at / step))
    ring[ring.length - 1] = addSamples(last, sample, Math.max)
  else if (ring.push(sample) > mostSamples) ring.shift()
}
