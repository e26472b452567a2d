import { type BoundingProxy, poolOf } from '../../policy/behind.ts'
import type { Policy } from '../../policy/policy.ts'
import { followsHint, type InferredTimeout, inferTimeouts } from '../../stats/infer-timeout.ts'
import type { Snapshot } from '../../stats/snapshot.ts'

/** What the checks of the traffic look at. Times in ms. */
export interface Traffic {
  readonly snapshot: Snapshot
  readonly policy: Policy
  /** The idle timeout advertised; `Infinity` where there is none. */
  readonly keepAliveTimeout: number
  /** The idle timeouts of the peers, as inferred; that with most gaps first. */
  readonly peers: readonly InferredTimeout[]
  /** The nearest layer-7 proxy, which reuses our connections. */
  readonly proxy: BoundingProxy | undefined
}

export function trafficOf(snapshot: Snapshot, policy: Policy): Traffic {
  const { timeouts, histograms } = snapshot
  const orNever = (ms: number): number => (ms === 0 ? Number.POSITIVE_INFINITY : ms)
  const keepAliveTimeout = orNever(timeouts.keepAliveTimeout ?? policy.keepAliveTimeout)
  const buffer = timeouts.keepAliveTimeoutBuffer ?? policy.keepAliveTimeoutBuffer
  // Merged processes with timeouts of their own have no one place at which gaps are cut off.
  const kept = timeouts.keepAliveTimeout === null ? Number.POSITIVE_INFINITY : keepAliveTimeout + buffer
  return {
    snapshot,
    policy,
    keepAliveTimeout,
    peers: inferTimeouts(histograms.idleGap.clientClosed, kept),
    proxy: poolOf(policy.behind),
  }
}

/**
 * How long the peer keeps an idle connection, in ms: the longest timeout inferred that does not come from our own hint,
 * or else the proxy's; 0 where neither is known. Above ours, the danger zone is between the two.
 */
export function keptByPeer({
  peers,
  proxy,
  keepAliveTimeout,
}: Pick<Traffic, 'peers' | 'proxy' | 'keepAliveTimeout'>): number {
  const own = peers.filter((peer) => !followsHint(peer, keepAliveTimeout)).map(({ timeout }) => timeout)
  return own.length > 0 ? Math.max(...own) : (proxy?.idleTimeout ?? 0)
}
