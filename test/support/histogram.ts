import { binOf } from '../../src/stats/bin-edges.ts'
import type { Histogram } from '../../src/stats/snapshot.ts'

/** The histogram of some values, with sums and squares, whole numbers as the ledger has them. */
export function histogramOf(values: readonly number[]): Required<Histogram> {
  const bins: number[] = []
  const sums: number[] = []
  const squares: number[] = []
  for (const value of values.map(Math.round)) {
    const bin = binOf(value)
    for (const list of [bins, sums, squares]) while (list.length <= bin) list.push(0)
    bins[bin]!++
    sums[bin]! += value
    squares[bin]! += value ** 2
  }
  return { count: values.length, sum: sums.reduce((sum, each) => sum + each, 0), bins, sums, squares }
}
