import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { errorAnswer, refusalStatus } from '../node/error-answer.ts'
import { halfClose } from '../node/half-close.ts'
import {
  advertise,
  type ByteCounter,
  byteCounterOf,
  bytesSent,
  endsWithConnection,
  isDetached,
  isMessageArriving,
  isRead,
  ownerOf,
} from '../node/internals.ts'
import { drawCap } from '../policy/jitter.ts'
import type { Member } from '../pool/member.ts'
import type { CloseReason, State } from '../reasons.ts'
import { count as counted } from '../words.ts'
import { responseEnded } from './facts.ts'
import { HeldRequest, HeldRequests } from './held-requests.ts'
import { LateRequests } from './late-requests.ts'
import { Marks, unmarked } from './marks.ts'
import { type Client, type IdleEnd, nobody, type Observer } from './observer.ts'
import type { Surroundings } from './surroundings.ts'
import type { Timeline } from './timelines.ts'
import { type Explanation, explain, requestTimeout, verdictOn, whyLast, whyRefused } from './verdict.ts'

/** How the kit comes to know a connection. */
export interface Meeting {
  /** What its client is counted by; `undefined` where it has no address. */
  readonly address: string | undefined
  /** By the kit's clock. */
  readonly openedAt: number
  /** In the middle of requests, with an unknown past. */
  readonly midway: boolean
  /** The socket carries a TLS handshake. */
  readonly handshaking: boolean
}

let lastId = 0

/**
 * One connection from accept to close: every event of Node's ends in one method here, and here it is decided what comes
 * of it. States: new → active ⇄ idle → closing → closed; or upgraded.
 */
export class Connection implements Member<Connection> {
  readonly id: number = ++lastId
  readonly openedAt: number
  /** Its own caps, drawn with jitter; 0 is none. `maxAge` in ms. */
  readonly maxRequests: number
  readonly maxAge: number
  readonly client: Client
  /** What its idle gaps are counted in, beside all. */
  readonly group: number
  #around: Surroundings<Connection>
  #observer: Omit<Observer, 'opened' | 'groupOf'>

  /** The socket that was accepted, and the one that requests come by: TLS's, once the handshake is done. */
  readonly #accepted: Socket
  #socket: Socket
  #counter: ByteCounter
  #handshaking: boolean
  #tls: string | null = null
  #protocol: string | undefined = undefined

  #state: State
  #requests = 0
  /** The bytes received when it began to wait: more of them may be a request whose head is arriving. */
  #bytesBefore = 0
  // A whole number: V8 keeps another one in a box of its own, for each connection.
  #idleBefore = 0
  #response: ServerResponse | undefined = undefined
  /** The response's own `writeHead`, where ours stands before it. */
  #writeHead: ServerResponse['writeHead'] | undefined = undefined
  /** Made at the first request that is pipelined. */
  #held: HeldRequests | undefined = undefined
  #marks: Readonly<Marks> = unmarked
  #timeline: Timeline | undefined = undefined
  /**
   * Open since before the kit was attached, with no request seen through since: it may have responses under way or be
   * upgraded, unknown to the record. Nobody but Node closes it.
   */
  #unclear = false

  // What the pool reads, and below it what the pool writes.
  waitsSince: number
  timed = false
  place = -1
  list: Member<Connection>['list'] = undefined
  previous: Connection | undefined = undefined
  next: Connection | undefined = undefined

