import { describe, expect, test } from 'vitest'
import { advise } from '../../src/advisor/advise.ts'
import { binCount, lowerBound } from '../../src/stats/histogram.ts'
import { exponential, lognormal, mixture, pareto } from '../support/random.ts'
import { type Law, type Manner, serve, trueReuse } from '../support/traffic.ts'

/** Idle timeouts of clients, in ms. */
const clientTimeouts = [4_000, 15_000, 60_000, 115_000, 300_000]

const runs = 500

const each = (gap: Manner['gap']): Law['manners'] => clientTimeouts.map((timeout) => [1, { gap, timeout }])

/** Φ, by Abramowitz and Stegun 7.1.26, right to 10⁻⁷. */
function normalBelow(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2)
  const tail =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const erf = 1 - tail * Math.exp((-x * x) / 2)
  return x < 0 ? (1 - erf) / 2 : (1 + erf) / 2
}

const exponentialBelow = (mean: number) => (gap: number) => 1 - Math.exp(-gap / mean)
const lognormalBelow = (median: number, sigma: number) => (gap: number) =>
  normalBelow(Math.log(gap / median) / sigma)
const paretoBelow = (least: number, alpha: number) => (gap: number) =>
  gap < least ? 0 : 1 - (least / gap) ** alpha

/** Half of the gaps are within a page, of 200 ms; the others are those of a reader. */
const burst = (share: number, median: number) => ({
  gap: mixture([share, exponential(200)], [1 - share, lognormal(median, 1.5)]),
  below: (gap: number) => share * exponentialBelow(200)(gap) + (1 - share) * lognormalBelow(median, 1.5)(gap),
})
const hasty = burst(0.9, 4_000)
const slow = burst(0.3, 40_000)

/** A client has about as many requests as that. */
const some = (mean: number) => exponential(mean)

const laws: Readonly<Record<string, { readonly law: Law; readonly clients: number; readonly kept: number }>> =
  {
    'exponential gaps, kept 66 s': {
      law: { manners: each(exponential(20_000)), within: exponentialBelow(20_000), requests: some(3) },
      clients: 700,
      kept: 66_000,
    },
    'lognormal gaps, kept 6 s': {
      law: { manners: each(lognormal(3_000, 2)), within: lognormalBelow(3_000, 2), requests: some(3) },
      clients: 700,
      kept: 6_000,
    },
    'Pareto gaps, kept 31 s': {
      law: { manners: each(pareto(100, 0.6)), within: paretoBelow(100, 0.6), requests: some(3) },
      clients: 700,
      kept: 31_000,
    },
    'bursts, and clients that are alike in themselves, kept 66 s': {
      law: {
        manners: clientTimeouts.flatMap((timeout) => [
          [1, { gap: hasty.gap, timeout }] as const,
          [1, { gap: slow.gap, timeout }] as const,
        ]),
        within: (gap, manner) => (manner % 2 === 0 ? hasty : slow).below(gap),
        requests: some(12),
      },
      clients: 320,
      kept: 66_000,
    },
    'lognormal gaps, some cut off by evictions, kept 31 s': {
      law: {
        manners: each(lognormal(8_000, 1.5)),
        within: lognormalBelow(8_000, 1.5),
        requests: some(3),
        cut: exponential(40_000),
      },
      clients: 700,
      kept: 31_000,
    },
  }

/** Bounds of bins, from 1 s to the time kept: there a share is not guessed within a bin. */
const timesOf = (kept: number): number[] =>
  Array.from({ length: binCount }, (_, bin) => lowerBound(bin)).filter((time) => time > 1_000 && time < kept)

/** Timeouts as people write them, within bins. */
const askedOf = (kept: number): number[] =>
  [500, 2_000, 4_000, 5_000, 14_000, 15_000, 30_000, 45_000, 60_000].filter(
    (timeout) => timeout + 1_000 < kept,
  )

