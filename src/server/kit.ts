import { type IncomingMessage, Server, type ServerResponse } from 'node:http'
import { Server as TlsServer } from 'node:https'
import { inspect } from 'node:util'
import { channels } from '../channels.ts'
import type { Clock } from '../clock.ts'
import type { ClosedConnection } from '../closed.ts'
import type { Connection } from '../connection/connection.ts'
import { type ConnectionInfo, infoOf } from '../connection/info.ts'
import { LastLook } from '../connection/last-look.ts'
import { Live } from '../connection/live.ts'
import { recordOf } from '../connection/registry.ts'
import { Timelines } from '../connection/timelines.ts'
import { Waiting } from '../connection/waiting.ts'
import { diagnose } from '../doctor/diagnose.ts'
import type { Finding } from '../findings.ts'
import { alreadyAttached, lacksServer, noServer, notAServer } from '../misuse.ts'
import { type DrainOptions, type ResolvedDrainOptions, resolveDrainOptions } from '../policy/drain-options.ts'
import type { Policy } from '../policy/policy.ts'
import { Ledger } from '../stats/ledger.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import type { TimelineEvent } from '../timeline.ts'
import { AlreadyOpen } from './already-open.ts'
import { noteApp } from './apps.ts'
import { Attachment } from './attachment.ts'
import type { Context } from './context.ts'
import { type Drainable, type DrainReport, drain } from './drain.ts'
import { Evictor } from './evictor.ts'
import { IdleTimer } from './idle-timer.ts'
import { OwnPage } from './own-page.ts'
import { Reducer } from './reducer.ts'
import { Warner } from './warn.ts'

/** Where a kit's closed records go, beside the close channel. */
export type ClosedSink = (closed: ClosedConnection) => unknown

/** What a kit takes from its surroundings, passed in so that tests own it. */
export interface Surroundings {
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly onClosed: ClosedSink | undefined
}

/** Between two idle closes of connections that are due together, in ms. */
const leisurelyPace = 20
const promptPace = 5

const kitOf = new WeakMap<Server, Kit>()

/** One policy, one ledger, and the servers they are for. */
export class Kit implements Context, Drainable {
  readonly policy: Policy
  readonly clock: Clock
  readonly minIdle: number
  readonly random: () => number
  readonly ledger: Ledger
  readonly leisurelyLook: LastLook
  readonly promptLook: LastLook
  readonly live: Live<Connection> = new Live()
  readonly waiting: Waiting<Connection> = new Waiting()
  readonly idleTimer: IdleTimer
  readonly idleWait: number
  readonly timelines: Timelines = new Timelines()
  readonly ownPage: OwnPage = new OwnPage(this)
  draining = false
  latest: IncomingMessage | undefined = undefined
  readonly #onClosed: ClosedSink | undefined
  readonly #attachments = new Map<Server, Attachment>()
  #hasHadServer = false
  /** Servers left by `detach()`: the middleware, which may still be mounted, does not come back to them. */
  readonly #left = new WeakSet<Server>()
  readonly #alreadyOpen: AlreadyOpen
  readonly #warner: Warner
  readonly #evictor: Evictor | undefined
  readonly #reducer: Reducer | undefined
  #drained: Promise<DrainReport> | undefined

  constructor(policy: Policy, { clock, random, onClosed }: Surroundings) {
    this.policy = policy
    this.clock = clock
    this.random = random
    this.ledger = new Ledger(this)
    this.leisurelyLook = new LastLook(clock, leisurelyPace)
    this.promptLook = new LastLook(clock, promptPace)
    this.#onClosed = onClosed
    this.#warner = new Warner(policy.silence)
    this.minIdle = policy.minIdle
    this.idleWait = policy.keepAliveTimeout > 0 ? policy.keepAliveTimeout + policy.keepAliveTimeoutBuffer : 0
    this.idleTimer = new IdleTimer(this.waiting, clock, this.idleWait)
    this.#alreadyOpen = new AlreadyOpen()
    if (policy.reduceTimeouts)
      this.#reducer = new Reducer(policy, policy.reduceTimeouts, this.waiting, () => this.live.size)
    if (policy.maxIdle > 0)
      this.#evictor = new Evictor(this.waiting, policy, (count) => this.#warnOfEviction(count))
  }

