import type { Histogram } from '../stats/snapshot.ts'

const binsPerOctave = 4

/**
 * The buckets of a histogram: one for each octave. Powers of two are bounds of the histogram's bins, so a bucket has whole
 * bins and counts exactly. They are also short numbers in every unit.
 */
export interface Buckets {
  /** The exponents of the first and the last bound: 2^first to 2^last, in the histogram's unit. */
  readonly first: number
  readonly last: number
  /** Times, recorded in ms and shown in seconds; or whole numbers, such as requests. */
  readonly of: 'seconds' | 'whole numbers'
}

/**
 * The bound of a bucket in the unit of the metric: for times, 2^octave ms in seconds; for whole numbers, 2^octave − 1, the
 * largest number below 2^octave.
 */
function boundOf(octave: number, { of }: Buckets): number {
  return of === 'seconds' ? 2 ** octave / 1000 : 2 ** octave - 1
}

const octavesOf = ({ first, last }: Buckets): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i)

/** The upper bounds, ascending. */
export function boundsOf(buckets: Buckets): number[] {
  return octavesOf(buckets).map((octave) => boundOf(octave, buckets))
}

/** The number of values below each bound. The total is the histogram's `count`. */
export function cumulativeCounts({ bins }: Histogram, buckets: Buckets): number[] {
  return octavesOf(buckets).map((octave) => bins.slice(0, octave * binsPerOctave + 1).reduce(add, 0))
}

/** The sum of the values in the unit of the metric. */
export function sumOf({ sum }: Histogram, { of }: Buckets): number {
  return of === 'seconds' ? sum / 1000 : sum
}

const add = (a: number, b: number): number => a + b
