import { type BoundingProxy, poolOf } from '../../policy/behind.ts'
import type { Policy } from '../../policy/policy.ts'
import { binOf } from '../../stats/histogram.ts'
import { followsHint, type InferredTimeout, inferTimeouts } from '../../stats/infer-timeout.ts'
import type { Histogram, Snapshot } from '../../stats/snapshot.ts'

/** What the checks of the traffic look at. Times in ms. */
export interface Traffic {
  readonly snapshot: Snapshot
  readonly policy: Policy
  /** The idle timeout advertised; `Infinity` where there is none. */
  readonly keepAliveTimeout: number
  /** When the server closes an idle connection: the timeout and its buffer. */
  readonly closesAfter: number
  /** The idle timeouts of the peers, as inferred; that with most gaps first. Some are not certain. */
  readonly peers: readonly InferredTimeout[]
  /** The nearest layer-7 proxy, which reuses our connections. */
  readonly proxy: BoundingProxy | undefined
}

export function trafficOf(snapshot: Snapshot, policy: Policy): Traffic {
  const { timeouts, histograms } = snapshot
  const orNever = (ms: number): number => (ms === 0 ? Number.POSITIVE_INFINITY : ms)
  const keepAliveTimeout = orNever(timeouts.keepAliveTimeout ?? policy.keepAliveTimeout)
  const buffer = timeouts.keepAliveTimeoutBuffer ?? policy.keepAliveTimeoutBuffer
  // Merged processes with timeouts of their own have several places at which gaps are cut off.
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

/** Whether as many gaps of that length ended by reuse, and stand out: then clients pause for so long, and no timer runs. */
function isRhythm({ timeout, spread, count }: InferredTimeout, { bins }: Histogram): boolean {
  const [from, to] = [binOf(timeout - spread), binOf(timeout + 2 * spread)]
  let reused = 0
  for (let bin = from; bin <= to; bin++) reused += bins[bin] ?? 0
  return reused >= count && reused >= 2 * (bins[from - 1] ?? 0)
}

/** Closes at fewer moments may be single events: a program that ends, a proxy that reloads its configuration. */
const manyMoments = 5

/** No pool known closes earlier, in ms; people's scripts pause for such times. */
const shortestTimer = 3_000

/**
 * Whether an inferred timeout is a timer for certain, and not the pause of a script or a few events. Where no request ever
 * reuses a connection there is no pool whose timer could close: a program that sends one request, sleeps and ends looks the same.
 */
export function isCertain(
  { timeout, moments = 0 }: InferredTimeout,
  { snapshot }: Pick<Traffic, 'snapshot'>,
): boolean {
  const { total, reused } = snapshot.requests
  return moments >= manyMoments && timeout >= shortestTimer && (total === 0 || reused > 0)
}

/**
 * How long the peer keeps an idle connection, in ms: the longest certain timeout inferred that does not come from our own
 * hint, or else the proxy's; 0 where neither is known. Above ours, the danger zone is between the two.
 */
export function keptByPeer(traffic: Traffic): number {
  const { peers, proxy, keepAliveTimeout } = traffic
  const own = peers.filter((peer) => isCertain(peer, traffic) && !followsHint(peer, keepAliveTimeout))
  return own.length > 0 ? Math.max(...own.map(({ timeout }) => timeout)) : (proxy?.idleTimeout ?? 0)
}
