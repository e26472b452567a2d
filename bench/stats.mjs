/**
 * A quantile of some numbers, linear between the two nearest (type 7 of Hyndman and Fan, the usual one).
 *
 * @param {readonly number[]} numbers - in any order, at least one
 * @param {number} share - 0 (the least) to 1 (the greatest)
 */
function quantile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (at - below) * (sorted[above] - sorted[below])
}

/** Median and quartiles: neither is moved by the odd slice in which the machine was busy with something else. */
export function spread(numbers) {
  return { q1: quantile(numbers, 0.25), median: quantile(numbers, 0.5), q3: quantile(numbers, 0.75) }
}

/**
 * The order of one round: the base before, between and after the others, so that each has it on both sides.
 * Odd rounds go backwards.
 *
 * @template T
 * @param {T} base
 * @param {readonly T[]} others
 * @param {number} round - from 0
 * @returns {T[]}
 */
export function roundOrder(base, others, round) {
  const turn = round % 2 === 0 ? others : others.toReversed()
  return [base, ...turn.flatMap((other) => [other, base])]
}

/**
 * What each of the others cost in a round, in units of its base: the mean of the base's cost right before and
 * right after. A machine that gets slower or faster steadily changes nothing in that.
 *
 * @param {readonly { id: string, cost: number }[]} slices - in the order of `roundOrder`
 * @returns {Map<string, number>} by id, without the base
 */
export function ratiosToBase(slices) {
  const ratios = new Map()
  for (let i = 1; i < slices.length - 1; i += 2) {
    const { id, cost } = slices[i]
    ratios.set(id, cost / ((slices[i - 1].cost + slices[i + 1].cost) / 2))
  }
  return ratios
}
