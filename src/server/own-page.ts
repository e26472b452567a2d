import type { IncomingMessage } from 'node:http'
import type { Connection } from '../connection/connection.ts'
import { recordOf } from '../connection/registry.ts'
import { Aside } from '../stats/aside.ts'
import { Ledger } from '../stats/ledger.ts'
import type { Context } from './context.ts'

/** The connections that serve the kit's own page, counted apart as well: nobody wants to see those in its figures. */
export class OwnPage {
  readonly #kit: Context
  #ledger: Ledger | undefined
  /** Closed ones are among them until somebody asks. */
  readonly #connections = new Set<Connection>()

  constructor(kit: Context) {
    this.#kit = kit
  }

  /** What they count; it is in the kit's ledger too. */
  get ledger(): Ledger {
    this.#ledger ??= new Ledger({
      clock: this.#kit.clock,
      policy: this.#kit.policy,
      idleTimeout: () => this.#kit.idleTimeout(),
      idleTimes: () => this.#idleTimes(),
    })
    return this.#ledger
  }

  *#idleTimes(): Generator<number> {
    for (const record of this.#connections) if (record.state === 'idle') yield record.waitedFor()
  }

  /** Sets a request's connection aside. */
  setAside({ socket }: IncomingMessage): void {
    const { ledger, clock } = this.#kit
    const record = recordOf(socket)
    if (record?.keeper.tally !== ledger || isAside(record) || record.state === 'closed') return
    const { state, requests, remoteAddress: address } = record
    for (const known of this.#connections) if (known.state === 'closed') this.#connections.delete(known)
    this.#connections.add(record)
    record.tally = new Aside(ledger, this.ledger, { state, address, requests, now: clock.now() })
  }
}

/** True for a connection that serves the kit's own page. */
export function isAside(record: Connection): boolean {
  return record.tally instanceof Aside
}
