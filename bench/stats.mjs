/**
 * A quantile of some numbers, linear between the two nearest (type 7 of Hyndman and Fan, the usual one).
 *
 * @param {readonly number[]} numbers - in any order, at least one
 * @param {number} share - 0 (the least) to 1 (the greatest)
 */
export function quantile(numbers, share) {
  const sorted = Float64Array.from(numbers).sort()
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (at - below) * (sorted[above] - sorted[below])
}

/** Median and quartiles: neither is moved by the odd round in which the machine was busy with something else. */
export function spread(numbers) {
  return { q1: quantile(numbers, 0.25), median: quantile(numbers, 0.5), q3: quantile(numbers, 0.75) }
}

/**
 * A subject and its base in turn, the base first and last: so each slice follows one of the other, in whose time it had
 * a rest of the same length, and has a base's on both sides.
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
 * What happened in a slice: one subject under load, for a fraction of a second.
 *
 * @typedef {object} Slice
 * @property {number} cpu - in µs
 * @property {number} requests
 */

/**
 * CPU per request of both, in µs, and of the other in units of the base: of the slices of the base right before and
 * right after its own. A machine that gets slower or faster meanwhile changes nothing in that. Sums, not medians of
 * slices: what costs much and is rare, as a garbage collection or a scrape, counts in full.
 *
 * @param {readonly Slice[]} slices - in the order of `alternating`
 * @returns {{ base: number, other: number, ratio: number }}
 */
export function compare(slices) {
  const base = slices.filter((_, i) => i % 2 === 0)
  const other = slices.filter((_, i) => i % 2 === 1)
  // Those between two of the other stand beside both.
  const beside = [...base, ...base.slice(1, -1)]
  return { base: costOf(base), other: costOf(other), ratio: costOf(other) / costOf(beside) }
}

function costOf(slices) {
  const sum = (name) => slices.reduce((total, slice) => total + slice[name], 0)
  return sum('cpu') / sum('requests')
}
