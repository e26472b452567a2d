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
 * The order of one turn: the base before, between and after the others, so that each has it on both sides.
 * Odd turns go backwards.
 *
 * @template T
 * @param {T} base
 * @param {readonly T[]} others
 * @param {number} turn - from 0
 * @returns {T[]}
 */
export function turnOrder(base, others, turn) {
  const order = turn % 2 === 0 ? others : others.toReversed()
  return [base, ...order.flatMap((other) => [other, base])]
}

/**
 * What happened in a slice: one subject under load, for a fraction of a second.
 *
 * @typedef {object} Slice
 * @property {string} id
 * @property {number} cpu - in µs
 * @property {number} requests
 */

/**
 * CPU per request of one round, each subject's in µs, and in units of its base: of the slices of the base right before
 * and right after its own. A machine that gets slower or faster meanwhile changes nothing in that. Sums, not medians
 * of slices: what costs much and is rare, as a garbage collection or a scrape, counts in full.
 *
 * @param {readonly (readonly Slice[])[]} turns - each in the order of `turnOrder`
 * @returns {{ costs: Map<string, number>, ratios: Map<string, number> }} by id; the base has no ratio
 */
export function costsOfRound(turns) {
  const own = new Map()
  const beside = new Map()
  for (const slices of turns) {
    for (const [i, slice] of slices.entries()) {
      addTo(own, slice.id, slice)
      if (i % 2 === 0) continue
      addTo(beside, slice.id, slices[i - 1])
      addTo(beside, slice.id, slices[i + 1])
    }
  }
  const ratios = Array.from(beside, ([id, base]) => [id, costOf(own.get(id)) / costOf(base)])
  return { costs: new Map(Array.from(own, ([id, sum]) => [id, costOf(sum)])), ratios: new Map(ratios) }
}

function addTo(sums, id, { cpu, requests }) {
  const sum = sums.get(id) ?? { cpu: 0, requests: 0 }
  sums.set(id, { cpu: sum.cpu + cpu, requests: sum.requests + requests })
}

const costOf = ({ cpu, requests }) => cpu / requests
