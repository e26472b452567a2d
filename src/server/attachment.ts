import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type TLSSocket, Server as TlsServer } from 'node:tls'
import { channels } from '../channels.ts'
import type { Clock } from '../clock.ts'
import { Connection, type Keeper } from '../connection/connection.ts'
import { closedOf, endingOf, infoOf } from '../connection/info.ts'
import { follow, followRaw, giveBack, unfollow } from '../connection/listeners.ts'
import { recordOf } from '../connection/registry.ts'
import type { Tally } from '../connection/tally.ts'
import type { Waiting } from '../connection/waiting.ts'
import type { ServerExam } from '../doctor/exam.ts'
import { drawCap } from '../policy/jitter.ts'
import type { CloseReason } from '../reasons.ts'
import { Closer } from './closer.ts'
import type { Context } from './context.ts'
import { examine } from './examine.ts'
import { Exchanges } from './exchanges.ts'
import { Handshakes } from './handshakes.ts'
import { type Tap, tap } from './tap.ts'
import { setTimeouts, type TimeoutsSet } from './timeouts.ts'

/** One server with the kit on it: its events, told to the records of its connections. */
export class Attachment implements Keeper {
  readonly clock: Clock
  readonly tally: Tally
  readonly maskAddresses: boolean
  readonly waiting: Waiting<Connection>
  readonly #server: Server
  readonly #context: Context
  readonly #tap: Tap
  readonly #timeouts: TimeoutsSet
  readonly #exchanges: Exchanges
  readonly #closer: Closer
  readonly #handshakes = new Handshakes()

