import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { type ByteCounter, byteCounterOf, bytesSent } from '../node/internals.ts'
import { drawCap } from '../policy/jitter.ts'
import type { Member } from '../pool/member.ts'
import type { AppClose, CloseReason, State } from '../reasons.ts'
import { count as counted } from '../words.ts'
import type { Fin } from './end-socket.ts'
import { isHealthCheck } from './health-check.ts'
import { Marks, unmarked } from './marks.ts'
import { type Client, type IdleEnd, noObserver, type Observer, type Peer } from './observer.ts'
import type { Surroundings } from './surroundings.ts'
import type { Timeline } from './timeline.ts'
import { asDecided, type Explanation, explain } from './verdict.ts'

/** How the kit comes to know a connection. */
export interface Arrival {
  /** By the kit's clock. */
  readonly openedAt: number
  /** In the middle of requests, with an unknown past. */
  readonly midway: boolean
  /** The socket carries a TLS handshake. */
  readonly handshaking: boolean
}

/** The server's side of a connection. */
interface Local {
  readonly address: string | undefined
  readonly port: number | undefined
}

let lastId = 0

/**
 * The state and the numbers of one connection, whatever its protocol. Each change is reported to the observer and to the
 * timeline. The record makes no decisions and does not act on the socket.
 */
export abstract class ConnectionRecord implements Peer, Member<ConnectionRecord> {
  readonly id: number
  readonly openedAt: number
  /** The caps of this connection, drawn with jitter; 0 is none. `maxAge` in ms. */
  readonly maxRequests: number
  readonly maxAge: number
  readonly client: Client
  /** The group in which its idle gaps are counted. */
  readonly group: number
  /** Only where closed connections are logged: reading it is a system call, and after the close Node no longer tells. */
  readonly local: Local | undefined
  #around: Surroundings<ConnectionRecord>
  #observer: Omit<Observer, 'opened' | 'groupOf'>
  #timeline: Timeline | undefined = undefined
  #marks: Readonly<Marks> = unmarked

  /** The socket that was accepted, and the one that requests come by: TLS's, once the handshake is done. */
  readonly #accepted: Socket
  #socket: Socket
  #counter: ByteCounter
  #handshaking: boolean
  #tls: string | null = null
  #state: State
  #unclear: boolean
  #decided: CloseReason | undefined = undefined
  #appClose: AppClose = 'socket'
  #requests = 0
  // A whole number: V8 allocates a heap number for any other value.
  #idleBefore = 0
  #waitsSince: number

  // The pool writes these. Whether it keeps the idle timeout is the connection's to say.
  place = -1
  list: Member<ConnectionRecord>['list'] = undefined
  previous: ConnectionRecord | undefined = undefined
  next: ConnectionRecord | undefined = undefined
  abstract readonly timed: boolean

  /** @param from - how the kit came to know it; or its record so far, where another protocol begins on it. */
  constructor(socket: Socket, around: Surroundings<ConnectionRecord>, from: Arrival | ConnectionRecord) {
    this.#around = around
    this.#socket = socket
    this.#counter = byteCounterOf(socket)
    this.openedAt = from.openedAt
    if (from instanceof ConnectionRecord) {
      this.id = from.id
      this.maxRequests = from.maxRequests
      this.maxAge = from.maxAge
      this.client = from.client
      this.group = from.group
      this.#observer = from.#observer
      this.#accepted = from.#accepted
      this.#handshaking = false
      this.#tls = from.#tls
      this.local = from.local
      this.#waitsSince = this.now()
      this.#state = from.#state
      this.#unclear = from.#unclear
      this.#timeline = from.#timeline?.handTo(this)
      from.#handOver()
      return
    }
    const { policy, random, observer, timelines } = around
    this.id = ++lastId
    this.#observer = observer
    this.#accepted = socket
    this.#handshaking = from.handshaking
    this.local = policy.log === false ? undefined : { address: socket.localAddress, port: socket.localPort }
    this.maxRequests = drawCap(policy.maxRequests, policy.jitter, random)
    this.maxAge = drawCap(policy.maxAge, policy.jitter, random)
    this.#waitsSince = from.openedAt
    this.#state = from.midway ? 'active' : 'new'
    this.#unclear = from.midway
    this.client = observer.opened(this.#state, this, from.openedAt)
    this.group = observer.groupOf(this.client, this.id)
    this.#timeline = timelines.follow(this)
  }

  /** Another record goes on in the place of this one. */
  #handOver(): void {
    this.pool.open.delete(this)
    this.pool.idle.remove(this)
    this.#timeline = undefined
    this.#observer = noObserver
    this.#state = 'closed'
  }

