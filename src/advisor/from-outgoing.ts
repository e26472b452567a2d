import { mergeRows } from '../outgoing/merge.ts'
import type { OutgoingSnapshot } from '../outgoing/snapshot.ts'
import { snapshotBounds } from './from-snapshot.ts'
import type { Intervals } from './intervals.ts'

/**
 * The idle intervals of outgoing connections, of all origins together. The other end is the server here, so its closes are
 * `clientClosed`; the timeout that is asked for is that of the agent.
 */
export function outgoingIntervals({ origins, other, takenAt, since }: OutgoingSnapshot): Intervals {
  const { idleGaps, idleNow, requests, connections } = mergeRows(null, [...origins, other])
  const { reused, serverClosed, cutOff } = idleGaps
  return {
    bounds: snapshotBounds,
    reused: reused.bins,
    clientClosed: serverClosed.bins,
    cutOff: cutOff.bins,
    cutOffSums: cutOff.sums ?? [],
    clientClosedSums: serverClosed.sums ?? [],
    open: idleNow.bins,
    requests: requests.total,
    requestsReused: requests.reused,
    upgrades: connections.states.upgraded,
    ...(takenAt > since && { duration: takenAt - since }),
  }
}
