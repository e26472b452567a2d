import type { IncomingMessage } from 'node:http'
import type { Clock } from '../clock.ts'
import type { ClosedConnection } from '../closed.ts'
import type { Connection } from '../connection/connection.ts'
import type { LastLook } from '../connection/last-look.ts'
import type { Live } from '../connection/live.ts'
import type { Timelines } from '../connection/timelines.ts'
import type { Waiting } from '../connection/waiting.ts'
import type { Policy } from '../policy/policy.ts'
import type { Ledger } from '../stats/ledger.ts'
import type { IdleTimer } from './idle-timer.ts'

/** What the servers of one kit have in common. */
export interface Context {
  readonly policy: Policy
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly ledger: Ledger
  /** The last look where nothing presses: on the idle timer. */
  readonly leisurelyLook: LastLook
  /** The last look where somebody waits for the close: eviction, drain. */
  readonly promptLook: LastLook
  /** All connections that are open. */
  readonly live: Live<Connection>
  /** Those of them that wait for a request. */
  readonly waiting: Waiting<Connection>
  /** The idle timeout of those that it is kept for by the kit. */
  readonly idleTimer: IdleTimer
  /** How long an idle connection is kept, in ms; 0 is for ever. */
  readonly idleWait: number
  readonly timelines: Timelines
  /** Every response from now on is its connection's last. */
  readonly draining: boolean
  /** The request that came last. */
  latest: IncomingMessage | undefined
  /** True where a closed record would be read by somebody. */
  readonly reportsClosed: boolean
  /** The idle timeout in force, in ms. */
  idleTimeout(): number
  /** One more connection waits. */
  waits(): void
  report(closed: ClosedConnection): void
}
