import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Connection, type Keeper } from '../../src/connection/connection.ts'
import type { Explanation } from '../../src/connection/verdict.ts'
import { Waiting } from '../../src/connection/waiting.ts'
import type { CloseReason } from '../../src/reasons.ts'
import { Ledger } from '../../src/stats/ledger.ts'
import type { Snapshot } from '../../src/stats/snapshot.ts'
import { TestClock } from './clock.ts'

const socket = { remoteAddress: '192.0.2.1', remotePort: 5 } as Socket
const req = { httpVersion: '1.1' } as IncomingMessage
const res = {} as ServerResponse

export interface LedgerOptions {
  /** The idle timeout in force, in ms. */
  readonly idleTimeout?: number
  readonly clients?: number
}

/** A ledger without a server: connections are made and moved by hand, by a clock that stands still until then. */
export class LedgerBench {
  readonly clock: TestClock = new TestClock()
  readonly ledger: Ledger
  idleTimeout: number
  readonly #keeper: Keeper
  readonly #waiting = new Waiting<Connection>()

  constructor({ idleTimeout = 65_000, clients = 1_000 }: LedgerOptions = {}) {
    this.idleTimeout = idleTimeout
    this.ledger = new Ledger({
      clock: this.clock,
      policy: { clients, maskAddresses: false, keepAliveTimeoutBuffer: 1_000 },
      idleTimeout: () => this.idleTimeout,
      idleTimes: () => this.#idleTimes(),
    })
    const nothing = (): void => {}
    this.#keeper = {
      clock: this.clock,
      tally: this.ledger,
      maskAddresses: false,
      waiting: this.#waiting,
      responseOver: nothing,
      keepsTimeout: () => false,
      waitedLongEnough: nothing,
      isLast: () => false,
      lastSent: nothing,
      closeWaiting: nothing,
      closed: nothing,
    }
  }

  open(client: string | undefined = socket.remoteAddress, midway = false): Connection {
    const openedAt = this.clock.now()
    const caps = { maxRequests: 0, maxAge: 0 }
    return new Connection(socket, this.#keeper, caps, { client, openedAt, midway })
  }

  begin(record: Connection): void {
    record.begin(req, res)
  }

  /** A request and its whole response, after which the connection is idle. */
  exchange(record: Connection, duration = 0): void {
    this.begin(record)
    this.clock.pass(duration)
    this.ledger.answered()
    record.rest()
  }

  end(record: Connection, reason: CloseReason, closedBy: Explanation['closedBy']): void {
    record.end({ reason, closedBy })
  }

  *#idleTimes(): Generator<number> {
    for (const record of this.#waiting) if (record.state === 'idle') yield record.waitedFor()
  }

  snapshot(): Snapshot {
    return this.ledger.snapshot()
  }
}
