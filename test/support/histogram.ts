import { Bins, SpreadBins } from '../../src/stats/histogram.ts'
import type { Histogram } from '../../src/stats/snapshot.ts'

/** The histogram of some values. */
export function countsOf(...values: readonly number[]): Histogram {
  const bins = new Bins()
  for (const value of values) bins.add(value)
  return bins.histogram()
}

/**
 * The histogram of some values, with sums and squares, in whole numbers as in the ledger.
 *
 * @param apart - the time between two of them, in ms.
 */
export function histogramOf(values: readonly number[], apart = 1_000): Required<Histogram> {
  const bins = new SpreadBins()
  for (const [i, value] of values.entries()) bins.addAt(Math.round(value), i * apart)
  return bins.histogram() as Required<Histogram>
}
