import type { Clock } from '../clock.ts'
import type { ClosedConnection } from '../closed.ts'
import type { Connection } from '../connection/connection.ts'
import type { Policy } from '../policy/policy.ts'
import type { Ledger } from '../stats/ledger.ts'

/** What the servers of one kit have in common. */
export interface Context {
  readonly policy: Policy
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly ledger: Ledger
  readonly live: Set<Connection>
  /** True where a closed record would be read by somebody. */
  readonly reportsClosed: boolean
  report(closed: ClosedConnection): void
}
