import type { Snapshot } from '../stats/snapshot.ts'
import type { Advice } from './advice.ts'
import type { Intervals } from './intervals.ts'
import type { AdviseOptions } from './options.ts'

/**
 * What the keep-alive timeout should be, and the price of every alternative. Pure: it runs wherever JavaScript does.
 *
 * @param source - a snapshot, merged or not, or intervals from elsewhere.
 * @throws KeepAliveError for options that do not hold; `ERR_KEEPALIVE_SNAPSHOT_VERSION` for a foreign snapshot.
 * @example
 * const { recommended, curve } = advise(connections.snapshot(), { constraints: { frontIdleTimeout: 60_000 } })
 */
export function advise(source: Snapshot | Intervals, options: AdviseOptions = {}): Advice {
  throw new Error(`not there yet: ${typeof source} ${typeof options}`)
}
