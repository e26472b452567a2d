import type { CloseMessage } from '../channels.ts'
import { channels } from '../channels.ts'
import type { Clock } from '../clock.ts'
import type { ClosedConnection } from '../closed.ts'
import type { Policy } from '../policy/policy.ts'

/** Closed connections that are kept, and of those that lost a request, so that they outlast the others. */
const maxClosed = 500
const maxLost = 100

/** How long it listens on after the last viewer, in ms. */
const patience = 60_000

/**
 * The connections of a kit that closed last. Connections that closed without a viewer are not among them:
 * without a viewer the kit makes no records.
 */
export class RecentlyClosed {
  readonly #kit: { readonly clock: Clock; readonly policy: Policy }
  readonly #closed = new Latest(maxClosed)
  readonly #lost = new Latest(maxLost)
  /** By the kit's clock. */
  #wantedAt = Number.NEGATIVE_INFINITY
  #isListening = false

  constructor(kit: { readonly clock: Clock; readonly policy: Policy }) {
    this.#kit = kit
  }

  /** There is a viewer: closes are listened to for a while from now on. */
  want(): void {
    this.#wantedAt = this.#kit.clock.now()
    if (this.#isListening) return
    this.#isListening = true
    channels.close.subscribe(this.#take)
  }

  /** Ends the listening where it has not been wanted for a while. To be called now and then. */
  rest(): void {
    if (this.#kit.clock.now() - this.#wantedAt > patience) this.stop()
  }

  stop(): void {
    channels.close.unsubscribe(this.#take)
    this.#isListening = false
  }

  /** Latest first. */
  closed(): readonly ClosedConnection[] {
    return this.#closed.all()
  }

  /** Those that lost a request by it, latest first. */
  lost(): readonly ClosedConnection[] {
    return this.#lost.all()
  }

  find(id: number): ClosedConnection | undefined {
    return [...this.closed(), ...this.lost()].find((one) => one.id === id)
  }

  readonly #take = (message: unknown): void => {
    const { connection, policy } = message as CloseMessage
    if (policy !== this.#kit.policy) return
    this.#closed.add(connection)
    if (connection.late + connection.dropped > 0) this.#lost.add(connection)
  }
}

/** A ring. */
class Latest {
  readonly #most: number
  readonly #ring: ClosedConnection[] = []
  #next = 0

  constructor(most: number) {
    this.#most = most
  }

  add(one: ClosedConnection): void {
    this.#ring[this.#next] = one
    this.#next = (this.#next + 1) % this.#most
  }

  all(): ClosedConnection[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)].reverse()
  }
}