  constructor(server: Server, context: Context, alreadyOpen: ReadonlyMap<Socket, number>) {
    this.clock = context.clock
    this.tally = context.ledger
    this.maskAddresses = context.policy.maskAddresses
    this.waiting = context.waiting
    this.#server = server
    this.#context = context
    this.#timeouts = setTimeouts(server, context.policy)
    this.#tap = tap(server, {
      request: (req, res) => this.#request('request', req, res),
      other: (event, args) => this.#watch(event, args),
    })
    this.#closer = new Closer(server, context, this.#tap.pass)
    this.#exchanges = new Exchanges(server, context, this.#tap.pass)
    for (const [socket, openedAt] of alreadyOpen) this.#accept(socket, openedAt)?.markUnclear()
  }

  /** Leaves the server as it was found, and its connections to Node. */
  detach(): void {
    this.#tap.remove()
    this.#handshakes.clear()
    this.#timeouts.restore()
    for (const record of this.#context.live) {
      if (record.keeper !== this) continue
      unfollow(record.socket)
      this.#context.live.delete(record)
      this.#context.timelines.close(record)
      const { state } = record
      record.release()
      this.#exchanges.releaseToNode(record)
      // Its idle timer may have fired already, for a last look that closes nothing any more.
      if (state === 'idle' && this.#server.keepAliveTimeout > 0)
        record.socket.setTimeout?.(this.#server.keepAliveTimeout)
    }
  }

  /** What the doctor looks at. */
  examine(): ServerExam {
    return examine(this.#server, this.#timeouts.values)
  }

  /** A request that was already on its way through the app when the kit was attached. */
  join(req: IncomingMessage, res: ServerResponse): void {
    const record = recordOf(req.socket) ?? this.#adopt(req.socket)
    if (record) this.#exchanges.join(record, req, res)
  }

  /** Stops listening, and makes the responses under way their connections' last. */
  stopAccepting(): void {
    if (this.#server.listening) this.#closeListening()
    for (const record of this.#context.live) if (record.keeper === this) this.#exchanges.markLast(record)
  }

  #closeListening(): void {
    // http's close() begins by destroying the idle connections: that part is ours to do, and better.
    Object.defineProperty(this.#server, 'closeIdleConnections', { value: () => {}, configurable: true })
    this.#server.close()
    delete (this.#server as { closeIdleConnections?: unknown }).closeIdleConnections
  }

  /** Lets Node close what is idle: it knows that also of connections whose past the records do not know. */
  closeUnclear(): void {
    this.#server.closeIdleConnections()
  }

  /** Connections that are open, those without a record included. */
  countOpen(): Promise<number> {
    return new Promise((done) => {
      this.#server.getConnections((error, count) => done(error ? 0 : count))
    })
  }

  /** Destroys all that is left. */
  destroyAll(): void {
    for (const record of this.#context.live) {
      if (record.keeper !== this) continue
      if (record.state !== 'upgraded' && record.state !== 'closing') record.close('drain')
      record.socket.destroy()
    }
    this.#server.closeAllConnections()
  }

  responseOver(record: Connection, res: ServerResponse): void {
    this.#exchanges.over(record, res)
  }

  keepsTimeout(record: Connection, timeout: number): boolean {
    return this.#exchanges.keepsTimeout(record, timeout)
  }

  waitedLongEnough(record: Connection): void {
    this.#closer.waitedLongEnough(record)
  }

  isLast(record: Connection): boolean {
    return this.#exchanges.isLast(record)
  }

  lastSent(record: Connection): void {
    this.#closer.lastSent(record)
    this.#exchanges.settle(record)
  }

  closeWaiting(record: Connection, reason: CloseReason): void {
    this.#closer.closeWaiting(record, reason)
  }

  closed(record: Connection): void {
    if (record.state === 'closed') return
    this.#handshakes.closed(record)
    record.dropHeld()
    const ending = endingOf(record)
    record.end(ending)
    this.#context.live.delete(record)
    this.#context.timelines.close(record)
    if (this.#context.reportsClosed) this.#context.report(closedOf(record, ending))
  }

  #request(event: string, req: IncomingMessage, res: ServerResponse): boolean {
    const record = recordOf(req.socket) ?? this.#adopt(req.socket)
    return record ? this.#exchanges.request(record, event, req, res) : this.#tap.pass(event, req, res)
  }

  #watch(event: string | symbol, args: unknown[]): boolean {
    switch (event) {
      case 'checkContinue':
      case 'checkExpectation':
        return this.#request(event, args[0] as IncomingMessage, args[1] as ServerResponse)
      case 'connection':
        this.#accept(args[0] as Socket)
        break
      case 'secureConnection':
        this.#secure(args[0] as TLSSocket, false)
        break
      case 'upgrade':
      case 'connect':
        // Not the second argument: that is the socket only where no body comes before it.
        this.#upgrade((args[0] as IncomingMessage).socket)
        break
      case 'dropRequest':
        this.#refuse(recordOf(args[1] as Socket))
        break
      case 'timeout':
        return this.#closer.timeout(args[0] as Socket)
      case 'clientError':
        return this.#closer.clientError(args[0] as NodeJS.ErrnoException, args[1] as Socket)
      case 'tlsClientError':
        this.#handshakes.fail(args[1] as TLSSocket, args[0] as NodeJS.ErrnoException)
        break
    }
    return this.#tap.pass(event, ...args)
  }

  /** Node answers a request beyond its own cap. */
  #refuse(record: Connection | undefined): void {
    if (!record) return
    record.refuse()
    this.#exchanges.waitsBehind(record)
  }

  #accept(socket: Socket, openedAt: number = this.clock.now()): Connection | undefined {
    const isTls = this.#server instanceof TlsServer
    if (isTls && socket.remotePort === undefined) return undefined
    const record = this.#open(socket, openedAt, false)
    if (isTls) {
      this.#handshakes.begin(socket, record)
      followRaw(socket, record)
    } else {
      follow(socket, record)
    }
    return record
  }

  /** @param midway - the handshake has been over for an unknown time. */
  #secure(socket: TLSSocket, midway: boolean): Connection {
    const accepted = this.#handshakes.take(socket)
    if (accepted && !midway) this.tally.handshaken(accepted.age())
    const record = accepted ?? this.#open(socket, this.clock.now(), midway)
    // Whoever serves http and https on one port hands plain sockets over too.
    record.secure(socket, socket.getProtocol?.() ?? null)
    follow(socket, record)
    return record
  }

  /** Takes in a connection that was open before the kit was attached, and is heard of only now. */
  #adopt(socket: Socket): Connection | undefined {
    // An app may emit requests that came by no connection at all.
    if (!(socket instanceof Duplex)) return undefined
    if (this.#server instanceof TlsServer) return this.#secure(socket as TLSSocket, true)
    const record = this.#open(socket, this.clock.now(), true)
    follow(socket, record)
    return record
  }

  #open(socket: Socket, openedAt: number, midway: boolean): Connection {
    const { policy, random, live, timelines } = this.#context
    const maxRequests = drawCap(policy.maxRequests, policy.jitter, random)
    const maxAge = drawCap(policy.maxAge, policy.jitter, random)
    const client = this.#clientOf(socket)
    const record = new Connection(socket, this, { maxRequests, maxAge }, { client, openedAt, midway })
    live.add(record)
    timelines.follow(record)
    if (policy.tcpKeepAlive > 0) socket.setKeepAlive?.(true, policy.tcpKeepAlive)
    if (channels.open.hasSubscribers) channels.open.publish({ connection: infoOf(record) })
    this.#context.waits()
    return record
  }

  /** Peers on a Unix socket are one client. A TCP peer that has gone already has no address either. */
  #clientOf({ remoteAddress }: Socket): string | undefined {
    return remoteAddress ?? (typeof this.#server.address() === 'string' ? 'unix' : undefined)
  }

  #upgrade(socket: Socket): void {
    const record = recordOf(socket)
    if (!record) return
    giveBack(socket)
    this.#exchanges.releaseToUpgrade(record)
    record.upgrade()
  }
}
