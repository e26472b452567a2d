import type { CloseReason } from '../reasons.ts'
import type { Link } from './list.ts'

/** What the pool knows of a connection, and asks of it. The pool says whom and when; the connection says whether. */
export interface Member<T> extends Link<T> {
  /** Since when it waits for a request, by one clock for all, in ms. */
  readonly waitsSince: number
  /** Whether the pool keeps its idle timeout; else Node does. */
  readonly timed: boolean
  /** Its place among all that are open; -1 where it has none. Written by `OpenSet`. */
  place: number
  /** How long it has waited, in ms. */
  waitedFor(): number
  /** The idle timeout that the pool keeps for this connection has passed. */
  idleTimeoutDue(): void
  /** The connection should close, unless a request arrives at the last moment. */
  closeIdle(reason: CloseReason): void
}