  // What is asked and told of every connection, whatever its protocol.

  /** Requests under way. */
  abstract readonly activeRequests: number
  /** The most requests that were under way at once. */
  abstract readonly peakRequests: number
  /** HTTP version of the latest request. */
  abstract readonly protocol: string | undefined

  abstract idleTimeoutDue(): void
  abstract closeIdle(reason: CloseReason): void
  /** An error of the socket, the parser, the session or the TLS handshake. */
  abstract failed(code: string): void
  /** The server does not listen any more, or a drain has begun. */
  abstract serverEnds(): void
  /** The server was closed a while ago. */
  abstract serverEnded(): void
  /** The connection is left to Node: the record ends, and pending closes do nothing. */
  abstract released(): void
  /** Destroys the socket, at the end of a drain. */
  abstract destroy(): void
  /** The client's FIN has come. */
  abstract peerEnded(): void
  /** Our FIN has been sent. */
  abstract finSent(): void
  /** The socket has closed. */
  abstract socketClosed(): void

  get socket(): Socket {
    return this.#socket
  }

  get server(): Server {
    return this.#around.server
  }

  get pool(): Surroundings<ConnectionRecord>['pool'] {
    return this.#around.pool
  }

  get state(): State {
    return this.#state
  }

  get requests(): number {
    return this.#requests
  }

  /** The idle gap before the latest request, in whole ms. */
  get idleBefore(): number {
    return this.#idleBefore
  }

  /** When the current or latest wait for a request began, by the kit's clock: at the accept, or at a response's end. */
  get waitsSince(): number {
    return this.#waitsSince
  }

  /** Why the server began to close the connection. */
  get decided(): CloseReason | undefined {
    return this.#decided
  }

  /** How the app closed the connection, where the close reason is `app`. */
  get appClose(): AppClose {
    return this.#appClose
  }

  get tls(): string | null {
    return this.#tls
  }

  get marks(): Readonly<Marks> {
    return this.#marks
  }

  /**
   * Open since before the kit was attached, with no request seen through since: it may have responses under way or be
   * upgraded, unknown to the record. Only Node closes it.
   */
  get unclear(): boolean {
    return this.#unclear
  }

  /** Whether it is left out of all figures. */
  get uncounted(): boolean {
    return this.#observer === noObserver
  }

  get masksAddress(): boolean {
    return this.#around.policy.maskAddresses
  }

  /** All peers on a Unix socket are one client. A TCP peer that has already gone has no address either. */
  get address(): string | undefined {
    return this.remoteAddress ?? (typeof this.server.address() === 'string' ? 'unix' : undefined)
  }

  /** Known after the close only if it was read before: Node caches it in the socket. */
  get remoteAddress(): string | undefined {
    return this.#accepted.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.#accepted.remotePort
  }

  age(): number {
    return this.now() - this.openedAt
  }

  /** How long the connection has waited for a request, also for its first one, in ms. Meaningless during a request. */
  waitedFor(): number {
    return this.now() - this.#waitsSince
  }

  /** How long idle so far, in ms; 0 when not idle. */
  idleFor(): number {
    return this.#state === 'idle' ? this.waitedFor() : 0
  }

  /** Bytes received, after TLS. */
  bytesRead(): number {
    return this.#handshaking ? 0 : (this.#socket.bytesRead ?? 0)
  }

  /** Bytes sent, before TLS. */
  bytesWritten(): number {
    return this.#handshaking ? 0 : bytesSent(this.#socket)
  }

