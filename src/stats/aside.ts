import type { Ended, IdleEnd, Tally } from '../connection/tally.ts'
import type { Explanation } from '../connection/verdict.ts'
import type { State } from '../reasons.ts'
import type { Client } from './clients.ts'

/** What is known of a connection when it is set aside. */
interface SoFar {
  readonly state: State
  /** What its client is counted by. */
  readonly address: string | undefined
  /** The request under way included. */
  readonly requests: number
  readonly now: number
}

/**
 * The tally of one connection that is set aside: it counts in the ledger of all as ever, and again in a ledger of those
 * set aside, so that the two can be told apart. What is in the second is in the first too; idle gaps and waits from
 * before are in the first alone.
 */
export class Aside implements Tally {
  readonly #all: Tally
  readonly #aside: Tally
  /** What its client is counted in there. */
  readonly #client: Client

  constructor(all: Tally, aside: Tally, { state, address, requests, now }: SoFar) {
    this.#all = all
    this.#aside = aside
    this.#client = aside.opened(state, address, now)
    for (let number = 1; number <= requests; number++) {
      aside.requested(this.#client, number > 1, now)
      if (number < requests) aside.answered()
    }
  }

  opened(state: State, address: string | undefined, now: number): Client {
    return this.#all.opened(state, address, now)
  }

  groupOf(client: Client, connection: number): number {
    return this.#all.groupOf(client, connection)
  }

  moved(from: State, to: State): void {
    this.#all.moved(from, to)
    this.#aside.moved(from, to)
  }

  handshaken(duration: number): void {
    this.#all.handshaken(duration)
  }

  firstRequest(wait: number): void {
    this.#all.firstRequest(wait)
  }

  requested(client: Client, reused: boolean, now: number): void {
    this.#all.requested(client, reused, now)
    this.#aside.requested(this.#client, reused, now)
  }

  idleEnded(by: IdleEnd, gap: number, group: number): void {
    this.#all.idleEnded(by, gap, group)
    this.#aside.idleEnded(by, gap, group)
  }

  timedOut(client: Client, since: number): void {
    this.#all.timedOut(client, since)
    this.#aside.timedOut(this.#client, since)
  }

  answered(): void {
    this.#all.answered()
    this.#aside.answered()
  }

  refused(): void {
    this.#all.refused()
    this.#aside.refused()
  }

  dropped(count: number): void {
    this.#all.dropped(count)
    this.#aside.dropped(count)
  }

  late(count: number, afterClose: boolean): void {
    this.#all.late(count, afterClose)
    this.#aside.late(count, afterClose)
  }

  released(state: State): void {
    this.#all.released(state)
    this.#aside.released(state)
  }

  closed(record: Ended, ending: Explanation, now: number): void {
    this.#all.closed(record, ending, now)
    const { openedAt, requests } = record
    this.#aside.closed({ openedAt, requests, client: this.#client }, ending, now)
  }
}
