import { errorOf } from './numbers.ts'
import type { ProbeReport } from './report.ts'

/**
 * Corrects the figures for a server that closes by age: then idle connections do not show an idle timeout, and the age may
 * have closed the connection of the search for the cap.
 */
export function withMaxAge(
  { idleTimeout, maxRequests, advertised }: ProbeReport,
  maxAge: number | null,
): Partial<ProbeReport> {
  if (maxAge === null || !idleTimeout) return { maxAge }
  const promised = advertised?.timeout ?? null
  // A connection used half way to its age was idle only for the other half.
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
