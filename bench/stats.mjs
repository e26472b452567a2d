/**
 * A quantile of some numbers, linear between the two nearest (type 7 of Hyndman and Fan, the common one).
 *
 * @param {readonly number[]} numbers - in any order, at least one
 * @param {number} share - 0 (the minimum) to 1 (the maximum)
 */
export function quantile(numbers, share) {
  const sorted = Float64Array.from(numbers).sort()
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (at - below) * (sorted[above] - sorted[below])
}

/** Median and quartiles: a single round on a busy machine changes neither. */
export function spread(numbers) {
  return { q1: quantile(numbers, 0.25), median: quantile(numbers, 0.5), q3: quantile(numbers, 0.75) }
}

/**
 * A subject and its base in turn, the base first and last. So each slice follows one of the other, has had a rest of the same
 * length, and has a slice of the base on both sides.
 *
 * @template T
 * @param {T} base
 * @param {T} other
 * @param {number} turns - slices of the other
 * @returns {T[]}
 */
export function alternating(base, other, turns) {
  return [base, ...Array.from({ length: turns }, () => [other, base]).flat()]
}

/**
 * The result of a slice: one subject under load, for a fraction of a second.
 *
 * @typedef {object} Slice
 * @property {number} cpu - in µs
 * @property {number} requests
 */

/**
 * CPU per request of both, in µs, and of the other relative to the base. Each slice is compared with the slices of the base
 * just before and after it, so a machine that gets slower or faster changes nothing. Sums, not medians of slices: rare but
 * expensive events, such as a garbage collection or a scrape, count fully.
 *
 * @param {readonly Slice[]} slices - in the order of `alternating`
 * @returns {{ base: number, other: number, ratio: number }}
 */
export function compare(slices) {
  const base = slices.filter((_, i) => i % 2 === 0)
  const other = slices.filter((_, i) => i % 2 === 1)
  // A slice of the base between two of the other is compared with both.
  const beside = [...base, ...base.slice(1, -1)]
  return { base: costOf(base), other: costOf(other), ratio: costOf(other) / costOf(beside) }
}

function costOf(slices) {
  const sum = (name) => slices.reduce((total, slice) => total + slice[name], 0)
  return sum('cpu') / sum('requests')
}
