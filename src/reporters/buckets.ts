import type { Histogram } from '../stats/snapshot.ts'

const binsPerOctave = 4

/**
 * Which buckets a histogram is shown with: one an octave, since the powers of two are edges of its bins, and a bucket
 * made of whole bins counts exactly. The powers are also short numbers in every unit, unlike the edges between them.
 */
export interface Buckets {
  /** The exponents of the first and the last bound: 2^first to 2^last, in what the histogram counts in. */
  readonly first: number
  readonly last: number
  /** Of times, recorded in ms and shown in seconds; or of whole numbers, such as requests. */
  readonly of: 'seconds' | 'whole numbers'
}

/**
 * The bound of a bucket, as its metric shows it: times below 2^octave ms in seconds; a whole number below 2^octave is
 * at most 2^octave − 1.
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

/** How many values lie below each bound; beside it, the total is the histogram's `count`. */
export function cumulativeCounts({ bins }: Histogram, buckets: Buckets): number[] {
  return octavesOf(buckets).map((octave) => bins.slice(0, octave * binsPerOctave + 1).reduce(add, 0))
}

/** The sum of the values, in the metric's unit. */
export function sumOf({ sum }: Histogram, { of }: Buckets): number {
  return of === 'seconds' ? sum / 1000 : sum
}

const add = (a: number, b: number): number => a + b
