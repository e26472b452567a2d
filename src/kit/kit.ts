import { type IncomingMessage, Server, type ServerResponse } from 'node:http'
import type { Http2ServerRequest, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { Server as TlsServer } from 'node:https'
import { inspect } from 'node:util'
import { channels } from '../channels.ts'
import type { Clock } from '../clock.ts'
import type { ClosedConnection } from '../closed.ts'
import { type ConnectionInfo, closedOf, infoOf } from '../connection/info.ts'
import type { ConnectionRecord } from '../connection/record.ts'
import { recordOfRequest } from '../connection/registry.ts'
import type { Announcements } from '../connection/surroundings.ts'
import { Timelines } from '../connection/timelines.ts'
import type { Explanation } from '../connection/verdict.ts'
import { diagnose } from '../doctor/diagnose.ts'
import type { Finding } from '../findings.ts'
import { isHttp2, isSecure, serverOf } from '../node/server-kind.ts'
import { type Timeouts, timeoutsBy } from '../node/server-timeouts.ts'
import { type DrainOptions, resolveDrainOptions } from '../policy/drain-options.ts'
import type { Policy } from '../policy/policy.ts'
import { Pool } from '../pool/pool.ts'
import { Ledger } from '../stats/ledger.ts'
import type { Counts, Snapshot, Summary } from '../stats/snapshot.ts'
import type { TimelineEvent } from '../timeline.ts'
import {
  alreadyAttached,
  cannotAnnounce,
  lacksServer,
  losslessOnTls,
  noServer,
  notAServer,
  notAttached,
} from '../wiring/misuse.ts'
import { noteApp } from './apps.ts'
import { AttachedServer, type Shared } from './attached-server.ts'
import { type DrainReport, drain } from './drain.ts'
import { nameOf } from './examine.ts'
import { type GuestRules, guestTimeouts } from './guest-timeouts.ts'
import { reportRequest, reportStream } from './request-report.ts'
import { Warner } from './warn.ts'

/** Where a kit's closed records go, beside the close channel. */
export type ClosedSink = (closed: ClosedConnection) => unknown

/** What a kit takes from its surroundings, passed in so that tests own it. */
export interface KitInputs {
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly onClosed: ClosedSink | undefined
  /**
   * Given where the kit is a guest on servers whose app does not know of it: it keeps the app's timeouts, gives way to a
   * kit of the app's own, its drain closes no server as far as the app can see, and leaves upgraded connections to the app.
   */
  readonly guest?: GuestRules
}

/** So many of the page's connections are remembered for the windows: viewers are few. */
const maxAside = 1_000

/** Which kit a server has. */
const attachedTo = new WeakMap<Server, { readonly kit: Kit; readonly attached: AttachedServer }>()

/**
 * The same for every copy of this package that the process has loaded: that a server has a kit. The value is true, or of a
 * guest the function by which it leaves the server to the app's own kit.
 */
const hasKit = Symbol.for('keepalive-kit.attached')

type Marked = Server & { readonly [hasKit]?: true | (() => void) }

/** One policy, one ledger, one pool, and the servers they are for. */
export class Kit implements Shared, Announcements<ConnectionRecord> {
  readonly policy: Policy
  readonly clock: Clock
  readonly random: () => number
  readonly ledger: Ledger
  readonly observer: Ledger
  readonly announce: Announcements<ConnectionRecord> = this
  readonly pool: Pool<ConnectionRecord>
  readonly timelines: Timelines = new Timelines()
  draining = false
  readonly dispatching: Shared['dispatching'] = { request: undefined }
  readonly #onClosed: ClosedSink | undefined
  readonly #guest: GuestRules | undefined
  readonly #warner: Warner
  /** Held weakly: an app that lets go of its server lets go of all of it. */
  #attached: WeakRef<AttachedServer>[] = []
  #wasAttached = false
  /** Servers left by `detach()`: the middleware, which may still be mounted, does not come back to them. */
  readonly #left = new WeakSet<Server>()
  /** Closed ones are among them until there is a new one. */
  readonly #aside = new Set<ConnectionRecord>()
  #asideAtFirst = 0
  /** When the latest of those were set aside, by the clock. */
  readonly #asideSince: number[] = []
  #drained: Promise<DrainReport> | undefined

  constructor(policy: Policy, { clock, random, onClosed, guest }: KitInputs) {
    this.policy = policy
    this.#guest = guest
    this.clock = clock
    this.random = random
    this.#onClosed = onClosed
    this.#warner = new Warner(policy.silence)
    this.pool = new Pool(policy, clock, (count) => this.#warnOfEviction(count))
    this.ledger = new Ledger({
      clock,
      policy,
      idleTimeout: () => this.pool.idleTimeout(),
      idleTimes: () => this.#idleTimes(),
    })
    this.observer = this.ledger
  }

  /** @throws KeepAliveError for what is no HTTP server, or has another kit. */
  attach(server: Server): AttachedServer {
    if (!isServer(server)) throw notAServer(server)
    if (!this.#guest && this.#cannotAnnounce(server)) throw losslessOnTls()
    return this.#attach(server)
  }

  #attach(server: Server): AttachedServer {
    if (this.#cannotAnnounce(server)) this.#warner.warn('KEEPALIVE_LOSSLESS_ON_TLS', cannotAnnounce)
    const known = attachedTo.get(server)
    if (known?.kit === this) return known.attached
    if (!this.#mayAttach(server)) throw alreadyAttached(server)
    const attached = new AttachedServer(server, this)
    attachedTo.set(server, { kit: this, attached })
    const value = this.#guest ? () => this.detach(server) : true
    Object.defineProperty(server, hasKit, { value, configurable: true })
    this.#left.delete(server)
    this.#attached = this.#attached.filter((reference) => reference.deref())
    this.#attached.push(new WeakRef(attached))
    this.#wasAttached = true
    return attached
  }

  #cannotAnnounce(server: Server): boolean {
    return this.policy.goaway === 'lossless' && isHttp2(server) && isSecure(server)
  }

  /** A guest gives way; to another guest it does not. */
  #mayAttach(server: Marked): boolean {
    const mark = server[hasKit]
    if (typeof mark === 'function' && !this.#guest) mark()
    return !(hasKit in server)
  }

  get isGuest(): boolean {
    return this.#guest !== undefined
  }

  get leavesUpgraded(): boolean {
    return this.isGuest
  }

  timeoutsFor(server: Server): Readonly<Partial<Timeouts>> {
    if (!this.#guest) return timeoutsBy(this.policy, server)
    const { wanted, replaced } = guestTimeouts(server, this.policy, this.#guest)
    for (const what of replaced) this.#warnOfTimeout(server, what)
    return wanted
  }

  #warnOfTimeout(server: Server, what: string): void {
    const message = `The app has ${what}, on ${lowerFirst(nameOf(server))}`
    // Each is another mistake, and a warner tells of a code once.
    new Warner(this.policy.silence).warn('KEEPALIVE_TIMEOUT_REPLACED', message)
  }

  detach(server?: Server): void {
    for (const attached of this.#servers()) {
      if (server && attached.server !== server) continue
      attached.detach()
      attachedTo.delete(attached.server)
      delete (attached.server as { [hasKit]?: true })[hasKit]
      this.#left.add(attached.server)
      this.#attached = this.#attached.filter((reference) => reference.deref() !== attached)
    }
  }

  #servers(): AttachedServer[] {
    return this.#attached.flatMap((reference) => reference.deref() ?? [])
  }

  /**
   * The middleware sees a request: the first one brings its server with it. False for what is no request of Node's, where
   * some framework has passed something of its own.
   */
  requestSeen(req: IncomingMessage, res: ServerResponse): boolean {
    // As a rule it has just come by the server. Express has swapped its prototype: reading its socket costs.
    if (req === this.dispatching.request || recordOfRequest(req)?.pool === this.pool) return true
    if (req.httpVersionMajor === undefined) return false
    const server = serverOf(req)
    if (!isServer(server)) {
      if (req.httpVersionMajor === 1 && lacksServer(req.socket))
        this.#warner.warn('KEEPALIVE_NO_SERVER', noServer)
      return true
    }
    if (this.#left.has(server)) return true
    const hasOne = attachedTo.get(server)?.kit === this || !this.#mayAttach(server)
    if (hasOne && attachedTo.get(server)?.kit !== this)
      this.#warner.warn(
        'KEEPALIVE_SECOND_KIT',
        'This middleware does nothing: its server already has another kit. Call keepAlive() once, and use that kit everywhere',
      )
    if (hasOne) return true
    const attached = this.#attach(server)
    if (req.httpVersionMajor === 1) attached.requestJoined(req, res)
    else attached.streamJoined(req as unknown as Http2ServerRequest)
    // Express puts its app on the request: the only trace of it where the listener is a function around it.
    const { app } = req as { app?: unknown }
    if (typeof app === 'function') noteApp(server, app)
    return true
  }

  *#idleTimes(): Generator<number> {
    for (const connection of this.pool.idle)
      if (connection.state === 'idle' && !connection.uncounted) yield connection.waitedFor()
  }

  /** Finishes every connection; a second call gets the first one's report. */
  async drain(options?: DrainOptions): Promise<DrainReport> {
    const resolved = resolveDrainOptions(options)
    // A server that has closed is in the list, and there is nothing left to do; one that was detached is not.
    if (this.#attached.length === 0) throw notAttached()
    this.#drained ??= drain(this, resolved).catch((error) => {
      this.#drained = undefined
      throw error
    })
    return this.#drained
  }

  closeUnclear(): void {
    for (const attached of this.#servers()) attached.closeUnclear()
  }

  stopAccepting(): void {
    this.draining = true
    const servers = this.#servers()
    // All of them first: to tell the connections of one takes time, in which those of another enter its accept queue.
    for (const attached of servers) attached.stopListening()
    for (const attached of servers) attached.drain()
  }

  async countOpen(): Promise<number> {
    const counts = await Promise.all(this.#servers().map((attached) => attached.countOpen()))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  destroyAll(): void {
    for (const attached of this.#servers()) attached.destroyAll()
  }

  connections(): ConnectionInfo[] {
    return [...this.pool.open]
      .filter(({ uncounted }) => !uncounted)
      .map(infoOf)
      .sort((a, b) => a.id - b.id)
  }

  timeline(id: number): TimelineEvent[] | undefined {
    return this.timelines.of(id)
  }

  snapshot(): Snapshot {
    return this.ledger.snapshot()
  }

  /**
   * Leaves a request's connection out of all figures from this request on: the kit's own page is not what anybody wants
   * to see there.
   */
  setAside(req: IncomingMessage): void {
    const connection = recordOfRequest(req)
    if (connection?.pool !== this.pool || !connection.setAside()) return
    if (connection.requests === 1) {
      this.#asideAtFirst++
      this.#asideSince.push(this.clock.now())
      if (this.#asideSince.length > maxAside) this.#asideSince.shift()
    }
    for (const known of this.#aside) if (known.state === 'closed') this.#aside.delete(known)
    this.#aside.add(connection)
  }

  /** The connections that are set aside and open. */
  aside(): ConnectionRecord[] {
    return [...this.#aside].filter(({ state }) => state !== 'closed')
  }

  /** The summary, without the first request of what is set aside: that was counted before anybody knew what it is for. */
  summary(): Summary {
    const { connections, requests, windows, ...more } = this.ledger.summary()
    const aside = this.#asideAtFirst
    return {
      ...more,
      connections: {
        ...connections,
        opened: connections.opened - aside,
        released: connections.released - aside,
      },
      requests: { ...requests, total: requests.total - aside },
      windows: {
        minute: this.#withoutAside(windows.minute, 60_000),
        quarterHour: this.#withoutAside(windows.quarterHour, 900_000),
      },
    }
  }

  #withoutAside(counts: Counts, window: number): Counts {
    const since = this.clock.now() - window
    const aside = this.#asideSince.filter((at) => at >= since).length
    const { opened, requests } = counts
    return { ...counts, opened: Math.max(0, opened - aside), requests: Math.max(0, requests - aside) }
  }

  /**
   * The doctor's findings. Warnings and errors are reported once.
   *
   * @param snapshot - the traffic that they are about: that of all workers, where there are several.
   */
  diagnose(snapshot: Snapshot = this.snapshot()): Finding[] {
    const servers = this.#servers()
      .filter(({ isClosed }) => !isClosed)
      .map((attached) => attached.examine())
    const findings = diagnose({
      policy: this.policy,
      snapshot,
      servers,
      busiestSessions: this.#busiestSessions(),
      hasHadServer: this.#wasAttached,
    })
    for (const finding of findings) if (finding.severity !== 'info') this.#warner.find(finding)
    return findings
  }

  #busiestSessions(): number[] {
    const requests: number[] = []
    for (const { protocol, requests: count, uncounted } of this.pool.open)
      if (protocol === '2.0' && !uncounted) requests.push(count)
    return requests.sort((a, b) => b - a).slice(0, 10)
  }

  opened(connection: ConnectionRecord): void {
    // After the close it is not known any more.
    if (this.#hearsCloses) void connection.remoteAddress
    if (channels.open.hasSubscribers) channels.open.publish({ connection: infoOf(connection) })
  }

  requested(connection: ConnectionRecord, req: IncomingMessage, res: ServerResponse): void {
    if (channels.request.hasSubscribers) reportRequest(connection, req, res)
  }

  streamed(connection: ConnectionRecord, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    if (channels.request.hasSubscribers) reportStream(connection, stream, headers)
  }

  get #hearsCloses(): boolean {
    return this.#onClosed !== undefined || channels.close.hasSubscribers
  }

  idle(connection: ConnectionRecord): void {
    if (channels.idle.hasSubscribers) channels.idle.publish({ connection: infoOf(connection) })
  }

  closed(connection: ConnectionRecord, ending: Explanation): void {
    if (!this.#hearsCloses) return
    const closed = closedOf(connection, ending)
    channels.close.publish({ connection: closed, policy: this.policy })
    try {
      const outcome = this.#onClosed?.(closed)
      if (outcome instanceof Promise) outcome.catch((error) => this.#logFailed(error))
    } catch (error) {
      this.#logFailed(error)
    }
  }

  warnOfChange(): void {
    const { node, bun, deno } = process.versions
    const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`
    this.#warner.warn(
      'KEEPALIVE_NODE_CHANGED',
      `A socket did not tell of the end of its response, as it does on Node 20 to 26: ${runtime} behaves differently, or something has replaced the socket's setTimeout or destroySoon. Counting and caps go on by public events; idle connections close by the runtime's own timer`,
    )
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

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function isServer(value: unknown): value is Server {
  return value instanceof Server || value instanceof TlsServer || isHttp2(value)
}
