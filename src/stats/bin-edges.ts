import type { Histogram } from './snapshot.ts'

/** The least value of a bin: 0 for bin 0, then 2^((bin − 1)/4). */
export function lowerEdge(bin: number): number {
  return bin === 0 ? 0 : 2 ** ((bin - 1) / 4)
}

/** The bin of a value. */
export function binOf(value: number, bins = 94): number {
  if (value < 1) return 0
  const near = Math.min(bins - 1, Math.floor(Math.log2(value) * 4) + 1)
  // The logarithm is rounded: at an edge it may fall into the bin beside.
  if (value < lowerEdge(near)) return near - 1
  return near < bins - 1 && value >= lowerEdge(near + 1) ? near + 1 : near
}

/** About how many values are from `least` to below `most`: a bin that is cut counts by the part inside. */
export function countBetween({ bins }: Histogram, least: number, most: number): number {
  let total = 0
  bins.forEach((count, bin) => {
    const from = lowerEdge(bin)
    const to = lowerEdge(bin + 1)
    const inside = Math.min(to, most) - Math.max(from, least)
    if (inside > 0) total += (count * inside) / (to - from)
  })
  return total
}
