import { sum } from '../stats/counts.ts'
import type { Intervals } from './intervals.ts'
import { type Cell, exits, exposedOf } from './life-table.ts'

/** With fewer intervals at risk there is no estimate: it would depend on single intervals. */
const minAtRisk = 20

/** A share of all intervals that is too small to matter. */
const negligible = 0.001

/** The bins of the intervals. The last bin may have no upper bound. */
export function cellsOf(intervals: Intervals): Cell[] {
  const { bounds, reused, clientClosed, cutOff, open, cutOffSums, clientClosedSums } = intervals
  return bounds.map((to, i) => {
    const from = bounds[i - 1] ?? 0
    const middle = (from + to) / 2
    const cut = cutOff[i] ?? 0
    const stillOpen = open?.[i] ?? 0
    const closed = clientClosed[i] ?? 0
    const cutSum = (cutOffSums === undefined ? cut * middle : (cutOffSums[i] ?? 0)) + stillOpen * middle
    const closedSum = clientClosedSums === undefined ? closed * middle : (clientClosedSums[i] ?? 0)
    return {
      from,
      to,
      reused: reused[i] ?? 0,
      clientClosed: closed,
      cutOff: cut + stillOpen,
      cutAt: position(cutSum, cut + stillOpen, from, to),
      closedAt: position(closedSum, closed, from, to),
    }
  })
}

/**
 * The bins up to the longest wait that was observed often enough. If our timeout cut off the intervals within a bin, the
 * bin ends at the timeout: everything in the bin happened before it.
 *
 * @param kept - how long the server kept idle connections, in ms, if known.
 */
export function watchedCells(cells: readonly Cell[], kept: number | undefined): Cell[] {
  const watched: Cell[] = []
  const total = sum(cells.map(exits))
  let atRisk = total
  let waiting = 1
  for (const cell of cells) {
    const left = atRisk - exits(cell)
    const last = left < minAtRisk && cell.cutOff > 0 ? endedAt(cell, endOf(cell, kept)) : cell
    const exposed = exposedOf(last, atRisk)
    if (exposed < minAtRisk || last.to === Number.POSITIVE_INFINITY) break
    watched.push(last)
    waiting *= Math.max(0, 1 - (cell.reused + cell.clientClosed) / exposed)
    atRisk = left
  }
  return withQuietEnd(watched, waiting, kept)
}

/**
 * If almost no interval lasted until our timeout, nothing more happened up to it, so that time counts as observed. Intervals
 * that were cut off earlier have not ended: if there are many, it is unknown what comes later.
 *
 * @param left - the share of intervals that have not ended, by the life table.
 */
function withQuietEnd(watched: readonly Cell[], left: number, kept: number | undefined): Cell[] {
  const from = watched.at(-1)?.to
  if (from === undefined || kept === undefined || kept <= from || left > negligible) return [...watched]
  return [...watched, { from, to: kept, reused: 0, clientClosed: 0, cutOff: 0, cutAt: 0.5, closedAt: 0.5 }]
}

/** Coarser bins up to the same end. The finer bins say where in each of them the intervals were cut off. */
export function coarseCells(bounds: readonly number[], counts: Counts, fine: readonly Cell[]): Cell[] {
  const end = fine.at(-1)?.to ?? 0
  const cells: Cell[] = []
  for (let i = 0; i < bounds.length; i++) {
    const from = bounds[i - 1] ?? 0
    if (from >= end) break
    const within = fine.filter((cell) => cell.from >= from && cell.to <= bounds[i]!)
    const cutOff = sum(within.map((cell) => cell.cutOff))
    const cutSum = sum(within.map((cell) => cell.cutOff * (cell.from + cell.cutAt * (cell.to - cell.from))))
    const to = Math.min(bounds[i]!, end)
    cells.push({
      from,
      to,
      reused: counts.reused[i] ?? 0,
      clientClosed: counts.clientClosed[i] ?? 0,
      cutOff: counts.cutOff[i] ?? 0,
      cutAt: to === end ? 1 : position(cutSum, cutOff, from, to),
      closedAt: 0.5,
    })
  }
  return cells
}

/** Counts by bin, by how the intervals ended. */
export interface Counts {
  readonly reused: readonly number[]
  readonly clientClosed: readonly number[]
  readonly cutOff: readonly number[]
}

/** The number of intervals. */
export function totalOf({ reused, clientClosed, cutOff }: Counts): number {
  return sum(reused) + sum(clientClosed) + sum(cutOff)
}

/** Where the mean of some values lies in a bin, from 0 to 1; 0.5 if there are no values. */
function position(sum: number, count: number, from: number, to: number): number {
  if (count === 0 || to === Number.POSITIVE_INFINITY) return 0.5
  return Math.min(1, Math.max(0, (sum / count - from) / (to - from)))
}

function endOf({ from, to, cutAt }: Cell, kept: number | undefined): number {
  return kept !== undefined && kept > from && kept <= to ? kept : from + cutAt * (to - from)
}

function endedAt(cell: Cell, end: number): Cell {
  if (end >= cell.to || end <= cell.from) return cell
  const closedAt = Math.min(1, (cell.closedAt * (cell.to - cell.from)) / (end - cell.from))
  return { ...cell, to: end, cutAt: 1, closedAt }
}
