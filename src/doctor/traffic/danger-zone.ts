import { sum } from '../../stats/counts.ts'
import { binOf, boundOf, countBetween } from '../../stats/histogram.ts'
import type { Histogram } from '../../stats/snapshot.ts'
import { keptByPeer, type Traffic } from './traffic.ts'

/**
 * The times between the server's close and the peer's: there the peer may send a request into the close. Below, between what
 * is advertised and the server's close, only the buffer keeps the server from closing first: a near miss. Times in ms.
 */
export interface DangerZone {
  readonly isNearMiss: boolean
  readonly from: number
  readonly to: number
  /** Idle gaps in it; not whole where a bin is only partly in it. */
  readonly inside: number
  /** Idle gaps in all. */
  readonly gaps: number
}

/** @returns `undefined` where the peer closes before the time that is advertised, or nothing is known of it. */
export function dangerZoneOf(traffic: Traffic): DangerZone | undefined {
  const { snapshot, keepAliveTimeout: advertised, closesAfter } = traffic
  const peer = keptByPeer(traffic)
  if (peer <= advertised) return undefined
  const { reused, clientClosed, cutOff } = snapshot.histograms.idleGap
  const gaps = reused.count + clientClosed.count + cutOff.count
  if (peer <= closesAfter) {
    const inside =
      countBetween(reused, advertised, closesAfter) + countBetween(clientClosed, advertised, closesAfter)
    return { isNearMiss: true, from: advertised, to: peer, inside, gaps }
  }
  const inside =
    cutAt(cutOff, closesAfter) + beyond(reused, closesAfter, peer) + beyond(clientClosed, closesAfter, peer)
  return { isNearMiss: false, from: closesAfter, to: peer, inside, gaps }
}

/** Gaps that were cut off at that time or later: its bin counts whole, because a timer cuts there. */
function cutAt({ bins }: Histogram, from: number): number {
  return sum(bins.slice(binOf(from)))
}

/** Gaps from the bin after `from` on: on which side the gaps in its own bin are is not known. */
function beyond(gaps: Histogram, from: number, to: number): number {
  return countBetween(gaps, boundOf(binOf(from)), to)
}