/** ∫ S dt by the law itself, in ms. */
function trueWait(law: Law, kept: number): number {
  const steps = 20_000
  const width = kept / steps
  const weights = law.manners.reduce((sum, [weight]) => sum + weight, 0)
  let waited = 0
  for (let step = 0; step < steps; step++) {
    const time = (step + 0.5) * width
    law.manners.forEach(([weight, { timeout }], manner) => {
      if (timeout > time) waited += (weight / weights) * (1 - law.within(time, manner)) * width
    })
  }
  return waited
}

/** How estimates of one thing compare with the truth. */
class Comparison {
  readonly truth: number
  #covered = 0
  #sum = 0
  #runs = 0

  constructor(truth: number) {
    this.truth = truth
  }

  add(estimate: number, low = estimate, high = estimate): void {
    this.#runs++
    this.#sum += estimate
    if (low <= this.truth && this.truth <= high) this.#covered++
  }

  get coverage(): number {
    return this.#covered / this.#runs
  }

  get bias(): number {
    return this.#sum / this.#runs - this.truth
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

describe.each(Object.entries(laws))('%s', (_, { law, clients, kept }) => {
  const compare = (timeouts: readonly number[]): Map<number, Comparison> =>
    new Map(timeouts.map((timeout) => [timeout, new Comparison(trueReuse(law, timeout + 1_000))]))
  const atBounds = compare(timesOf(kept).map((time) => time - 1_000))
  const within = compare(askedOf(kept))
  const waits = new Map(
    askedOf(kept).map((timeout) => [timeout, new Comparison(trueWait(law, timeout + 1_000))]),
  )
  const horizons: number[] = []
  for (let run = 1; run <= runs; run++) {
    const { curve, observed } = advise(serve(law, clients, kept, run * 7919), { timeouts: askedOf(kept) })
    horizons.push(observed.horizon)
    for (const { timeout, reuse, reuseLow, reuseHigh, idleConnections } of curve) {
      atBounds.get(timeout)?.add(reuse, reuseLow, reuseHigh)
      within.get(timeout)?.add(reuse, reuseLow, reuseHigh)
      waits.get(timeout)?.add((idleConnections! / observed.intervalsPerSecond!) * 1000)
    }
  }

  test(`the truth lies within the interval of 95% in 93 to 97% of ${runs} runs`, () => {
    const coverages = [...atBounds.values()].map(({ coverage }) => coverage)
    expect(mean(coverages)).toBeGreaterThan(0.93)
    expect(mean(coverages)).toBeLessThan(0.97)
    // At each timeout too, within what 500 runs can tell.
    expect(Math.min(...coverages)).toBeGreaterThan(0.92)
  })

  test('the interval holds within bins too, where it is wider', () => {
    for (const [timeout, { coverage }] of within) expect(coverage, `${timeout} ms`).toBeGreaterThan(0.93)
  })

  test('the bias of reuse is below 1 point at each timeout, that of the time idle below 2%', () => {
    for (const [timeout, { bias }] of [...atBounds, ...within])
      expect(Math.abs(bias), `${timeout} ms`).toBeLessThan(0.01)
    for (const [timeout, { bias, truth }] of waits)
      expect(Math.abs(bias / truth), `${timeout} ms`).toBeLessThan(0.02)
  })

  test('the curve never ends after our timeout, and seldom before it', () => {
    expect(Math.max(...horizons)).toBeCloseTo(kept - 1_000, 6)
    expect(horizons.filter((horizon) => horizon < kept - 1_001).length).toBeLessThan(runs * 0.02)
  })
})

test('without groups, the intervals are too narrow for clients that are alike in themselves', () => {
  const { law, clients, kept } = laws['bursts, and clients that are alike in themselves, kept 66 s']!
  const reuse = new Comparison(trueReuse(law, 16_384))
  for (let run = 1; run <= 100; run++) {
    const empty = { reused: [], clientClosed: [], cutOff: [] }
    const { curve, warnings } = advise({ ...serve(law, clients, kept, run), idleGroups: empty })
    const point = curve.find(({ timeout }) => timeout === 15_384)!
    reuse.add(point.reuse, point.reuseLow, point.reuseHigh)
    expect(warnings).toContainEqual(expect.objectContaining({ code: 'dependent-intervals' }))
  }
  expect(reuse.coverage).toBeLessThan(0.75)
})
