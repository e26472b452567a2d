import { describe, expect, test } from 'vitest'
import { mergeHistograms } from '../../src/stats/histogram.ts'
import { inferTimeouts } from '../../src/stats/infer-timeout.ts'
import { histogramOf } from '../support/histogram.ts'
import {
  type Draw,
  exponential,
  lognormal,
  mixture,
  normal,
  pareto,
  sample,
  uniform,
  weibull,
} from '../support/random.ts'

const seeds = Array.from({ length: 300 }, (_, i) => i + 1)

const inferred = (draw: Draw, count: number, seed: number, kept = Infinity) =>
  inferTimeouts(histogramOf(sample(draw, count, seed).filter((gap) => gap >= 0 && gap < kept)), kept)

/** A timer that fires up to `jitter` ms late. */
const timer = (timeout: number, jitter: number): Draw => uniform(timeout, timeout + jitter)

/** Within 5% of the truth. */
const near = (timeout: number, truth: number): boolean => Math.abs(timeout - truth) <= 0.05 * truth

describe('a fixed timer', () => {
  // The odd ones lie on the edge of two bins.
  const timeouts = [
    1_000, 1_024, 2_000, 4_000, 5_000, 15_000, 30_000, 60_000, 65_536, 75_000, 90_000, 600_000,
  ]
  const cases = timeouts.flatMap((timeout) => [5, 30, 100].map((jitter) => [timeout, jitter] as const))

  test.each(cases)('of %d ms that fires up to %d ms late is found, alone', (timeout, jitter) => {
    for (const seed of seeds) {
      const modes = inferred(timer(timeout, jitter), 100, seed)
      expect(modes).toHaveLength(1)
      expect(modes[0]!.of).toBe(100)
      // A part that reaches over the edge of a bin may be left out.
      expect(modes[0]!.count).toBeGreaterThan(80)
      expect(near(modes[0]!.timeout, timeout), `${modes[0]!.timeout}`).toBe(true)
    }
  })

  test.each(timeouts.filter((timeout) => timeout >= 2_000))(
    'of %d ms is found with a normal jitter of 100 ms',
    (timeout) => {
      for (const seed of seeds) {
        const [mode, ...others] = inferred(normal(timeout, 100), 100, seed)
        expect(others).toEqual([])
        expect(near(mode!.timeout, timeout)).toBe(true)
      }
    },
  )

  test.each(timeouts)('of %d ms that errs by up to 100 ms to either side is found', (timeout) => {
    for (const seed of seeds) {
      const [mode] = inferred(uniform(timeout - 100, timeout + 100), 100, seed)
      expect(near(mode!.timeout, timeout)).toBe(true)
    }
  })

  test('of 4 s that ticks every 400 ms is found', () => {
    for (const seed of seeds)
      expect(near(inferred(uniform(3_800, 4_200), 60, seed)[0]!.timeout, 4_000)).toBe(true)
  })
})

describe('a fixed timer among others', () => {
  const crowds: [string, Draw][] = [
    ['people who leave', exponential(20_000)],
    ['people who stay', exponential(200_000)],
    ['an even crowd', uniform(0, 60_000)],
    ['clients that close at once', uniform(0, 20)],
  ]
  const places = crowds.flatMap(([name, crowd]) =>
    [4_000, 15_000, 60_000, 65_536].map((timeout) => [name, timeout, crowd] as const),
  )
  test.each(places)('is found among %s, half of the closes: %d ms', (_, timeout, crowd) => {
    const mixed = mixture([1, timer(timeout, 50)], [1, crowd])
    for (const seed of seeds) {
      const modes = inferred(mixed, 300, seed, 70_000)
      expect(modes).toHaveLength(1)
      expect(near(modes[0]!.timeout, timeout), `${modes[0]!.timeout}`).toBe(true)
    }
  })

  test('two timers are told apart', () => {
    const both = mixture([1, timer(15_000, 50)], [1, timer(60_000, 50)])
    for (const seed of seeds) {
      const found = inferred(both, 200, seed).map(({ timeout }) => timeout)
      expect(found.sort((a, b) => a - b).map((timeout, i) => near(timeout, [15_000, 60_000][i]!))).toEqual([
        true,
        true,
      ])
    }
  })

  test('one in ten is not claimed', () => {
    const rare = mixture([1, timer(60_000, 50)], [9, exponential(20_000)])
    for (const seed of seeds) expect(inferred(rare, 1_000, seed)).toEqual([])
  })
})

describe('random closes', () => {
  const crowds: [string, Draw][] = [
    ['exponential, 5 s', exponential(5_000)],
    ['exponential, 60 s', exponential(60_000)],
    ['uniform from 0', uniform(0, 60_000)],
    ['uniform, 10 to 60 s', uniform(10_000, 60_000)],
    ['uniform, 30 to 60 s', uniform(30_000, 60_000)],
    ['uniform, 40 to 60 s', uniform(40_000, 60_000)],
    ['log-uniform', (random) => 2 ** (8 + 9 * random())],
    ['log-normal', lognormal(10_000, 1)],
    ['log-normal, narrow', lognormal(10_000, 0.3)],
    ['Pareto', pareto(500, 1.1)],
    ['Weibull', weibull(20_000, 2)],
    ['two crowds', mixture([1, exponential(2_000)], [1, lognormal(40_000, 0.4)])],
  ]
  const counts = [20, 40, 100, 400]
  const ours = [Infinity, 66_000, 6_000, 2_500, 1_500]

  test.each(crowds)('%s: no timeout is claimed', (_, draw) => {
    const claims = seeds.flatMap((seed) =>
      counts.flatMap((count) => ours.flatMap((kept) => inferred(draw, count, seed, kept))),
    )
    expect(claims).toEqual([])
  })
})

describe('nothing is claimed', () => {
  test('from fewer than 20 gaps', () => {
    expect(inferred(timer(60_000, 10), 19, 1)).toEqual([])
    expect(inferred(timer(60_000, 10), 20, 1)).toHaveLength(1)
  })

  test('of clients that close when they are done', () => {
    expect(inferred(timer(200, 10), 1_000, 1)).toEqual([])
  })

  test('from bins alone', () => {
    const { count, sum, bins } = histogramOf(sample(timer(60_000, 10), 100, 1))
    expect(inferTimeouts({ count, sum, bins })).toEqual([])
  })
})

test('the histograms of two processes, added up, give the same as one', () => {
  const gaps = sample(timer(65_536, 100), 200, 1)
  const [one, other] = [histogramOf(gaps.slice(0, 50)), histogramOf(gaps.slice(50))]
  const add = (a: readonly number[], b: readonly number[]): number[] =>
    Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0))
  const merged = {
    count: one.count + other.count,
    sum: one.sum + other.sum,
    bins: add(one.bins, other.bins),
    sums: add(one.sums, other.sums),
    squares: add(one.squares, other.squares),
  }
  const { moments, ...known } = inferTimeouts(histogramOf(gaps))[0]!
  expect(moments).toBeGreaterThan(100)
  // Two processes may have had the same moments.
  expect(inferTimeouts(merged)).toEqual([{ ...known, moments: undefined }])
  expect(mergeHistograms([one, other]).moments).toEqual(other.moments)
})
