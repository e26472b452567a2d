import type { Client } from '../../src/connection/observer.ts'
import { type Explanation, said } from '../../src/connection/verdict.ts'
import type { AppClose, CloseReason, State } from '../../src/reasons.ts'
import { Ledger } from '../../src/stats/ledger.ts'
import type { Snapshot } from '../../src/stats/snapshot.ts'
import { TestClock } from './clock.ts'

export interface LedgerOptions {
  /** The idle timeout in force, in ms. */
  readonly idleTimeout?: number
  readonly clients?: number
}

let lastId = 0

/** What a ledger learns about one connection, reported by hand. */
export class ToldConnection {
  readonly group: number
  readonly openedAt: number
  readonly client: Client
  requests = 0
  appClose: AppClose = 'socket'
  state: State
  waitsSince: number
  readonly #bench: LedgerBench

  constructor(bench: LedgerBench, address: string | undefined, midway: boolean) {
    this.#bench = bench
    this.openedAt = bench.clock.now()
    this.waitsSince = this.openedAt
    this.state = midway ? 'active' : 'new'
    this.client = bench.ledger.opened(this.state, { address }, this.openedAt)
    this.group = bench.ledger.groupOf(this.client as never, ++lastId)
  }

  begin(): void {
    const { ledger, clock } = this.#bench
    if (this.state === 'idle') ledger.idleEnded('reused', this.gap(), this.group)
    else if (this.state === 'new') ledger.firstRequest(clock.now() - this.openedAt)
    ledger.requested(this.client as never, ++this.requests > 1, clock.now())
    this.enter('active')
  }

  rest(): void {
    this.waitsSince = this.#bench.clock.now()
    this.enter('idle')
  }

  /** Its first request is a health check. */
  check(): void {
    this.#bench.ledger.healthChecked(this.client as never)
  }

  upgrade(): void {
    if (this.state === 'idle') this.#bench.ledger.idleEnded('reused', this.gap(), this.group)
    this.enter('upgraded')
  }

  close(reason: CloseReason): void {
    if (reason === 'idle-timeout' && this.state === 'idle')
      this.#bench.ledger.timedOut(this.client as never, this.waitsSince)
    this.#endIdle('cutOff')
    this.enter('closing')
  }

  release(): void {
    this.#endIdle('cutOff')
    this.#bench.ledger.released(this.state)
    this.state = 'closed'
  }

  drop(count: number): void {
    this.#bench.ledger.dropped(count)
  }

  arriveLate(count: number, afterClose: boolean): void {
    this.#bench.ledger.late(count, afterClose)
  }

  end(ending: Explanation): void {
    this.#endIdle(ending.closedBy === 'client' ? 'clientClosed' : 'cutOff')
    this.enter('closed')
    this.#bench.ledger.closed(this as never, ending, this.#bench.clock.now())
  }

  gap(): number {
    return this.#bench.clock.now() - this.waitsSince
  }

  enter(state: State): void {
    this.#bench.ledger.moved(this.state, state)
    this.state = state
  }

  #endIdle(by: 'clientClosed' | 'cutOff'): void {
    if (this.state === 'idle') this.#bench.ledger.idleEnded(by, this.gap(), this.group)
  }
}

/** A ledger without a server: the test creates and moves connections by hand, with a clock that it moves itself. */
export class LedgerBench {
  readonly clock: TestClock = new TestClock()
  readonly ledger: Ledger
  idleTimeout: number
  readonly #open: ToldConnection[] = []

  constructor({ idleTimeout = 65_000, clients = 1_000 }: LedgerOptions = {}) {
    this.idleTimeout = idleTimeout
    this.ledger = new Ledger({
      clock: this.clock,
      policy: { clients, maskAddresses: false, keepAliveTimeoutBuffer: 1_000 },
      idleTimeout: () => this.idleTimeout,
      idleTimes: () => this.#idleTimes(),
    })
  }

  open(client: string | undefined = '192.0.2.1', midway = false): ToldConnection {
    const record = new ToldConnection(this, client, midway)
    this.#open.push(record)
    return record
  }

  begin(record: ToldConnection): void {
    record.begin()
  }

  /** A request and its whole response, after which the connection is idle. */
  exchange(record: ToldConnection, duration = 0): void {
    record.begin()
    this.clock.pass(duration)
    this.ledger.answered()
    record.rest()
  }

  end(record: ToldConnection, reason: CloseReason, closedBy: Explanation['closedBy']): void {
    record.end(said(reason, closedBy))
  }

  *#idleTimes(): Generator<number> {
    for (const record of this.#open) if (record.state === 'idle') yield record.gap()
  }

  snapshot(): Snapshot {
    return this.ledger.snapshot()
  }
}