  /** Bytes received that may be of requests. */
  protected bytesHeard(): number {
    return this.bytesRead()
  }

  /** The timeline is given up for a newer one. */
  timelineLost(): void {
    this.#timeline = undefined
  }

  /**
   * It is left out of all figures from now on; for them it is as released.
   *
   * @returns false where it was already.
   */
  setAside(): boolean {
    if (this.uncounted || this.#state === 'closed') return false
    this.#observer.released(this.#state)
    this.#observer = noObserver
    return true
  }

  // What the connection tells of itself.

  protected get around(): Surroundings<ConnectionRecord> {
    return this.#around
  }

  protected get handshaking(): boolean {
    return this.#handshaking
  }

  /** Bytes received; cheaper than `bytesRead()`, while the socket is open. */
  protected get bytesSoFar(): number {
    return this.#counter.bytesRead
  }

  protected get isTold(): boolean {
    return this.#timeline !== undefined
  }

  protected now(): number {
    return this.#around.clock.now()
  }

  /** Its marks, to be written. */
  protected mark(): Marks {
    if (this.#marks === unmarked) this.#marks = new Marks()
    return this.#marks
  }

  protected enter(state: State): void {
    this.#observer.moved(this.#state, state)
    this.#state = state
  }

  /** It is another server's from now on. */
  protected moveTo(around: Surroundings<ConnectionRecord>, handshaking: boolean): void {
    this.#around = around
    this.#handshaking = handshaking
  }

  protected noteSecured(socket: Socket, version: string | null): void {
    if (this.#handshaking) this.#observer.handshaken(this.age())
    this.#socket = socket
    this.#counter = byteCounterOf(socket)
    this.#handshaking = false
    this.#tls = version
    this.#tell('secured', undefined, version ?? undefined)
  }

  protected noteUnclear(unclear: boolean): void {
    this.#unclear = unclear
  }

  /**
   * @param stream - the id of an HTTP/2 stream; 0 is none.
   * @returns when the request came, by the kit's clock.
   */
  protected noteRequest(
    method: string | undefined,
    url: string | undefined,
    rawHeaders: readonly string[] | undefined,
    stream = 0,
  ): number {
    const observer = this.#observer
    const now = this.now()
    const gap = this.#state === 'idle' ? now - this.#waitsSince : 0
    this.#idleBefore = Math.round(gap)
    if (this.#state === 'idle') observer.idleEnded('reused', gap, this.group)
    else if (this.#state === 'new') observer.firstRequest(now - this.openedAt)
    if (this.#marks !== unmarked) this.mark().renew()
    this.#requests++
    this.#timeline?.request(now, method, url, stream)
    observer.requested(this.client, this.#requests > 1, now)
    if (this.#requests === 1 && isHealthCheck(rawHeaders)) observer.healthChecked(this.client)
    return now
  }

  protected noteAnswered(): void {
    this.#observer.answered()
  }

  /**
   * @param status - of a response that was sent whole; 0 is none.
   * @param stream - the id of its HTTP/2 stream; 0 is none.
   * @param now - by the kit's clock, where it has been read.
   */
  protected noteResponse(status: number, stream = 0, now?: number): void {
    if (status > 0) this.#timeline?.response(now ?? this.now(), status, stream)
  }

  /** How many requests of the connection are under way together, as one more of them begins. */
  protected noteAtOnce(requests: number): void {
    this.#observer.atOnce(requests)
  }

  /** @param hint - a `Keep-Alive: timeout=` that the server has not written, in s. */
  protected noteHint(hint: number | undefined): void {
    if (hint !== undefined) this.#observer.hinted(hint)
  }

  protected noteErrorAnswer(status: number): void {
    this.#tell('response', undefined, status)
  }

  protected noteIdle(now: number = this.now()): void {
    if (this.#marks.inactive) this.mark().inactive = false
    this.#waitsSince = now
    this.enter('idle')
  }

  protected noteDecided(reason: CloseReason): void {
    this.#decided = reason
    if (reason === 'idle-timeout' && this.#state === 'idle')
      this.#observer.timedOut(this.client, this.#waitsSince)
    this.#noteIdleEnd(reason === 'client-goaway' ? 'clientClosed' : 'cutOff')
    this.enter('closing')
  }

  /** @param about - a few words on a GOAWAY frame. */
  protected noteGoaway(by: 'client' | 'server', about: string): void {
    this.#tell('goaway', by, about)
  }

  /** The app's response is the connection's last. */
  protected noteAppClose(how: AppClose): void {
    this.#appClose = how
  }

  /** @param retryable - it is known to the client that no handler has seen the request. */
  protected noteRefused(retryable = false): void {
    this.mark().refused++
    this.#observer.refused(retryable)
  }

  protected noteDropped(count: number): void {
    if (count === 0) return
    this.mark().dropped += count
    this.#observer.dropped(count)
  }

  protected noteLate(count: number, fin: Fin): void {
    if (count === 0) return
    this.mark().late += count
    this.#tell('late-bytes', 'client', counted(count, 'request'))
    this.#observer.late(count, fin === 'announced')
  }

  protected noteUpgrade(): void {
    this.#tell('upgraded')
    if (this.#state === 'idle') this.#observer.idleEnded('reused', this.waitedFor(), this.group)
    this.enter('upgraded')
  }

  protected notePeerFin(): void {
    this.#tell('fin', 'client')
  }

  protected noteOwnFin(now?: number): void {
    if (!this.#timeline || this.#timeline.finished) return
    this.#timeline.finished = true
    this.#timeline.add(now ?? this.now(), 'fin', 'server', this.#decided)
  }

  protected noteReleased(): void {
    this.#noteIdleEnd('cutOff')
    this.#observer.released(this.#state)
    this.#leave()
  }

  /** @param underWay - a response is unfinished. */
  protected noteClosed(underWay: boolean): Explanation {
    const ending = this.#explain(underWay)
    const { closedBy, reason } = ending
    this.#noteIdleEnd(closedBy === 'client' ? 'clientClosed' : 'cutOff')
    const now = this.now()
    if (isReset(this.#marks.errorCode)) this.#timeline?.add(now, 'reset', 'client')
    else if (this.#decided) this.noteOwnFin(now)
    this.#timeline?.add(now, 'closed', closedBy === 'network' ? undefined : closedBy, reason)
    this.#observer.moved(this.#state, 'closed')
    this.#observer.closed(this, ending, now)
    this.#leave()
    return ending
  }

  #explain(underWay: boolean): Explanation {
    // Most connections have a request and end as the server has decided.
    if (this.#decided && this.#requests > 0) return asDecided(this.#decided)
    const { refusal, refused, aborted, clientEnded, errorCode, inactive, body } = this.#marks
    return explain({
      decided: this.#decided ?? refusal,
      upgraded: this.#state === 'upgraded',
      // Before the kit was attached there may have been requests that were not counted.
      used: this.#requests + refused > 0 || (this.#unclear && this.bytesHeard() > 0),
      bytesRead: this.bytesHeard(),
      underWay: underWay || aborted || body !== undefined,
      // Only the client ends a handshake without an error.
      clientEnded: clientEnded || this.#handshaking,
      errorCode,
      inactive,
      idleAtServerClose: this.#state === 'idle' && this.#around.ending !== undefined,
    })
  }

  /** No request will end it. */
  #noteIdleEnd(by: Exclude<IdleEnd, 'reused'>): void {
    if (this.#state !== 'idle') return
    const gap = this.waitedFor()
    this.#observer.idleEnded(by, gap, this.group)
    this.mark().idleAtClose = Math.round(gap)
  }

  #leave(): void {
    if (this.#timeline) this.#around.timelines.close(this.#timeline)
    this.#timeline = undefined
    this.#state = 'closed'
  }

  #tell(event: Parameters<Timeline['add']>[1], by?: 'client' | 'server', about?: string | number): void {
    this.#timeline?.add(this.now(), event, by, about)
  }
}

/** EPIPE is a write after the client's RST. */
const isReset = (code: string | undefined): boolean => code === 'ECONNRESET' || code === 'EPIPE'
