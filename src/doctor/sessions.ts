import { count, number, percent } from '../words.ts'
import type { Check } from './check.ts'
import type { Exam } from './exam.ts'

/** Requests by HTTP/2 below which nothing is said of how they are spread. */
const leastRequests = 10_000

/** The share of all requests by HTTP/2 that the few sessions carry. */
const mostRequests = 0.75

const skewedSessions: Check<Exam> = {
  code: 'KEEPALIVE_SKEWED_SESSIONS',
  severity: 'info',
  looksAt: 'open HTTP/2 sessions, where no cap is set: the share of requests on the ten that had most',
  silentBelow: '10000 requests by HTTP/2',
  remedy:
    'Where several servers share the load, set maxAge, or maxRequests, with jitter: GOAWAY makes the client connect anew, and the load balancer spreads the new sessions',
  look({ busiestSessions, snapshot, policy }) {
    if (policy.maxRequests > 0 || policy.maxAge > 0) return undefined
    const all = snapshot.histograms.requestsAtOnce.count
    const requests = busiestSessions.reduce((sum, each) => sum + each, 0)
    if (all < leastRequests || requests < mostRequests * all) return undefined
    const sessions = busiestSessions.length
    return {
      message: `${count(sessions, 'open HTTP/2 session')} carried ${percent(requests / all)} of ${number(all)} requests by HTTP/2, and no cap is set: a server that is added gets none of this load.`,
      evidence: { sessions, requests, all, share: Number((requests / all).toPrecision(3)) },
    }
  },
}

/** Checks of the sessions that are open. */
export const sessionChecks: readonly Check<Exam>[] = [skewedSessions]
