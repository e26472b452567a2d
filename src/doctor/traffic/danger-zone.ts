import { sum } from '../../stats/counts.ts'
import { binOf, boundOf, countBetween } from '../../stats/histogram.ts'
import type { Histogram } from '../../stats/snapshot.ts'
import { keptByPeer, type Traffic } from './traffic.ts'

/**
 * The times between the server's close and the client's close: here the server may close while the client sends. For a near
 * miss, the times between the advertised timeout and the server's close: only the buffer keeps the server from closing
 * first. Times in ms.
 */
export interface DangerZone {
  readonly isNearMiss: boolean
  readonly from: number
  readonly to: number
  /** Idle gaps in the zone; a fraction if a bin is only partly in the zone. */
  readonly inside: number
  /** All idle gaps. */
  readonly gaps: number
}

/** @returns `undefined` if the client closes before the advertised timeout, or if its timeout is unknown. */
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

/** Gaps that were cut off at `from` or later. The bin of `from` counts as a whole, because a timer cuts there. */
function cutAt({ bins }: Histogram, from: number): number {
  return sum(bins.slice(binOf(from)))
}

/** Gaps from the bin after `from` on: in the bin of `from` itself it is unknown on which side they are. */
function beyond(gaps: Histogram, from: number, to: number): number {
  return countBetween(gaps, boundOf(binOf(from)), to)
}