  /** @throws KeepAliveError for what is no HTTP/1.1 server, or has another kit. */
  attach(server: Server): void {
    if (!isServer(server)) throw notAServer(server)
    const owner = kitOf.get(server)
    if (owner === this) return
    if (owner) throw alreadyAttached(server)
    kitOf.set(server, this)
    this.#left.delete(server)
    const attachment = new Attachment(server, this, this.#alreadyOpen.take(server))
    this.#attachments.set(server, attachment)
    this.#hasHadServer = true
    if (this.draining) attachment.stopAccepting()
  }

  detach(server?: Server): void {
    for (const [attached, attachment] of this.#attachments) {
      if (server && attached !== server) continue
      attachment.detach()
      this.#attachments.delete(attached)
      kitOf.delete(attached)
      this.#left.add(attached)
    }
    this.latest = undefined
  }

  /**
   * Lets a request be seen by the middleware: the first one brings its server with it. False for what is no request of
   * Node's, where some framework has passed something of its own.
   */
  see(req: IncomingMessage, res: ServerResponse): boolean {
    // As a rule it has just come by the server. Not asked for its socket: Express has given it a shape of its own.
    if (req === this.latest) return true
    if (recordOf(req.socket)?.keeper.tally === this.ledger) return true
    if (req.httpVersionMajor !== 1) return req.httpVersionMajor !== undefined
    const { server } = (req.socket ?? {}) as { server?: Server }
    if (!isServer(server)) {
      if (lacksServer(req.socket)) this.#warner.warn('KEEPALIVE_NO_SERVER', noServer)
      return true
    }
    if (this.#left.has(server)) return true
    const owner = kitOf.get(server)
    if (owner && owner !== this) {
      this.#warner.warn(
        'KEEPALIVE_SECOND_KIT',
        'This middleware does nothing: its server has another kit already',
      )
      return true
    }
    this.attach(server)
    this.#attachments.get(server)?.join(req, res)
    // Express puts its app on the request: the only trace of it where the listener is a function around it.
    const { app } = req as { app?: unknown }
    if (typeof app === 'function') noteApp(server, app)
    return true
  }

  idleTimeout(): number {
    return this.#reducer?.timeout() ?? this.policy.keepAliveTimeout
  }

  *idleTimes(): Generator<number> {
    for (const record of this.waiting) if (record.state === 'idle') yield record.waitedFor()
  }

  waits(): void {
    this.#evictor?.check()
    this.#reducer?.check()
  }

  /** Finishes every connection; a second call gets the first one's report. */
  drain(options?: DrainOptions): Promise<DrainReport> {
    this.#drained ??= this.#drain(resolveDrainOptions(options))
    return this.#drained
  }

  async #drain(options: ResolvedDrainOptions): Promise<DrainReport> {
    let isFinal = false
    try {
      const report = await drain(this, options)
      // Before there is a server nothing was drained: a later call has to.
      isFinal = this.#attachments.size > 0
      return report
    } finally {
      if (!isFinal) this.#drained = undefined
    }
  }

  closeUnclear(): void {
    for (const attachment of this.#attachments.values()) attachment.closeUnclear()
  }

  stopAccepting(): void {
    this.draining = true
    for (const attachment of this.#attachments.values()) attachment.stopAccepting()
  }

  async countOpen(): Promise<number> {
    const counts = await Promise.all(Array.from(this.#attachments.values(), (each) => each.countOpen()))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  destroyAll(): void {
    for (const attachment of this.#attachments.values()) attachment.destroyAll()
  }

  connections(): ConnectionInfo[] {
    return Array.from(this.live, infoOf).sort((a, b) => a.id - b.id)
  }

  timeline(id: number): TimelineEvent[] | undefined {
    return this.timelines.of(id)
  }

  snapshot(): Snapshot {
    return this.ledger.snapshot()
  }

  /** The doctor's findings, each told of once if it is more than worth knowing. */
  diagnose(): Finding[] {
    const servers = Array.from(this.#attachments.values(), (attachment) => attachment.examine())
    const findings = diagnose({
      policy: this.policy,
      snapshot: this.snapshot(),
      servers,
      hasHadServer: this.#hasHadServer,
    })
    for (const finding of findings) if (finding.severity !== 'info') this.#warner.find(finding)
    return findings
  }

  /** True where a closed record would be read by somebody. */
  get reportsClosed(): boolean {
    return this.#onClosed !== undefined || channels.close.hasSubscribers
  }

  report(closed: ClosedConnection): void {
    channels.close.publish({ connection: closed, policy: this.policy })
    try {
      const outcome = this.#onClosed?.(closed)
      if (outcome instanceof Promise) outcome.catch((error) => this.#logFailed(error))
    } catch (error) {
      this.#logFailed(error)
    }
  }

  #warnOfEviction(count: number): void {
    const message = `More than maxIdle (${this.policy.maxIdle}) connections wait: closed the ${count} that waited longest`
    this.#warner.warn('KEEPALIVE_EVICTED', message)
  }

  #logFailed(error: unknown): void {
    this.#warner.warn('KEEPALIVE_LOG_FAILED', `The log function failed: ${reasonOf(error)}`, error)
  }
}

/** What was thrown, in words, whatever it is. */
function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : inspect(thrown, { customInspect: false, depth: 0 })
}

function isServer(value: unknown): value is Server {
  return value instanceof Server || value instanceof TlsServer
}
