import type { Histogram } from './snapshot.ts'

/** How many bins a histogram has. */
export const binCount = 94

const perOctave = 4

// The bounds within one octave. Others are these times a power of two, which is exact: so `binOf` and `boundOf`
// never disagree by a rounding error.
const firstQuarter = 2 ** 0.25
const half = Math.SQRT2
const thirdQuarter = 2 ** 0.75
const quarters = [1, firstQuarter, half, thirdQuarter] as const

/** From here on everything is in the last bin: 2^23. */
const lastBound = 2 ** ((binCount - 2) / perOctave)

/** The bin that a value falls into, 0 to 93. What is no number is in the first. */
export function binOf(value: number): number {
  if (!(value >= 1)) return 0
  if (value >= lastBound) return binCount - 1
  const octave = 31 - Math.clz32(value)
  const mantissa = value / (1 << octave)
  const first = 1 + octave * perOctave
  if (mantissa < half) return mantissa < firstQuarter ? first : first + 1
  return mantissa < thirdQuarter ? first + 2 : first + 3
}

/** The lower bound of a bin, which is in it: 0 for the first, then 2^((bin − 1)/4). */
export function lowerBound(bin: number): number {
  if (bin < 1) return 0
  const above = bin - 1
  return quarters[(above % perOctave) as 0 | 1 | 2 | 3] * 2 ** Math.floor(above / perOctave)
}

/** The upper bound of a bin, not in it itself: `Infinity` for the last one, else the lower one of the next. */
export function boundOf(bin: number): number {
  return bin >= binCount - 1 ? Number.POSITIVE_INFINITY : lowerBound(bin + 1)
}

/** Counts values over the fixed bins. Its size never changes, and counting allocates nothing. */
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

  /** As plain JSON; the sum as a whole number, so that sums of sums are exact in any order. */
  histogram(): Histogram {
    return { count: this.#count, sum: Math.round(this.#sum), bins: trimmed(this.#counts) }
  }
}

/** Bins that also keep the sum and the sum of squares of their values: where in a bin they lie, and how close. */
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

/** What happens within so long, in ms, is one moment: a program ends, or a proxy is told to reload. */
const oneMoment = 1_000

/** Bins that also keep at how many moments there was a value in each: what one event brings about is one moment. */
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

/** Adds histograms up, bin by bin. */
export function mergeHistograms(histograms: readonly Histogram[]): Histogram {
  const merged = mergeCounts(histograms)
  if (!histograms.some(({ sums }) => sums !== undefined)) return merged
  const sums = addUp(histograms.map((histogram) => histogram.sums ?? []))
  const moments = mergeMoments(histograms)
  return { ...merged, sums, squares: addUp(histograms.map(({ squares }) => squares ?? [])), ...moments }
}

/** Moments of several processes may be the same: the most that one of them has. */
function mergeMoments(histograms: readonly Histogram[]): Pick<Histogram, 'moments'> {
  const lists = histograms.flatMap(({ moments }) => (moments ? [moments] : []))
  if (lists.length === 0) return {}
  const most = new Float64Array(binCount).map((_, bin) => Math.max(...lists.map((list) => list[bin] ?? 0)))
  return { moments: trimmed(most) }
}

/** About how many values are from `least` to below `most`: a bin that is cut counts by the part inside. */
export function countBetween({ bins }: Histogram, least: number, most: number): number {
  let total = 0
  bins.forEach((count, bin) => {
    const from = lowerBound(bin)
    const to = lowerBound(bin + 1)
    const inside = Math.min(to, most) - Math.max(from, least)
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

/** Sums up lists by position; each may end early. */
export function addUp(lists: readonly (readonly number[])[]): number[] {
  const sums = new Float64Array(Math.max(0, ...lists.map(({ length }) => length)))
  for (const list of lists) {
    list.forEach((value, i) => {
      sums[i]! += value
    })
  }
  return trimmed(sums)
}

/** As a list, without the zeros at the end. */
export function trimmed(counts: Float64Array): number[] {
  let length = counts.length
  while (length > 0 && counts[length - 1] === 0) length--
  return Array.from(counts.subarray(0, length))
}
