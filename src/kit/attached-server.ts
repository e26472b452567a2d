import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { setTimeout } from 'node:timers'
import type { Clock } from '../clock.ts'
import type { Observer } from '../connection/observer.ts'
import type { ConnectionRecord } from '../connection/record.ts'
import type { Announcements, Ending, Surroundings } from '../connection/surroundings.ts'
import type { Timelines } from '../connection/timelines.ts'
import type { ServerExam } from '../doctor/exam.ts'
import { askBeforeHead } from '../hooks/response-head.ts'
import { SelfCheck } from '../hooks/self-check.ts'
import { ServerHooks } from '../hooks/server-hooks.ts'
import { sessionOf, unfollowSession } from '../hooks/session-hooks.ts'
import { followResponse, giveBack, isFollowed, unfollow } from '../hooks/socket-hooks.ts'
import { closeListening } from '../node/internals.ts'
import { isSecure } from '../node/server-kind.ts'
import { nodeIdleWait, setTimeouts, type Timeouts, type TimeoutsSet } from '../node/server-timeouts.ts'
import type { Policy } from '../policy/policy.ts'
import type { Pool } from '../pool/pool.ts'
import { examine } from './examine.ts'

/** What the servers of one kit have in common. */
export interface Shared {
  readonly policy: Policy
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly pool: Pool<ConnectionRecord>
  readonly observer: Observer
  readonly timelines: Timelines
  readonly announce: Announcements<ConnectionRecord>
  readonly draining: boolean
  readonly dispatching: { request: IncomingMessage | undefined }
  /** The app does not know of the kit, so it must not notice that a drain has closed its servers. */
  readonly isGuest: boolean
  /** What the timeouts of a server are to be. */
  timeoutsFor(server: Server): Readonly<Partial<Timeouts>>
  /** Sockets do not tell what the kit relies on. */
  warnOfChange(): void
}

/** How long a connection may wait for its first request after close(), in ms: the request may be on its way. */
const unusedGrace = 2_000

const hooks = {
  followResponse,
  askBeforeHead,
  isFollowed,
  giveBack,
  unfollow,
  unfollowSession,
}

/**
 * A server with the kit on it. The server holds on to it, by its hooks, and the kit does not: so a server that the app no longer
 * needs is collected, with all this.
 */
export class AttachedServer implements Surroundings<ConnectionRecord> {
  readonly server: Server
  readonly policy: Policy
  readonly clock: Clock
  readonly random: () => number
  readonly pool: Pool<ConnectionRecord>
  readonly observer: Observer
  readonly timelines: Timelines
  readonly announce: Announcements<ConnectionRecord>
  readonly hooks: Surroundings<ConnectionRecord>['hooks'] = hooks
  readonly nodeIdleWait: number
  readonly advertises: boolean
  readonly announcesGoaway: boolean
  readonly emit: Surroundings<ConnectionRecord>['emit']
  readonly dispatching: { request: IncomingMessage | undefined }
  socketsTell = false
  ending: Ending | undefined = undefined
  /** It has closed, and does not listen again so far. */
  isClosed = false
  /** A drain has closed it that the app does not know of: the app's own `close()` is yet to come. */
  #closedByGuest = false
  readonly #shared: Shared
  readonly #hooks: ServerHooks
  readonly #timeouts: TimeoutsSet
  readonly #selfCheck: SelfCheck

  constructor(server: Server, shared: Shared) {
    const { policy, clock, random, pool, observer, timelines, announce } = shared
    this.server = server
    this.policy = policy
    this.clock = clock
    this.random = random
    this.pool = pool
    this.observer = observer
    this.timelines = timelines
    this.announce = announce
    this.dispatching = shared.dispatching
    this.nodeIdleWait = nodeIdleWait(server, policy)
    this.advertises = policy.maxRequests > 0 || policy.reduceTimeouts !== undefined
    this.announcesGoaway = policy.goaway === 'lossless' && !isSecure(server)
    this.#shared = shared
    this.#selfCheck = new SelfCheck(() => shared.warnOfChange())
    this.#timeouts = setTimeouts(server, shared.timeoutsFor(server))
    this.#hooks = new ServerHooks(server, this)
    this.emit = this.#hooks.emit
    this.#hooks.start(this)
    if (shared.draining) this.drain()
  }

  /** Leaves the server as it was found, and its connections to Node. */
  detach(): void {
    this.#hooks.stop()
    this.#timeouts.restore()
    for (const connection of this.#connections()) connection.released()
  }

  /** What the doctor looks at. */
  examine(): ServerExam {
    return examine(this.server, this.#timeouts.values)
  }

  /** A request that was already on its way through the app when the kit was attached. */
  requestJoined(req: IncomingMessage, res: ServerResponse): void {
    this.#hooks.requestJoined(req, res)
  }

  /** The same of HTTP/2. */
  streamJoined(req: Http2ServerRequest): void {
    this.#hooks.streamJoined(req)
  }

  compare(heard: boolean): void {
    this.#selfCheck.compare(heard)
    this.socketsTell = this.#selfCheck.socketsTell
  }

  /** Stops listening, and makes the responses under way their connections' last. */
  drain(): void {
    this.stopListening()
    this.#end()
  }

  /** From now on the server drains; its connections are not told yet. */
  stopListening(): void {
    this.ending = 'drain'
    if (this.server.listening) {
      closeListening(
        this.server,
        () => this.server.close(),
        (session) => sessionOf(session) !== undefined,
      )
      this.#closedByGuest = this.#shared.isGuest
    }
  }

  closing(): void {
    if (this.ending) return
    this.ending = 'close'
    this.#end()
    setTimeout(() => this.#endUnused(), unusedGrace).unref()
  }

  closeAsked(): boolean {
    const isFirst = this.#closedByGuest
    this.#closedByGuest = false
    return isFirst
  }

  listening(): void {
    this.isClosed = false
    this.#closedByGuest = false
    this.ending = this.#shared.draining ? 'drain' : undefined
  }

  closed(): boolean {
    this.isClosed = true
    return !this.#closedByGuest
  }

  #end(): void {
    for (const connection of this.#connections()) connection.serverEnds()
  }

  #endUnused(): void {
    if (this.ending === 'close') for (const connection of this.#connections()) connection.serverEnded()
  }

  /** Connections that are open, those without a record included. */
  async countOpen(): Promise<number> {
    const counted = await new Promise<number>((done) => {
      this.server.getConnections((error, count) => done(error ? 0 : count))
    })
    // Node does not count those that were handed over.
    return Math.max(counted, this.#connections().length)
  }

  /** Lets Node close the idle ones among those whose past the records do not know. */
  closeUnclear(): void {
    // Those of HTTP/2 have none without HTTP/1.1.
    this.server.closeIdleConnections?.()
  }

  /** Destroys all that is left; of a guest, all but upgraded connections, of which Node's own call knows nothing either. */
  destroyAll(): void {
    for (const connection of this.#connections())
      if (!this.#shared.isGuest || connection.state !== 'upgraded') connection.destroy()
    this.server.closeAllConnections?.()
  }

  #connections(): ConnectionRecord[] {
    return [...this.pool.open].filter(({ server }) => server === this.server)
  }
}