  constructor(socket: Socket, around: Surroundings<Connection>, meeting: Meeting) {
    const { policy, random, observer, pool, timelines } = around
    const { address, openedAt, midway } = meeting
    this.#around = around
    this.#observer = observer
    this.#accepted = socket
    this.#socket = socket
    this.#counter = byteCounterOf(socket)
    this.#handshaking = meeting.handshaking
    this.maxRequests = drawCap(policy.maxRequests, policy.jitter, random)
    this.maxAge = drawCap(policy.maxAge, policy.jitter, random)
    this.openedAt = openedAt
    this.waitsSince = openedAt
    this.#state = midway ? 'active' : 'new'
    this.#unclear = midway
    this.client = observer.opened(this.#state, address, openedAt)
    this.group = observer.groupOf(this.client, this.id)
    pool.open.add(this)
    this.#timeline = timelines.follow(this)
    if (!midway) pool.wait(this)
    around.announce.opened(this)
    pool.review()
  }

  get socket(): Socket {
    return this.#socket
  }

  get pool(): Surroundings<Connection>['pool'] {
    return this.#around.pool
  }

  get server(): Server {
    return this.#around.server
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

  /** The response under way; `undefined` while none is. */
  get response(): ServerResponse | undefined {
    return this.#response
  }

  get writeHead(): ServerResponse['writeHead'] | undefined {
    return this.#writeHead
  }

  get tls(): string | null {
    return this.#tls
  }

  get protocol(): string | undefined {
    return this.#protocol
  }

  get marks(): Readonly<Marks> {
    return this.#marks
  }

  /** Whether its past is unknown. */
  get unclear(): boolean {
    return this.#unclear
  }

  /** Whether it is left out of all figures. */
  get uncounted(): boolean {
    return this.#observer === nobody
  }

  get masksAddress(): boolean {
    return this.#around.policy.maskAddresses
  }

  /** Known after the close too, as it was asked for before: Node keeps it with the socket. */
  get remoteAddress(): string | undefined {
    return this.#accepted.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.#accepted.remotePort
  }

  age(): number {
    return this.#now() - this.openedAt
  }

  /** How long it has waited for a request, in ms: its first one too. Means nothing while one is under way. */
  waitedFor(): number {
    return this.#now() - this.waitsSince
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

  // Requests and responses.

  /**
   * A request arrived: it goes to the app, waits its turn, or is dropped.
   *
   * @param more - what else the event carried.
   * @returns what the server's `emit` returns.
   */
  requestArrived(
    event: string,
    req: IncomingMessage,
    res: ServerResponse,
    more: readonly unknown[] = nothing,
  ): boolean {
    if (this.#state === 'closing') {
      this.#drop(1)
      return true
    }
    const response = this.#response
    // Left to Node by detach(); or emitted again by the app: for another server, after 'checkContinue', or with a
    // response of its own.
    const isOurs = this.#state !== 'closed' && response !== res && response?.req !== req
    if (isOurs && response && !this.#settle()) {
      this.#hold(new HeldRequest(event, req, res, more))
      return true
    }
    if (isOurs) {
      this.#unclear = false
      this.#begin(req, res)
      if (this.#around.advertises) this.#advertise(res)
      this.#watchHead(res)
    }
    return more.length === 0
      ? this.#around.emit(event, req, res)
      : this.#around.emit(event, req, res, ...more)
  }

  /** A request whose dispatch began before the kit was attached: its response has Node's old header to lose. */
  requestJoined(req: IncomingMessage, res: ServerResponse): void {
    // Others, pipelined behind it, may be on their way too.
    this.#unclear = true
    this.#around.pool.idle.remove(this)
    this.#begin(req, res)
    this.#advertise(res)
    this.#watchHead(res)
    this.#around.hooks.followResponse(res)
  }

  /** Our `writeHead` stands before the response's own. */
  headWatched(writeHead: ServerResponse['writeHead']): void {
    this.#writeHead = writeHead
  }

  /** The head of the response under way is about to be sent: whether it shall say that its connection closes. */
  headAboutToBeSent(): boolean {
    const { maxRequests, maxAge } = this
    const age = maxAge > 0 ? this.age() : 0
    const isEnding = this.#around.ending !== undefined
    const verdict = verdictOn({ requests: this.#requests, maxRequests, age, maxAge, draining: isEnding })
    if (verdict) this.#mark().verdict = verdict
    return verdict !== undefined
  }

  /**
   * A timeout is set for the socket. Node sets the idle timeout in the same breath in which it is done with a response;
   * what is set in its place ends it.
   *
   * @returns whether the pool keeps it, and Node need not.
   */
  timeoutSet(timeout: number): boolean {
    const response = this.#response
    const isIdleTimeout = timeout === this.#around.nodeIdleWait
    // By the socket, if it can be: Express gives each response a shape of its own, of which V8 knows nothing.
    if (response && ((isIdleTimeout && ownerOf(this.#socket) === null) || isDetached(response))) {
      this.#responseFinished(response, isIdleTimeout)
      return this.timed
    }
    if (!this.timed) return false
    this.timed = false
    return timeout === 0
  }

  /** The response's own 'close': it has ended, or was given up. */
  responseClosed(res: ServerResponse): void {
    if (this.#response !== res) this.#around.compare(true)
    else if (this.#state === 'closed') return
    else if (res.writableFinished) this.#responseUnheard(res)
    else this.#responseAborted(res)
  }

  #responseAborted(res: ServerResponse): void {
    this.#forgetResponse(res)
    this.#mark().aborted = true
  }

  #responseUnheard(res: ServerResponse): void {
    if (this.#shouldHaveHeard()) this.#around.compare(false)
    // Its head has said so, or the socket has been ended unseen.
    const isLast = this.#marks.verdict !== undefined || this.#socket.writableEnded
    if (isLast && this.#state === 'active') this.lastSent()
    if (this.#response === res) this.#responseFinished(res, false)
  }

  /** A response has ended, of which the socket should have told. */
  #shouldHaveHeard(): boolean {
    const { server } = this.#around
    const waits = this.#state === 'active' && !this.#held?.size && !this.#socket.destroyed
    return waits && server.keepAliveTimeout > 0 && typeof this.#socket.setTimeout === 'function'
  }

  /** @param pooled - the pool may keep the idle timeout that begins. */
  #responseFinished(res: ServerResponse, pooled: boolean): void {
    // Node 20 and 22 say 'finish' also of a response that a reset has cut off.
    if (this.#socket.errored) {
      this.#responseAborted(res)
      return
    }
    const status = this.#timeline ? res.statusCode : 0
    this.#forgetResponse(res)
    this.#observer.answered()
    if (this.#state !== 'active') return
    if (status > 0) this.#timeline?.response(this.#now(), status)
    if (res.req.complete) this.#becomeIdle(pooled)
    else this.#awaitBody(res.req)
  }

  #forgetResponse(res: ServerResponse): void {
    responseEnded(this, res)
    this.#response = undefined
    this.#writeHead = undefined
  }

  /** The app has answered early: until the body has arrived the request is under way. Node keeps the timeout. */
  #awaitBody(body: IncomingMessage): void {
    this.#mark().body = body
    body.once('end', () => {
      if (this.#marks.body !== body || this.#state !== 'active' || this.#response) return
      this.#mark().body = undefined
      this.#becomeIdle(false)
    })
  }

  #becomeIdle(pooled: boolean): void {
    if (this.#marks.inactive) this.#mark().inactive = false
    // Of what is unclear nobody but Node knows whether it is idle.
    this.timed = pooled && !this.#unclear
    this.waitsSince = this.#now()
    this.#bytesBefore = this.#counter.bytesRead
    this.#enter('idle')
    this.#around.announce.idle(this)
    const next = this.#held?.next()
    // Not within the 'close' of the response before: what the next handler throws would eat its other listeners.
    if (next) process.nextTick(() => this.#dispatch(next))
    else if (this.#around.ending === 'close') this.closeIdle('drain')
    else this.#around.pool.review()
  }

  #dispatch(request: HeldRequest): void {
    const { event, req, res, more } = request
    request.runInAsyncScope(() => this.requestArrived(event, req, res, more))
  }

  /** A socket's timeout was set in a way that does not tell whose it is. */
  responseMayHaveEnded(): void {
    const response = this.#response
    if (response && isDetached(response)) this.#responseFinished(response, false)
  }

  /** @returns false while the response under way has to be waited for. */
  #settle(): boolean {
    const response = this.#response
    if (!response) return true
    // Nothing has told so: keepAliveTimeout became 0 meanwhile, or a socket does not tell.
    if (!isDetached(response)) return false
    this.responseClosed(response)
    return true
  }

  #hold(request: HeldRequest): void {
    this.#around.hooks.followResponse(this.#response!)
    this.#held ??= new HeldRequests(this.#socket, () => this.#end('bad-request', {}))
    this.#held.hold(request)
  }

  #begin(req: IncomingMessage, res: ServerResponse): void {
    const observer = this.#observer
    const now = this.#now()
    // The body that was still arriving is whole, or this request could not have come.
    if (this.#marks.body) this.#becomeIdle(false)
    const gap = this.#state === 'idle' ? now - this.waitsSince : 0
    this.#idleBefore = Math.round(gap)
    if (this.#state === 'idle') observer.idleEnded('reused', gap, this.group)
    else if (this.#state === 'new') observer.firstRequest(now - this.openedAt)
    this.timed = false
    if (this.#marks !== unmarked) this.#mark().renew()
    this.#response = res
    this.#writeHead = undefined
    this.#protocol = req.httpVersion
    this.#requests++
    this.#timeline?.request(now, req.method, req.url)
    observer.requested(this.client, this.#requests > 1, now)
    this.#enter('active')
    this.#followToItsEnd(res)
    this.#around.announce.requested(this, req, res)
  }

  /** By the socket, where Node will have an idle timer to arm; else by the response's own 'close'. */
  #followToItsEnd(res: ServerResponse): void {
    const { hooks, server, socketsTell } = this.#around
    const armsTimer = server.keepAliveTimeout > 0 && !this.#held?.size
    if (!socketsTell || !armsTimer || !hooks.isFollowed(res)) hooks.followResponse(res)
  }

  #advertise(res: ServerResponse): void {
    const { maxRequests } = this
    advertise(
      res,
      this.#around.pool.idleTimeout(),
      maxRequests > 0 ? maxRequests - this.#requests : undefined,
    )
  }

  /** The verdict is due when the head is about to be sent: what its age is then, nobody knows before. */
  #watchHead(res: ServerResponse): void {
    const { maxRequests, maxAge } = this
    const mayClose =
      maxAge > 0 || (maxRequests > 0 && this.#requests >= maxRequests) || this.#around.ending !== undefined
    if (mayClose) this.#around.hooks.askBeforeHead(this, res)
  }

  // The end after a response.

  /** Node has sent the last it has to send and wants the socket ended. */
  lastSent(): void {
    if (this.#state === 'closing') return
    const response = this.#response
    if (!response) {
      // Node has answered 400 in the app's place: a request without Host. No event tells of that request.
      this.#refuse()
      this.#timeline?.add(this.#now(), 'response', undefined, 400)
      this.#end('bad-request', { late: 'announced' })
      return
    }
    const { req } = response
    const reason = whyLast(this.#marks, req)
    if (req.complete) {
      // Whoever asks for the close sends nothing more (RFC 9112 §9.6): there is nothing to linger for.
      const linger = reason === 'client-asked' ? 0 : undefined
      this.#end(reason, { late: 'announced', status: response.statusCode, linger })
    } else {
      this.#endAfterBody(reason, response)
    }
    this.#settle()
  }

  /** The rest of a body is arriving: what the app reads of it, it gets whole, in the time that requests have. */
  #endAfterBody(reason: CloseReason, response: ServerResponse): void {
    const { req, statusCode: status } = response
    if (!isRead(req)) {
      this.#end(reason, { status })
      return
    }
    this.#decide(reason, status)
    this.#mark().body = req
    // No FIN before the body is whole: many clients stop sending at it.
    if (endsWithConnection(response)) this.#socket.end()
    const { requestTimeout: longest } = this.#around.server
    const timer = longest > 0 ? setTimeout(() => this.#giveUpBody(), longest).unref() : undefined
    this.#socket.once('close', () => clearTimeout(timer))
    req.once('end', () => {
      clearTimeout(timer)
      if (this.#marks.body === req && !this.#socket.destroyed) this.#finish({ late: 'announced' })
    })
  }

  /** The body has not come in time: the app hears of it as of any aborted request. */
  #giveUpBody(error?: Error): void {
    const { body } = this.#marks
    this.#mark().body = undefined
    body?.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
    this.#socket.destroy(error)
  }

  /** Our FIN has been sent. */
  finSent(): void {
    if (this.#marks.finished || this.#state === 'closed') return
    this.#mark().finished = true
    this.#note('fin', 'server', this.#marks.decided)
  }

  #decide(reason: CloseReason, status = 0): void {
    const now = this.#now()
    if (status > 0) this.#timeline?.response(now, status)
    this.#mark().decided = reason
    if (reason === 'idle-timeout' && this.#state === 'idle')
      this.#observer.timedOut(this.client, this.waitsSince)
    this.#endIdle('cutOff', now)
    this.#enter('closing')
  }

  #end(reason: CloseReason, how: How): void {
    this.#dropHeld()
    this.#decide(reason, how.status)
    // Listeners for the idle timer are told, as by Node, but need not close.
    if (reason === 'idle-timeout') this.#around.emit('timeout', this.#socket)
    if (!this.#socket.destroyed) this.#finish(how)
  }

  /** Ends the socket. */
  #finish({ late, linger = this.#around.policy.linger, error }: How): void {
    const socket = this.#socket
    if (linger === 0) {
      Socket.prototype.destroySoon.call(socket)
      return
    }
    const requests = late && new LateRequests()
    const onBytes = requests && ((bytes: Buffer) => this.#arriveLate(requests.read(bytes), late))
    halfClose(socket, { linger, onBytes, error })
  }

  #arriveLate(count: number, fin: 'announced' | 'silent'): void {
    if (count === 0) return
    this.#mark().late += count
    this.#note('late-bytes', 'client', counted(count, 'request'))
    this.#observer.late(count, fin === 'announced')
  }

  #drop(count: number): void {
    this.#mark().dropped += count
    this.#observer.dropped(count)
  }

  /** What is pipelined behind a response that was the last is not executed. */
  #dropHeld(): void {
    const held = this.#held?.release().length
    if (held) this.#drop(held)
  }

  // The end of a wait.

  idleTimeoutDue(): void {
    if (!this.timed) return
    if (this.#isHeadArriving()) {
      this.#leaveTimeoutToNode()
      return
    }
    this.timed = false
    // As a timer of Node's: the app's listeners hear it too.
    this.#socket.emit('timeout')
  }

  /**
   * The socket's timeout has fired, and somebody has to take care of it.
   *
   * @returns whether somebody does; else Node destroys the socket.
   */
  timeoutFired(): boolean {
    if (!this.#isIdleTimer()) {
      this.#mark().inactive = true
      return this.#around.emit('timeout', this.#socket)
    }
    this.#closeUnlessBytesCome('idle-timeout')
    return true
  }

  /** Whether a timeout is that of keepAliveTimeout; else it is server.timeout's, or one that the app has set. */
  #isIdleTimer(): boolean {
    const { policy, server } = this.#around
    if (policy.keepAliveTimeout === 0) return false
    // Node arms it also after an answer of its own, a 417, that the record knows nothing of.
    return this.#state === 'idle' || (this.#state === 'new' && !this.#response && server.timeout === 0)
  }

  closeIdle(reason: CloseReason): void {
    this.#around.pool.idle.remove(this)
    if (this.#handshaking) {
      this.#decide(reason)
      this.#socket.destroy()
    } else if (!this.#isHeadArriving()) {
      this.#closeUnlessBytesCome(reason)
    } else if (this.timed) {
      this.#leaveTimeoutToNode()
    }
  }

  #closeUnlessBytesCome(reason: CloseReason): void {
    const { pool } = this.#around
    const state = this.#state
    pool.idle.remove(this)
    this.timed = false
    const look = reason === 'idle-timeout' ? pool.leisurelyLook : pool.promptLook
    look.look(this.#socket, (quiet) => {
      // Meanwhile it may have been used, closed, or left to Node by detach().
      if (this.#socket.destroyed || this.#state !== state) return
      if (quiet || !this.#isHeadArriving()) this.#end(reason, { late: 'silent' })
      // A part of a head came: until the rest comes, nothing else would end the wait. A new connection has
      // headersTimeout for that.
      else if (state === 'idle') this.#leaveTimeoutToNode()
    })
  }

  /** Node's timers begin anew with every byte that comes, as it should be where a head is arriving. */
  #leaveTimeoutToNode(): void {
    const { nodeIdleWait } = this.#around
    this.timed = false
    if (nodeIdleWait > 0) this.#socket.setTimeout(nodeIdleWait)
  }

  /** True once a part of a request's head has come. A line end between requests is none (RFC 9112 §2.2). */
  #isHeadArriving(): boolean {
    const bytes = this.bytesRead()
    if (bytes <= this.#bytesBefore) return false
    if (this.#state === 'new') return bytes > mostLineEnds
    if (isMessageArriving(this.#around.server, this.#socket)) return true
    this.#bytesBefore = bytes
    return false
  }

  // Other events.

  /** TLS is set up: from now on requests come by its socket. */
  secured(socket: Socket, version: string | null): void {
    if (this.#handshaking) this.#observer.handshaken(this.age())
    this.#socket = socket
    this.#counter = byteCounterOf(socket)
    this.#handshaking = false
    this.#tls = version
    this.#note('secured', undefined, version ?? undefined)
  }

  /**
   * The socket has been handed to another server.
   *
   * @returns whether that one is of the same kit: then the connection goes on there; else it is released.
   */
  handedOver(around: Surroundings<Connection>, handshaking: boolean): boolean {
    if (around.pool !== this.#around.pool) {
      this.released()
      return false
    }
    this.#around = around
    this.#handshaking = handshaking
    return true
  }

  /** The client's FIN has come. */
  peerEnded(): void {
    if (this.#handshaking) return
    if (!this.#socket.writableEnded) this.#mark().clientEnded = true
    this.#note('fin', 'client')
  }

  /** An error of the socket's, the parser's or the TLS handshake. */
  failed(code: string): void {
    this.#mark().errorCode ??= code
  }

  /**
   * Node cannot take what has come for a request, or it has not come in time.
   *
   * @returns what the server's `emit` returns: whether somebody takes care of it; else Node answers and destroys.
   */
  clientError(error: NodeJS.ErrnoException): boolean {
    const { code = '' } = error
    const isTimeout = code === requestTimeout
    if (this.#state === 'closing' && (isTimeout || code.startsWith('HPE_'))) {
      // The last answer has been sent: a second one would belong to no request.
      if (this.#marks.body) this.#giveUpBody(error)
      return true
    }
    if (isTimeout && this.#state === 'new' && this.bytesRead() === 0) {
      // Node would send a 408 that nobody asked for, which a client with a pool takes for its next answer.
      this.closeIdle('header-timeout')
      return true
    }
    const reason = whyRefused(code, this.#response !== undefined || this.#marks.body !== undefined)
    if (!reason) {
      this.failed(code)
      return this.#around.emit('clientError', error, this.#socket)
    }
    const status = refusalStatus(code)
    if (this.#marks.lastAnswer) {
      this.#end(reason, { error })
      return true
    }
    if (!this.#response && !this.#marks.body) this.#refuse()
    else if (!this.#response?.headersSent) this.#mark().errorStatus = status
    if (this.#answersErrors()) {
      this.#socket.write(errorAnswer(status))
      this.#timeline?.add(this.#now(), 'response', undefined, status)
      this.#end(reason, { error })
      return true
    }
    this.#mark().refusal = reason
    return this.#around.emit('clientError', error, this.#socket)
  }

  /** Where Node would answer and close at once. With a response under way, or a listener, it is left to them. */
  #answersErrors(): boolean {
    const { server, policy } = this.#around
    const isFree = this.#socket.writable && !ownerOf(this.#socket) && !this.#response && !this.#marks.body
    return isFree && policy.linger > 0 && server.listenerCount('clientError') === 0
  }

  /** Node answers 503 in the app's place, by its own cap: the answer says close, though Node does not end the socket. */
  requestDropped(): void {
    this.#refuse()
    this.#mark().lastAnswer = true
    this.#timeline?.add(this.#now(), 'response', undefined, 503)
    if (this.#response) this.#around.hooks.followResponse(this.#response)
  }

  #refuse(): void {
    this.#mark().refused++
    this.#observer.refused()
  }

  /** Another protocol takes over. What is held goes to the app at once, as Node would have it. */
  upgraded(): void {
    this.#around.hooks.giveBack(this.#socket)
    if (this.#response) this.#around.hooks.followResponse(this.#response)
    for (const held of this.#held?.release() ?? []) {
      const { event, req, res, more } = held
      held.runInAsyncScope(() => {
        // Each waits for nothing: an idle gap of 0, as between others that are pipelined.
        this.#enterIdle()
        this.#begin(req, res)
        this.#around.emit(event, req, res, ...more)
      })
    }
    this.#note('upgraded')
    if (this.#state === 'idle') this.#observer.idleEnded('reused', this.waitedFor(), this.group)
    this.#enter('upgraded')
  }

  #enterIdle(): void {
    this.waitsSince = this.#now()
    this.#enter('idle')
  }

  /** Every response is the last from now on: the one under way too, if its head can still say so. */
  serverEnds(): void {
    this.#settle()
    const response = this.#response
    if (response && !response.headersSent) this.#around.hooks.askBeforeHead(this, response)
    // Node closes what is idle, but before 26.4 not what has never been used, which would hold up close().
    if (this.#around.ending === 'close' && this.#state === 'new' && !response) this.closeIdle('drain')
  }

  /**
   * It is left out of all figures from now on; for them it is as released.
   *
   * @returns false where it was already.
   */
  setAside(): boolean {
    if (this.uncounted || this.#state === 'closed') return false
    this.#observer.released(this.#state)
    this.#observer = nobody
    return true
  }

  /** It is left to Node: for the record it is over, and whatever still waits to close it lets it be. */
  released(): void {
    const { hooks, server } = this.#around
    const wasIdle = this.#state === 'idle'
    hooks.unfollow(this.#socket)
    this.#endIdle('cutOff', this.#now())
    this.#observer.released(this.#state)
    this.#leave()
    // Not at once: what a handler throws is its own affair.
    for (const held of this.#held?.release() ?? []) process.nextTick(() => this.#dispatch(held))
    // Its idle timer may have fired already, for a last look that closes nothing any more.
    if (wasIdle && server.keepAliveTimeout > 0) this.#socket.setTimeout?.(server.keepAliveTimeout)
  }

  /** Closes it at once, at the end of a drain. */
  destroy(): void {
    if (this.#state !== 'upgraded' && this.#state !== 'closing') this.#decide('drain')
    this.#socket.destroy()
  }

  /** The socket has closed: the last thing that happens. */
  socketClosed(): void {
    if (this.#state === 'closed') return
    const now = this.#now()
    this.#dropHeld()
    const ending = this.#explain()
    const { closedBy, reason } = ending
    const { errorCode, finished, decided } = this.#marks
    this.#endIdle(closedBy === 'client' ? 'clientClosed' : 'cutOff', now)
    if (isReset(errorCode)) this.#timeline?.add(now, 'reset', 'client')
    else if (decided && !finished) this.#timeline?.add(now, 'fin', 'server', decided)
    this.#timeline?.add(now, 'closed', closedBy === 'network' ? undefined : closedBy, reason)
    this.#observer.moved(this.#state, 'closed')
    this.#observer.closed(this, ending, now)
    this.#leave()
    if (!this.uncounted) this.#around.announce.closed(this, ending)
  }

  #explain(): Explanation {
    const { decided, refusal, refused, aborted, clientEnded, errorCode, inactive, body } = this.#marks
    return explain({
      decided: decided ?? refusal,
      upgraded: this.#state === 'upgraded',
      // Before the kit was attached there may have been requests that nobody counted.
      used: this.#requests + refused > 0 || (this.#unclear && this.bytesRead() > 0),
      bytesRead: this.bytesRead(),
      underWay: this.#response !== undefined || aborted || body !== undefined,
      // Nobody but the client ends a handshake without an error.
      clientEnded: clientEnded || this.#handshaking,
      errorCode,
      inactive,
    })
  }

  /** Nothing is kept of it but what its record says. */
  #leave(): void {
    const { pool, timelines } = this.#around
    pool.open.delete(this)
    pool.idle.remove(this)
    if (this.#timeline) timelines.close(this.#timeline)
    this.#timeline = undefined
    this.#state = 'closed'
  }

  /** The timeline is given up for a newer one. */
  timelineLost(): void {
    this.#timeline = undefined
  }

  /** Its marks, to be written. */
  #mark(): Marks {
    if (this.#marks === unmarked) this.#marks = new Marks()
    return this.#marks
  }

  #note(event: Parameters<Timeline['add']>[1], by?: 'client' | 'server', about?: string): void {
    this.#timeline?.add(this.#now(), event, by, about)
  }

  /** No request will end it. */
  #endIdle(by: Exclude<IdleEnd, 'reused'>, now: number): void {
    if (this.#state !== 'idle') return
    const gap = now - this.waitsSince
    this.#observer.idleEnded(by, gap, this.group)
    this.#mark().idleAtClose = Math.round(gap)
  }

  #enter(state: State): void {
    const { pool } = this.#around
    this.#observer.moved(this.#state, state)
    this.#state = state
    if (state === 'idle' && !this.#unclear) pool.wait(this)
    else pool.idle.remove(this)
  }

  #now(): number {
    return this.#around.clock.now()
  }
}

/** How a connection is ended. */
interface How {
  /** How our FIN comes for the client; left out, what arrives after it is no request. */
  readonly late?: 'announced' | 'silent'
  /** In ms; the policy's by default. */
  readonly linger?: number | undefined
  /** Of the response that was the last one, sent whole right before; 0 is none. */
  readonly status?: number
  /** What the socket is destroyed with. */
  readonly error?: Error
}

const nothing: readonly unknown[] = []

/** So few bytes before the first request, of which Node tells nothing, are taken for line ends. */
const mostLineEnds = 4

/** EPIPE is a write after the client's RST. */
const isReset = (code: string | undefined): boolean => code === 'ECONNRESET' || code === 'EPIPE'
