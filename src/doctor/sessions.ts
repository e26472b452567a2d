import { count, number, percent } from '../words.ts'
import type { Check } from './check.ts'
import type { Exam } from './exam.ts'

/** Below this number of HTTP/2 requests there is no finding. */
const minRequests = 10_000

/** From this share of the HTTP/2 requests on, the busiest sessions give a finding. */
const maxShare = 0.75

const skewedSessions: Check<Exam> = {
  code: 'KEEPALIVE_SKEWED_SESSIONS',
  severity: 'info',
  looksAt: 'open HTTP/2 sessions, if no cap is set: the share of requests on the ten busiest sessions',
  silentBelow: '10,000 HTTP/2 requests',
  remedy:
    'If several servers share the load, set maxAge or maxRequests, with jitter. GOAWAY makes the clients reconnect, and the load balancer spreads the new sessions',
  look({ busiestSessions, snapshot, policy }) {
    if (policy.maxRequests > 0 || policy.maxAge > 0) return undefined
    const all = snapshot.histograms.requestsAtOnce.count
    const requests = busiestSessions.reduce((sum, each) => sum + each, 0)
    if (all < minRequests || requests < maxShare * all) return undefined
    const sessions = busiestSessions.length
    return {
      message: `${count(sessions, 'open HTTP/2 session')} carried ${percent(requests / all)} of ${number(all)} HTTP/2 requests, and no cap is set. A server that is added gets none of this load.`,
      evidence: { sessions, requests, all, share: Number((requests / all).toPrecision(3)) },
    }
  },
}

/** Checks of the open sessions. */
export const sessionChecks: readonly Check<Exam>[] = [skewedSessions]
