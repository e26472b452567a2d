import type { ServerResponse } from 'node:http'
import type { Clock } from '../clock.ts'
import type { Connection } from './connection.ts'
import type { State } from './reasons.ts'

/** What records count into. */
export interface Tally {
  opened(state: State): void
  moved(from: State, to: State): void
  requested(reused: boolean): void
  refused(): void
  dropped(count: number): void
  late(count: number): void
}

/** Who keeps a connection: told what happens to it, and decides. */
export interface Keeper {
  readonly clock: Clock
  readonly tally: Tally
  /** The response under way has ended, or was given up. */
  responseOver(record: Connection, res: ServerResponse): void
  /** Node has sent the last it has to send and wants the socket ended. */
  lastSent(record: Connection): void
  /** The socket has closed. */
  closed(record: Connection): void
}
