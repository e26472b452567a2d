import type { Counts, Summary } from '../../stats/snapshot.ts'
import { percent } from '../../words.ts'

type Reuses = Pick<Counts, 'requests' | 'reused'>

/**
 * Reuse, wherever the page has the word: the share of requests that came on a connection which had carried one before.
 * `undefined` without requests.
 */
export function reuseOf({ requests, reused }: Reuses): number | undefined {
  return requests === 0 ? undefined : reused / requests
}

export function shareReused(counts: Reuses): string {
  const reuse = reuseOf(counts)
  return reuse === undefined ? '–' : percent(reuse)
}

/** The requests of the last 15 minutes: what the page calls reuse of now is theirs. */
export function recentReuse({ windows }: Pick<Summary, 'windows'>): Reuses {
  return windows.quarterHour
}

/**
 * What happened in the last minute, by the second.
 *
 * @param known - for how long it is counted, in ms.
 */
export function perSecond(counted: number, known: number): number {
  return counted / Math.max(1, Math.min(60, known / 1_000))
}
