import { type BoundingProxy, poolOf } from '../../policy/behind.ts'
import type { Policy } from '../../policy/policy.ts'
import { binOf } from '../../stats/histogram.ts'
import { followsHint, type InferredTimeout, inferTimeouts } from '../../stats/infer-timeout.ts'
import type { Histogram, Snapshot } from '../../stats/snapshot.ts'

/** The input of the checks of the traffic. Times in ms. */
export interface Traffic {
  readonly snapshot: Snapshot
  readonly policy: Policy
  /** The advertised idle timeout; `Infinity` if there is none. */
  readonly keepAliveTimeout: number
  /** When the server closes an idle connection: the timeout plus the buffer. */
  readonly closesAfter: number
  /** The inferred idle timeouts of clients, most gaps first. Some are not certain: see {@link isCertain}. */
  readonly peers: readonly InferredTimeout[]
  /** The nearest layer-7 proxy: it reuses our connections. */
  readonly proxy: BoundingProxy | undefined
}

export function trafficOf(snapshot: Snapshot, policy: Policy): Traffic {
  const { timeouts, histograms } = snapshot
  const orNever = (ms: number): number => (ms === 0 ? Number.POSITIVE_INFINITY : ms)
  const keepAliveTimeout = orNever(timeouts.keepAliveTimeout ?? policy.keepAliveTimeout)
  const buffer = timeouts.keepAliveTimeoutBuffer ?? policy.keepAliveTimeoutBuffer
  // Merged processes with different timeouts cut off gaps at several places.
  const kept = timeouts.keepAliveTimeout === null ? Number.POSITIVE_INFINITY : keepAliveTimeout + buffer
  return {
    snapshot,
    policy,
    keepAliveTimeout,
    closesAfter: keepAliveTimeout + buffer,
    peers: timersOf(histograms.idleGap, kept),
    proxy: poolOf(policy.behind),
  }
}

function timersOf(
  { clientClosed, reused }: Snapshot['histograms']['idleGap'],
  kept: number,
): InferredTimeout[] {
  return inferTimeouts(clientClosed, kept).filter((peer) => !isRhythm(peer, reused))
}

/** Whether as many gaps of this length ended by reuse, and stand out. Then clients pause this long, and there is no timer. */
function isRhythm({ timeout, spread, count }: InferredTimeout, { bins }: Histogram): boolean {
  const [from, to] = [binOf(timeout - spread), binOf(timeout + 2 * spread)]
  let reused = 0
  for (let bin = from; bin <= to; bin++) reused += bins[bin] ?? 0
  return reused >= count && reused >= 2 * (bins[from - 1] ?? 0)
}

/** Closes at fewer moments may be single events: a program ends, or a proxy reloads its configuration. */
const manyMoments = 5

/** No known pool closes earlier, in ms, but scripts pause for such times. */
const minTimer = 3_000

/**
 * Whether an inferred timeout is certainly a timer, and not the pause of a script or a few events. If no request reuses a
 * connection, there is no pool with a timer: a program that sends one request, sleeps and ends looks the same.
 */
export function isCertain(
  { timeout, moments = 0 }: InferredTimeout,
  { snapshot }: Pick<Traffic, 'snapshot'>,
): boolean {
  const { total, reused } = snapshot.requests
  return moments >= manyMoments && timeout >= minTimer && (total === 0 || reused > 0)
}

/**
 * How long clients keep an idle connection, in ms: the longest certain inferred timeout that does not follow our own hint,
 * or else the proxy's timeout; 0 if neither is known. If it is above ours, the danger zone is between the two.
 */
export function keptByPeer(traffic: Traffic): number {
  const { peers, proxy, keepAliveTimeout } = traffic
  const own = peers.filter((peer) => isCertain(peer, traffic) && !followsHint(peer, keepAliveTimeout))
  return own.length > 0 ? Math.max(...own.map(({ timeout }) => timeout)) : (proxy?.idleTimeout ?? 0)
}
