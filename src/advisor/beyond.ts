import { binCount, boundOf, lowerBound } from '../stats/histogram.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import type { Beyond, BeyondPoint } from './advice.ts'
import type { Estimate } from './estimate.ts'
import { type Cell, exits, exposedOf, LifeTable } from './life-table.ts'

const assumption =
  'This assumes that these clients would have kept and used the closed connection instead of opening another. Clients are identified by address, and each counts for as long as it was remembered'

/** A point needs this many clients, or all of them if there are fewer. */
const minRemembered = 20

/** If more new connections than this share come without an address lookup, most returns are not seen. */
const maxNotLookedUp = 0.01

/**
 * What clients that came back tell about longer timeouts: the life table of their returns. A client that lost its row, or
 * has not come back yet, counts as observed until then.
 *
 * @param opened - number of connections opened.
 * @param end - the estimates at the horizon.
 * @param kept - the horizon, in ms.
 */
export function beyondOf(
  returns: Snapshot['returns'],
  opened: number,
  end: Estimate,
  kept: number,
  buffer: number,
): Beyond | null {
  const { timedOut, gaps, forgotten, notLookedUp = 0 } = returns
  if (timedOut === 0 || notLookedUp > maxNotLookedUp * opened) return null
  const { knots } = new LifeTable(rememberedCells(returns), timedOut)
  const points = knots.flatMap(({ at, reused }): BeyondPoint[] =>
    at > kept ? [{ timeout: at - buffer, reuse: end.reuse + end.waiting * reused }] : [],
  )
  return { assumption, closed: timedOut, returned: gaps.count, forgotten: forgotten?.count ?? 0, points }
}

/** The bins of the gaps, up to the last return, while enough clients are remembered. */
function rememberedCells({ timedOut, gaps, forgotten, waiting }: Snapshot['returns']): Cell[] {
  const cells: Cell[] = []
  let atRisk = timedOut
  for (let bin = 0; bin < Math.min(gaps.bins.length, binCount - 1); bin++) {
    const cell: Cell = {
      from: lowerBound(bin),
      to: boundOf(bin),
      reused: gaps.bins[bin]!,
      clientClosed: 0,
      cutOff: (forgotten?.bins[bin] ?? 0) + (waiting?.bins[bin] ?? 0),
      cutAt: 0.5,
      closedAt: 0.5,
    }
    if (exposedOf(cell, atRisk) < Math.min(minRemembered, timedOut - exits(cell))) break
    cells.push(cell)
    atRisk -= exits(cell)
  }
  return cells
}
