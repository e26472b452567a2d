import { Bins, MomentBins } from '../../src/stats/histogram.ts'
import type { Histogram } from '../../src/stats/snapshot.ts'

/** The histogram of some values. */
export function countsOf(...values: readonly number[]): Histogram {
  const bins = new Bins()
  for (const value of values) bins.add(value)
  return bins.histogram()
}

/** The histogram of some values, with sums and squares, in whole numbers as the ledger has them. */
export function histogramOf(values: readonly number[]): Required<Histogram> {
  const bins = new MomentBins()
  for (const value of values) bins.add(Math.round(value))
  return bins.histogram() as Required<Histogram>
}
