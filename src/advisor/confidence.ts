/** The quantile of the normal distribution for a two-sided 95%. */
const z95 = 1.959964

/** Student's t, two-sided 95%: Abramowitz and Stegun, 26.7.5. Exact to 0.5% from 4 degrees of freedom on. */
export function t95(freedom: number): number {
  const z = z95
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  )
}

/**
 * The confidence interval of a share: Wilson's score interval with the effective sample size, which is the number of
 * independent trials with the same variance (Korn and Graubard, "Confidence Intervals for Proportions with Small Expected
 * Number of Positive Counts Estimated from Survey Data", 1998). It stays between 0 and 1, and is also right near both.
 *
 * @param variance - of the share; 0 at a share of 0 or 1.
 * @param trials - the number of trials, for a share whose variance is 0.
 * @param freedom - the degrees of freedom of the variance.
 */
export function shareInterval(
  share: number,
  variance: number,
  trials: number,
  freedom: number,
): readonly [low: number, high: number] {
  const quantile = t95(freedom)
  const effective = variance > 0 ? (share * (1 - share)) / variance : trials
  if (!(effective > 0)) return [0, 1]
  const square = quantile ** 2 / effective
  const middle = (share + square / 2) / (1 + square)
  const half = Math.sqrt((share * (1 - share) + square / 4) * square) / (1 + square)
  return [Math.max(0, middle - half), Math.min(1, middle + half)]
}
