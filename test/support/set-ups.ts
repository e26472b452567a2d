import type { ClosedBy, CloseReason } from '../../src/reasons.ts'
import type { Snapshot } from '../../src/stats/snapshot.ts'
import { LedgerBench, type LedgerOptions, type ToldConnection } from './ledger.ts'
import { seeded } from './random.ts'

/** An event at some time. */
type Act = () => void

/** Simulated clients of a server, reported to a ledger with their own clock. Times in ms. */
export class SetUp {
  readonly random: () => number = seeded(7)
  readonly #bench: LedgerBench
  readonly #acts: { readonly at: number; readonly act: Act }[] = []
  /** How long the server keeps an idle connection. */
  readonly kept: number

  constructor(options: LedgerOptions = {}) {
    this.#bench = new LedgerBench(options)
    this.kept = this.#bench.idleTimeout + 1_000
  }

  at(at: number, act: Act): this {
    this.#acts.push({ at, act })
    return this
  }

  /** A connection with requests at these times. Its client closes it this long after the last one, unless the server has. */
  connect(
    address: string,
    requests: readonly number[],
    ends: number,
    reason: CloseReason = 'client-idle',
    isCheck = false,
  ): this {
    const [first, ...others] = requests
    let connection: ToldConnection
    const exchange = (): void => this.#bench.exchange(connection)
    this.at(first!, () => {
      connection = this.#bench.open(address)
      exchange()
      if (isCheck) connection.check()
    })
    for (const other of others) this.at(other, exchange)
    const last = requests.at(-1)!
    if (ends < this.kept) return this.at(last + ends, () => this.#close(connection, reason))
    return this.at(last + this.kept, () => {
      connection.close('idle-timeout')
      this.#close(connection, 'idle-timeout')
    })
  }

  /** A connection that its client closes with its only request. */
  once(address: string, at: number, isCheck = false): this {
    return this.connect(address, [at], 0, 'client-asked', isCheck)
  }

  /** A connection without a request. */
  touch(address: string, at: number): this {
    return this.at(at, () => this.#close(this.#bench.open(address), 'never-used'))
  }

  /** A connection that another protocol takes over after a request. */
  upgrade(address: string, at: number, length: number): this {
    let connection: ToldConnection
    return this.at(at, () => {
      connection = this.#bench.open(address)
      this.#bench.exchange(connection)
    })
      .at(at + 20, () => connection.upgrade())
      .at(at + length, () => this.#close(connection, 'upgrade'))
  }

  /** What the ledger has counted after all events, this long after the start. */
  snapshot(until = 0): Snapshot {
    const { clock } = this.#bench
    const start = clock.now()
    for (const { at, act } of this.#acts.sort((a, b) => a.at - b.at)) {
      clock.pass(Math.max(0, start + at - clock.now()))
      act()
    }
    clock.pass(Math.max(0, start + until - clock.now()))
    return this.#bench.snapshot()
  }

  #close(connection: ToldConnection, reason: CloseReason): void {
    const by: ClosedBy = reason.startsWith('client') || reason === 'never-used' ? 'client' : 'server'
    this.#bench.end(connection, reason, by)
  }
}

/** At regular intervals, from the start to the end. */
export function every(interval: number, until: number, act: (at: number, i: number) => void): void {
  for (let i = 0; i * interval < until; i++) act(i * interval, i)
}
