import { count, duration, number, percent, share } from '../../words.ts'
import type { Check } from '../check.ts'
import { dangerZoneOf } from './danger-zone.ts'
import type { Traffic } from './traffic.ts'

/** Fewer may be chance: a request and a close that crossed on the wire. */
const minLost = 5

/** With fewer idle gaps their distribution says nothing. */
const minGaps = 100

/** A share of late requests that users notice: 1 in 1,000. */
const noticed = 0.001

const dangerZone: Check<Traffic> = {
  code: 'KEEPALIVE_DANGER_ZONE',
  severity: 'warning',
  looksAt:
    "the idle gaps between the server's close (keepAliveTimeout and its buffer) and the client's idle timeout: the inferred one, or else the proxy's",
  silentBelow: '100 idle gaps',
  remedy: "Raise keepAliveTimeout above the client's idle timeout",
  look(traffic) {
    const { keepAliveTimeout: ours, closesAfter } = traffic
    const zone = dangerZoneOf(traffic)
    if (!zone || zone.gaps < minGaps || zone.inside < 1) return undefined
    const { isNearMiss, to: peer, inside, gaps } = zone
    const many = `About ${percent(inside / gaps)} of the idle gaps (${number(Math.round(inside))} of ${number(gaps)})`
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
        message: `Clients keep idle connections for ${duration(peer)}, the server advertises ${duration(ours)}. ${many} were longer: only keepAliveTimeoutBuffer (${duration(closesAfter - ours)}) kept the server from closing first.`,
        evidence,
        severity: 'info',
      }
    return {
      message: `Clients keep idle connections for ${duration(peer)}, the server closes them after ${duration(closesAfter)}. ${many} are at risk: the server may close while the client sends a request.`,
      evidence,
    }
  },
}

const lateRequests: Check<Traffic> = {
  code: 'KEEPALIVE_LATE_REQUESTS',
  severity: 'warning',
  looksAt: 'requests that arrived after our FIN',
  silentBelow: '5 such requests',
  remedy:
    "Raise keepAliveTimeout above the client's idle timeout, or raise keepAliveTimeoutBuffer if the round-trip time is long",
  look({ snapshot }) {
    const { lateAfterClose, total } = snapshot.requests
    const late = snapshot.requests.late - lateAfterClose
    if (late < minLost) return undefined
    return {
      message: `${count(late, 'request')} arrived after the server had closed the connection and got no answer: ${percent(late / (late + total))} of all requests. A proxy reports each as a 502 unless it retries.`,
      evidence: { late, total, share: share(late, late + total) },
      severity: late >= noticed * (late + total) ? 'error' : 'warning',
    }
  },
}

const afterClose: Check<Traffic> = {
  code: 'KEEPALIVE_REQUESTS_AFTER_CLOSE',
  severity: 'warning',
  looksAt: 'requests that arrived after a response with Connection: close',
  silentBelow: '5 such requests',
  remedy:
    'If the client does not pipeline, update it: RFC 9112 section 9.6 forbids such requests. If it does, let it retry them on another connection',
  look({ snapshot }) {
    const { lateAfterClose, total } = snapshot.requests
    if (lateAfterClose < minLost) return undefined
    return {
      message: `${count(lateAfterClose, 'request')} arrived after a response with Connection: close and got no answer. The client ignored this header, or sent the requests before it read the response.`,
      evidence: { lateAfterClose, total, share: share(lateAfterClose, lateAfterClose + total) },
    }
  },
}

const outlived: Check<Traffic> = {
  code: 'KEEPALIVE_TIMEOUT_OUTLIVED',
  severity: 'warning',
  looksAt: 'reuses after an idle gap longer than the advertised timeout',
  silentBelow: '5 such reuses',
  remedy:
    'Raise keepAliveTimeout above the idle timeout of these clients: they ignore the Keep-Alive header, and only keepAliveTimeoutBuffer saved these requests',
  look({ snapshot, policy, keepAliveTimeout }) {
    const { nearMisses, reused } = snapshot.requests
    if (nearMisses < minLost) return undefined
    // These clients obey the app's own header: KEEPALIVE_APP_HINT reports it.
    if ((snapshot.appHints.most ?? 0) * 1_000 > keepAliveTimeout) return undefined
    const buffer = snapshot.timeouts.keepAliveTimeoutBuffer ?? policy.keepAliveTimeoutBuffer
    return {
      message: `${count(nearMisses, 'request')} reused a connection after the advertised ${duration(keepAliveTimeout)}, within the buffer of ${duration(buffer)}: ${percent(nearMisses / reused)} of all reuses.`,
      evidence: { nearMisses, reused, share: share(nearMisses, reused) },
    }
  },
}

/** Checks for lost requests and near misses. */
export const lossChecks: readonly Check<Traffic>[] = [dangerZone, lateRequests, afterClose, outlived]
