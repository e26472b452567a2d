import { lowerBound } from '../stats/histogram.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import type { Beyond, BeyondPoint } from './advice.ts'
import type { Estimate } from './estimate.ts'

const assumption =
  'A client that opened a connection after we had closed an idle one of its would have kept and used that one; those that have not come back never will. Clients are told apart by address'

/**
 * What clients that came back say of longer timeouts.
 *
 * @param end - the estimates at the horizon.
 * @param kept - the horizon, in ms.
 */
export function beyondOf(
  { timedOut, gaps }: Snapshot['returns'],
  end: Estimate,
  kept: number,
  buffer: number,
): Beyond | null {
  if (timedOut === 0) return null
  const points: BeyondPoint[] = []
  let returned = 0
  gaps.bins.forEach((count, bin) => {
    returned += count
    const bound = lowerBound(bin + 1)
    if (bound > kept)
      points.push({ timeout: bound - buffer, reuse: end.reuse + (end.waiting * returned) / timedOut })
  })
  return { assumption, closed: timedOut, returned: gaps.count, points }
}
