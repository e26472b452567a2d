import type { Histogram } from './snapshot.ts'

/** Number of bins of a histogram. */
export const binCount = 94

const perOctave = 4

// The bounds within one octave. All other bounds are these times a power of two, which is exact. So `binOf` and `boundOf`
// never disagree because of a rounding error.
const firstQuarter = 2 ** 0.25
const half = Math.SQRT2
const thirdQuarter = 2 ** 0.75
const quarters = [1, firstQuarter, half, thirdQuarter] as const

/** All values from here on are in the last bin: 2^23. */
const lastBound = 2 ** ((binCount - 2) / perOctave)

/** The bin of a value, 0 to 93. NaN is in bin 0. */
export function binOf(value: number): number {
  if (!(value >= 1)) return 0
  if (value >= lastBound) return binCount - 1
  const octave = 31 - Math.clz32(value)
  const mantissa = value / (1 << octave)
  const first = 1 + octave * perOctave
  if (mantissa < half) return mantissa < firstQuarter ? first : first + 1
  return mantissa < thirdQuarter ? first + 2 : first + 3
}

/** The lower bound of a bin, inclusive: 0 for bin 0, then 2^((bin − 1)/4). */
export function lowerBound(bin: number): number {
  if (bin < 1) return 0
  const above = bin - 1
  return quarters[(above % perOctave) as 0 | 1 | 2 | 3] * 2 ** Math.floor(above / perOctave)
}

/** The upper bound of a bin, exclusive: the lower bound of the next bin, or `Infinity` for the last bin. */
export function boundOf(bin: number): number {
  return bin >= binCount - 1 ? Number.POSITIVE_INFINITY : lowerBound(bin + 1)
}

/** Counts values in fixed bins. The size never changes, and counting allocates nothing. */
export class Bins {
  readonly #counts = new Float64Array(binCount)
  #count = 0
  #sum = 0

  /** @returns the bin. */
  add(value: number): number {
    const bin = binOf(value)
    this.#counts[bin]!++
    this.#count++
    this.#sum += value
    return bin
  }

  /** Counts one value several times. */
  addTimes(value: number, times: number): void {
    this.#counts[binOf(value)]! += times
    this.#count += times
    this.#sum += value * times
  }

  /** As plain JSON. The sum is a whole number, so that sums of sums are exact in any order. */
  histogram(): Histogram {
    return { count: this.#count, sum: Math.round(this.#sum), bins: trimmed(this.#counts) }
  }
}

/** Also keeps the sum and the sum of squares of the values of each bin: they give the mean and the spread within it. */
export class MomentBins extends Bins {
  readonly #sums = new Float64Array(binCount)
  readonly #squares = new Float64Array(binCount)

  override add(value: number): number {
    const bin = super.add(value)
    this.#sums[bin]! += value
    this.#squares[bin]! += value * value
    return bin
  }

  override histogram(): Histogram {
    return {
      ...super.histogram(),
      sums: trimmed(this.#sums.map(Math.round)),
      squares: trimmed(this.#squares.map(Math.round)),
    }
  }
}

/** Values within this time, in ms, have one cause: a program ends, or a proxy reloads. */
const oneMoment = 1_000

/** Also counts at how many moments each bin got a value. Values with one cause are one moment. */
export class SpreadBins extends MomentBins {
  readonly #moments = new Float64Array(binCount)
  readonly #beganAt = new Float64Array(binCount).fill(Number.NEGATIVE_INFINITY)

  /** @param now - in ms, by any clock. */
  addAt(value: number, now: number): number {
    const bin = this.add(value)
    if (now - this.#beganAt[bin]! >= oneMoment) {
      this.#moments[bin]!++
      this.#beganAt[bin] = now
    }
    return bin
  }

  override histogram(): Histogram {
    return { ...super.histogram(), moments: trimmed(this.#moments) }
  }
}

/** Adds histograms bin by bin. */
export function mergeHistograms(histograms: readonly Histogram[]): Histogram {
  const merged = mergeCounts(histograms)
  if (!histograms.some(({ sums }) => sums !== undefined)) return merged
  const sums = addUp(histograms.map((histogram) => histogram.sums ?? []))
  const moments = mergeMoments(histograms)
  return { ...merged, sums, squares: addUp(histograms.map(({ squares }) => squares ?? [])), ...moments }
}

/** Several processes may see the same moment, so this takes the maximum, not the sum. */
function mergeMoments(histograms: readonly Histogram[]): Pick<Histogram, 'moments'> {
  const lists = histograms.flatMap(({ moments }) => (moments ? [moments] : []))
  if (lists.length === 0) return {}
  const max = new Float64Array(binCount).map((_, bin) => Math.max(...lists.map((list) => list[bin] ?? 0)))
  return { moments: trimmed(max) }
}

/** About how many values are in [min, max). A bin that is partly inside counts by that part. */
export function countBetween({ bins }: Histogram, min: number, max: number): number {
  let total = 0
  bins.forEach((count, bin) => {
    const from = lowerBound(bin)
    const to = lowerBound(bin + 1)
    const inside = Math.min(to, max) - Math.max(from, min)
    if (inside > 0) total += (count * inside) / (to - from)
  })
  return total
}

function mergeCounts(histograms: readonly Histogram[]): Histogram {
  let count = 0
  let sum = 0
  for (const histogram of histograms) {
    count += histogram.count
    sum += histogram.sum
  }
  return { count, sum, bins: addUp(histograms.map(({ bins }) => bins)) }
}

/** Adds lists by position. The lists may have different lengths. */
export function addUp(lists: readonly (readonly number[])[]): number[] {
  const sums = new Float64Array(Math.max(0, ...lists.map(({ length }) => length)))
  for (const list of lists) {
    list.forEach((value, i) => {
      sums[i]! += value
    })
  }
  return trimmed(sums)
}

/** Converts to a list without the zeros at the end. */
export function trimmed(counts: Float64Array): number[] {
  let length = counts.length
  while (length > 0 && counts[length - 1] === 0) length--
  return Array.from(counts.subarray(0, length))
}
