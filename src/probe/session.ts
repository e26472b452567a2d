import { Interrupted, longestAnswer, ProbeFailure } from './failure.ts'
import { Http1Connection } from './http1-connection.ts'
import { Http2Connection } from './http2-connection.ts'
import type { ProbeConnection } from './probe-connection.ts'
import type { ProbeTimeline } from './report.ts'
import type { SessionOptions, Wire } from './wire.ts'

/** Connections whose timelines are kept: more than the steps open. */
const mostTimelines = 64

/** One run of the probe: what its steps share, and their common limits. */
export class Session implements Wire {
  readonly options: SessionOptions
  readonly #titles: [title: string, connection: ProbeConnection][] = []
  readonly #open = new Set<ProbeConnection>()
  #sent = 0
  #deadline = Number.POSITIVE_INFINITY

  constructor(options: SessionOptions) {
    this.options = options
  }

  /** Requests sent so far. */
  get sent(): number {
    return this.#sent
  }

  /** Requests left to send. */
  get left(): number {
    return this.options.maxRequests - this.#sent
  }

  /** Never longer than the step's deadline allows. */
  get patience(): number {
    const left = this.#deadline - this.options.clock.now()
    return Math.max(0, Math.min(longestAnswer, this.options.maxWait, left))
  }

  /** The events of each connection so far, in the order in which the connections were opened. */
  get timelines(): ProbeTimeline[] {
    return this.#titles.map(([title, connection]) => connection.timeline(title))
  }

  spend(requests: number): void {
    if (requests > this.left)
      throw new ProbeFailure(
        `the probe has sent all of its ${this.options.maxRequests} requests; raise --max-requests`,
      )
    this.#sent += requests
  }

  /** Runs a step within its time limit, and closes its connections at the end, also if the step fails. */
  async step<T>(allowance: number, run: () => Promise<T>): Promise<T> {
    this.#deadline = this.options.clock.now() + allowance
    try {
      return await run()
    } finally {
      this.#deadline = Number.POSITIVE_INFINITY
      for (const connection of this.#open) connection.destroy()
      this.#open.clear()
      // The closes are events of the next turn.
      await new Promise((done) => setImmediate(done))
    }
  }

  /** Opens a connection of the protocol that is measured, for the open step. */
  open(title: string): Promise<ProbeConnection> {
    return this.options.http2 ? this.openHttp2(title) : this.openHttp1(title)
  }

  openHttp2(title: string): Promise<Http2Connection> {
    return this.#establish(title, new Http2Connection(this))
  }

  /** @param alpn - the protocols to offer, if not HTTP/1.1 alone. */
  openHttp1(title: string, alpn?: readonly string[]): Promise<Http1Connection> {
    return this.#establish(title, new Http1Connection(this, alpn))
  }

  async #establish<T extends ProbeConnection>(title: string, connection: T): Promise<T> {
    this.#open.add(connection)
    if (this.#titles.length < mostTimelines) this.#titles.push([title, connection])
    await connection.establish()
    return connection
  }

  checkInterrupted(): void {
    if (this.options.signal.aborted) throw new Interrupted()
  }
}
