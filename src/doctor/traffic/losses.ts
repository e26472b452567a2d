import { countBetween } from '../../stats/histogram.ts'
import { count, duration, percent, share } from '../../words.ts'
import type { Check } from '../check.ts'
import { keptByPeer, type Traffic } from './traffic.ts'

/** So few may be chance: a request and a close that crossed on the wire. */
const leastLost = 5

/** Idle gaps below which nothing is said of where they lie. */
const leastGaps = 100

/** A share of late requests that users notice: 1 in 1,000. */
const noticed = 0.001

const dangerZone: Check<Traffic> = {
  code: 'KEEPALIVE_DANGER_ZONE',
  severity: 'warning',
  looksAt: "the idle gaps between our timeout and the peer's, inferred or else the proxy's",
  silentBelow: '100 idle gaps',
  remedy: "Raise keepAliveTimeout above the peer's idle timeout",
  look({ snapshot, peers, proxy, keepAliveTimeout: ours }) {
    const peer = keptByPeer({ peers, proxy, keepAliveTimeout: ours })
    const { reused, clientClosed, cutOff } = snapshot.histograms.idleGap
    const all = reused.count + clientClosed.count + cutOff.count
    if (peer <= ours || all < leastGaps) return undefined
    const inside = [reused, clientClosed, cutOff].reduce(
      (sum, gaps) => sum + countBetween(gaps, ours, peer),
      0,
    )
    if (inside < 1) return undefined
    return {
      message: `The peer keeps idle connections for ${duration(peer)}, the server for ${duration(ours)}: about ${percent(inside / all)} of the idle gaps (${Math.round(inside)} of ${all}) lie between, where the peer may send a request into our close.`,
      evidence: {
        keepAliveTimeout: ours,
        peer: Math.round(peer),
        inside: Math.round(inside),
        gaps: all,
        share: share(inside, all),
      },
    }
  },
}

const lateRequests: Check<Traffic> = {
  code: 'KEEPALIVE_LATE_REQUESTS',
  severity: 'warning',
  looksAt: 'requests that arrived after our FIN',
  silentBelow: '5 of them',
  remedy:
    "Raise keepAliveTimeout above the peer's idle timeout, or keepAliveTimeoutBuffer where the way is long",
  look({ snapshot }) {
    const { lateAfterClose, total } = snapshot.requests
    const late = snapshot.requests.late - lateAfterClose
    if (late < leastLost) return undefined
    return {
      message: `${count(late, 'request')} came on connections that the server had just closed and got no answer, ${percent(late / (late + total))} of all. A proxy reports each as a 502 unless it sends it again.`,
      evidence: { late, total, share: share(late, late + total) },
      severity: late >= noticed * (late + total) ? 'error' : 'warning',
    }
  },
}

const afterClose: Check<Traffic> = {
  code: 'KEEPALIVE_REQUESTS_AFTER_CLOSE',
  severity: 'warning',
  looksAt: 'requests that arrived after a response with Connection: close',
  silentBelow: '5 of them',
  remedy:
    'Repair or update the client: RFC 9112 section 9.6 forbids it; the addresses are among the clients whose connections end by max-requests, max-age, drain or app',
  look({ snapshot }) {
    const { lateAfterClose, total } = snapshot.requests
    if (lateAfterClose < leastLost) return undefined
    return {
      message: `${count(lateAfterClose, 'request')} came after a response that had said Connection: close, and got no answer.`,
      evidence: { lateAfterClose, total, share: share(lateAfterClose, lateAfterClose + total) },
    }
  },
}

const outlived: Check<Traffic> = {
  code: 'KEEPALIVE_TIMEOUT_OUTLIVED',
  severity: 'warning',
  looksAt: 'reuses after a longer idle gap than advertised',
  silentBelow: '5 of them',
  remedy:
    'Raise keepAliveTimeout above the idle timeout of those clients, which do not heed the Keep-Alive header; the buffer alone has saved these',
  look({ snapshot, policy, keepAliveTimeout }) {
    const { nearMisses, reused } = snapshot.requests
    if (nearMisses < leastLost) return undefined
    const buffer = snapshot.timeouts.keepAliveTimeoutBuffer ?? policy.keepAliveTimeoutBuffer
    return {
      message: `${count(nearMisses, 'request')} reused a connection later than the advertised ${duration(keepAliveTimeout)}, within the buffer of ${duration(buffer)}: ${percent(nearMisses / reused)} of all reuses.`,
      evidence: { nearMisses, reused, share: share(nearMisses, reused) },
    }
  },
}

/** Checks of what was lost, and nearly so. */
export const lossChecks: readonly Check<Traffic>[] = [dangerZone, lateRequests, afterClose, outlived]
