import { count, duration, number, percent, share } from '../../words.ts'
import type { Check } from '../check.ts'
import { dangerZoneOf } from './danger-zone.ts'
import type { Traffic } from './traffic.ts'

/** So few may be chance: a request and a close that crossed on the wire. */
const leastLost = 5

/** Idle gaps below which nothing is said of where they lie. */
const leastGaps = 100

/** A share of late requests that users notice: 1 in 1,000. */
const noticed = 0.001

const dangerZone: Check<Traffic> = {
  code: 'KEEPALIVE_DANGER_ZONE',
  severity: 'warning',
  looksAt:
    "the idle gaps between the server's close (keepAliveTimeout and its buffer) and the peer's timeout, inferred or else the proxy's",
  silentBelow: '100 idle gaps',
  remedy: "Raise keepAliveTimeout above the peer's idle timeout",
  look(traffic) {
    const { keepAliveTimeout: ours, closesAfter } = traffic
    const zone = dangerZoneOf(traffic)
    if (!zone || zone.gaps < leastGaps || zone.inside < 1) return undefined
    const { isNearMiss, to: peer, inside, gaps } = zone
    const many = `about ${percent(inside / gaps)} of the idle gaps (${number(Math.round(inside))} of ${number(gaps)})`
    const evidence = {
      keepAliveTimeout: ours,
      closesAfter,
      peer: Math.round(peer),
      inside: Math.round(inside),
      gaps,
      share: share(inside, gaps),
    }
    if (isNearMiss)
      return {
        message: `The peer keeps idle connections for ${duration(peer)}, and the server advertises ${duration(ours)}: ${many} were longer, and only keepAliveTimeoutBuffer (${duration(closesAfter - ours)}) kept the server from closing first.`,
        evidence,
        severity: 'info',
      }
    return {
      message: `The peer keeps idle connections for ${duration(peer)}, the server closes them after ${duration(closesAfter)}: ${many} lie between, where the peer may send a request into the server's close.`,
      evidence,
    }
  },
}

const lateRequests: Check<Traffic> = {
  code: 'KEEPALIVE_LATE_REQUESTS',
  severity: 'warning',
  looksAt: 'requests that arrived after our FIN',
  silentBelow: '5 of them',
  remedy:
    "Raise keepAliveTimeout above the peer's idle timeout, or keepAliveTimeoutBuffer where the round-trip time is long",
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
    'If the client does not pipeline, update it: RFC 9112 section 9.6 forbids such requests; if it does, have it send them again on another connection',
  look({ snapshot }) {
    const { lateAfterClose, total } = snapshot.requests
    if (lateAfterClose < leastLost) return undefined
    return {
      message: `${count(lateAfterClose, 'request')} came after a response that had said Connection: close, and got no answer. The client ignored that response, or had sent them before it could read it.`,
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
    'Raise keepAliveTimeout above the idle timeout of those clients: they ignore the Keep-Alive header, and only keepAliveTimeoutBuffer prevented failures',
  look({ snapshot, policy, keepAliveTimeout }) {
    const { nearMisses, reused } = snapshot.requests
    if (nearMisses < leastLost) return undefined
    // Clients that obey the app's own header: KEEPALIVE_APP_HINT says so.
    if ((snapshot.appHints.most ?? 0) * 1_000 > keepAliveTimeout) return undefined
    const buffer = snapshot.timeouts.keepAliveTimeoutBuffer ?? policy.keepAliveTimeoutBuffer
    return {
      message: `${count(nearMisses, 'request')} reused a connection later than the advertised ${duration(keepAliveTimeout)}, within the buffer of ${duration(buffer)}: ${percent(nearMisses / reused)} of all reuses.`,
      evidence: { nearMisses, reused, share: share(nearMisses, reused) },
    }
  },
}

/** Checks of what was lost, and nearly so. */
export const lossChecks: readonly Check<Traffic>[] = [dangerZone, lateRequests, afterClose, outlived]
