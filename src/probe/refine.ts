import { errorOf } from './numbers.ts'
import type { ProbeReport } from './report.ts'

/**
 * What the figures are once it is known that the server closes by age: idle connections tell no idle timeout then, and
 * the connection of the search for the cap may have been closed by its age.
 */
export function withMaxAge(
  { idleTimeout, maxRequests, advertised }: ProbeReport,
  maxAge: number | null,
): Partial<ProbeReport> {
  if (maxAge === null || !idleTimeout) return { maxAge }
  const promised = advertised?.timeout ?? null
  // A connection used half way to its age was idle for the other half only.
  const broken = promised !== null && promised - errorOf(promised) > maxAge / 2
  return {
    maxAge,
    idleTimeout: { ...idleTimeout, ms: null, header: broken ? 'earlier' : null },
    maxRequests:
      maxRequests && maxRequests.cap !== null && Math.abs(maxRequests.lasted - maxAge) <= errorOf(maxAge)
        ? { ...maxRequests, cap: null, saidClose: null, closed: null, stoppedBy: 'age' }
        : maxRequests,
  }
}
