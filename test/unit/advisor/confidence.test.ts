import { describe, expect, test } from 'vitest'
import { shareInterval, t95 } from '../../../src/advisor/confidence.ts'

// Tables of Student's t.
test.each([
  [4, 2.776],
  [7, 2.365],
  [15, 2.131],
  [30, 2.042],
  [Number.POSITIVE_INFINITY, 1.96],
])('t of %d degrees of freedom', (freedom, quantile) => {
  expect(Math.abs(t95(freedom) / quantile - 1)).toBeLessThan(0.005)
})

describe('the confidence interval of a share', () => {
  const infinite = Number.POSITIVE_INFINITY

  // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I: 81/263, 15/148, 0/20, 1/29.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%d of %d is that of Wilson', (events, trials, low, high) => {
    const share = events / trials
    const [from, to] = shareInterval(share, (share * (1 - share)) / trials, trials, infinite)
    expect(from).toBeCloseTo(low, 4)
    expect(to).toBeCloseTo(high, 4)
  })

  test('widens with the variance', () => {
    const [low, high] = shareInterval(0.5, 0.25 / 1_000, 1_000, infinite)
    const [lower, higher] = shareInterval(0.5, (4 * 0.25) / 1_000, 1_000, infinite)
    expect((higher - lower) / (high - low)).toBeCloseTo(2, 1)
  })

  test('without data is from 0 to 1', () => {
    expect(shareInterval(0, 0, 0, infinite)).toEqual([0, 1])
  })
})
