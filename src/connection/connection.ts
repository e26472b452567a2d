import { IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { abortBody, awaitBody, isArriving, isRead } from '../node/body.ts'
import { errorAnswer, refusalStatus } from '../node/error-answer.ts'
import {
  advertise,
  atItsTurn,
  endsWithConnection,
  foreignHint,
  isDetached,
  isMessageArriving,
  ownerOf,
} from '../node/internals.ts'
import type { CloseReason, State } from '../reasons.ts'
import { endSocket, type Fin } from './end-socket.ts'
import { responseEnded } from './facts.ts'
import { HeldRequest, HeldRequests } from './held-requests.ts'
import { type Arrival, ConnectionRecord } from './record.ts'
import type { Surroundings } from './surroundings.ts'
import { requestTimeout, verdictOn, whyLast, whyRefused } from './verdict.ts'

/**
 * One connection from accept to close. Each event of Node becomes a call of one method here, and all decisions about the
 * connection are made here. States: new → active ⇄ idle → closing → closed; or upgraded.
 */
export class Connection extends ConnectionRecord {
  /** The bytes received when the wait began: more bytes may be a request whose head is arriving. */
  #bytesBefore = 0
  /** Of the response under way, as Node has made it: its `req` may become the app's. */
  #request: IncomingMessage | undefined = undefined
  #response: ServerResponse | undefined = undefined
  /** Made at the first request that is pipelined. */
  #held: HeldRequests | undefined = undefined

  /** The minor version of the latest request; −1 before the first. A number, as its text is made anew each time. */
  #minorVersion = -1

  // The pool reads it.
  timed = false

  constructor(socket: Socket, around: Surroundings<ConnectionRecord>, arrival: Arrival) {
    super(socket, around, arrival)
    around.pool.open.add(this)
    if (!arrival.midway) around.pool.wait(this)
    around.announce.opened(this)
    around.pool.review()
  }

  /** The response under way, or `undefined`. */
  get response(): ServerResponse | undefined {
    return this.#response
  }

  get activeRequests(): number {
    return this.#response === undefined ? 0 : 1
  }

  get peakRequests(): number {
    return Math.min(this.requests, 1)
  }

  get protocol(): string | undefined {
    return this.#minorVersion < 0 ? undefined : `1.${this.#minorVersion}`
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
    if (this.state === 'closing') {
      this.noteDropped(1)
      return true
    }
    const { emit, advertises, dispatching } = this.around
    const response = this.#response
    // Not ours: detach() has left the connection to Node, or the app emits the request again ('checkContinue').
    const isOurs = this.state !== 'closed' && !this.#isUnderWay(req, res)
    if (isOurs && response && !this.#finishDetachedResponse(res)) {
      this.#hold(new HeldRequest(event, req, res, more))
      return true
    }
    if (!isOurs) return emit(event, req, res, ...more)
    this.noteUnclear(false)
    const now = this.#begin(req, res)
    if (advertises) this.#advertise(res)
    this.#watchHead(res, now)
    dispatching.request = req
    try {
      return more.length === 0 ? emit(event, req, res) : emit(event, req, res, ...more)
    } finally {
      dispatching.request = undefined
    }
  }

  /** Whether the app emits the request under way again, perhaps by wrappers. Node gives the socket to one response at a time. */
  #isUnderWay(req: IncomingMessage, res: ServerResponse): boolean {
    const response = this.#response
    if (!response) return false
    if (response === res || this.#request === req || response.req === req) return true
    return res.socket === this.socket && ownerOf(this.socket) === response
  }

  /** A request that Node dispatched before the kit was attached: its response still has Node's own Keep-Alive header. */
  requestJoined(req: IncomingMessage, res: ServerResponse): void {
    // Requests pipelined behind it may be under way as well.
    this.noteUnclear(true)
    const now = this.#begin(req, res)
    this.#advertise(res)
    this.#watchHead(res, now)
    this.around.hooks.followResponse(res, this)
  }

  /** @returns when the request came, by the kit's clock. */
  #begin(req: IncomingMessage, res: ServerResponse): number {
    const { hooks, server, socketsTell, announce } = this.around
    // A body that was still arriving is whole now: otherwise this request could not have come.
    if (this.marks.body) this.#becomeIdle(false)
    this.#minorVersion = req.httpVersionMinor
    const now = this.noteRequest(req.method, req.url, req.rawHeaders)
    this.timed = false
    this.#request = ownRequest(req, res)
    this.#response = res
    this.#enter('active')
    // The socket reports the end of the response if Node arms an idle timer then. Otherwise follow the response itself.
    const armsTimer = server.keepAliveTimeout > 0 && !this.#held?.size
    if (!socketsTell || !armsTimer || !hooks.isFollowed(res)) hooks.followResponse(res, this)
    announce.requested(this, req, res)
    return now
  }

  #advertise(res: ServerResponse): void {
    const { maxRequests, requests } = this
    const { policy, server } = this.around
    const isOurs = server.keepAliveTimeout === policy.keepAliveTimeout
    advertise(
      res,
      isOurs ? this.pool.idleTimeout() : server.keepAliveTimeout,
      maxRequests > 0 ? maxRequests - requests : undefined,
    )
  }

  /** The verdict is made when the head is about to be sent: only then the age of the connection is known. */
  #watchHead(res: ServerResponse, now: number): void {
    const { maxRequests, maxAge, requests } = this
    const { ending, hooks } = this.around
    const isOld = maxAge > 0 && now - this.openedAt > maxAge - longestAnswer
    const mayClose = isOld || (maxRequests > 0 && requests >= maxRequests) || ending !== undefined
    if (mayClose) hooks.askBeforeHead(res)
  }

  /** The head of the response is about to be sent. @returns whether it must say `Connection: close`. */
  headAboutToBeSent(): boolean {
    const { maxRequests, maxAge, requests } = this
    const age = maxAge > 0 ? this.age() : 0
    const isEnding = this.around.ending !== undefined
    const verdict = verdictOn({ requests, maxRequests, age, maxAge, draining: isEnding })
    if (verdict) this.mark().verdict = verdict
    return verdict !== undefined
  }

  /** The app itself says `Connection: close`: the connection ends as in Node. */
  appCloses(): void {
    this.mark().appCloses = true
  }

  /**
   * A timeout is set for the socket. Node sets the idle timeout right after the end of a response. Any other timeout
   * replaces the idle timeout.
   *
   * @param heard - the timeout has a callback.
   * @returns true if the pool keeps the timeout instead of Node.
   */
  timeoutSet(timeout: number, heard = false): boolean {
    const response = this.#response
    const isIdleTimeout = !heard && timeout === this.around.nodeIdleWait
    // Read the socket, not the response: Express swaps the prototype of each response, so reading it is megamorphic.
    if (response && ((isIdleTimeout && ownerOf(this.socket) === null) || isDetached(response))) {
      this.#responseFinished(response, isIdleTimeout)
      return this.timed
    }
    if (!this.timed) return false
    this.timed = false
    return timeout === 0 && !heard
  }

  /** The socket's timeout was set by a function that hides who set it. */
  responseMayHaveEnded(): void {
    const response = this.#response
    if (response && isDetached(response)) this.#responseFinished(response, false)
  }

  /**
   * Finishes a response that has left the socket unnoticed.
   *
   * @param next - the response to the next request.
   * @returns false while a response is under way.
   */
  #finishDetachedResponse(next?: ServerResponse): boolean {
    const response = this.#response
    if (!response) return true
    // Unnoticed: keepAliveTimeout became 0 meanwhile, or the socket does not report the end.
    if (isDetached(response)) this.responseClosed(response)
    // The app has answered by a response of its own.
    else if (next && ownerOf(this.socket) === next) this.#responseAborted(response)
    else return false
    return true
  }

  /** The response emits 'close': it has ended or was aborted. */
  responseClosed(res: ServerResponse): void {
    if (this.#response !== res) this.around.compare(true)
    else if (this.state === 'closed') return
    else if (res.writableFinished) this.#responseUnheard(res)
    else if (this.socket.destroyed) this.#responseAborted(res)
    // Otherwise the app emits 'close' itself; or it has taken the socket from the response, and may go on there.
    else if (res.socket === null) this.#responseAborted(res)
  }

  #responseAborted(res: ServerResponse): void {
    this.#forgetResponse(res)
    this.mark().aborted = true
  }

  #responseUnheard(res: ServerResponse): void {
    const { socket, server } = this
    const shouldHaveHeard =
      this.state === 'active' &&
      !this.#held?.size &&
      !socket.destroyed &&
      // The socket already belongs to another response: one of Node's own, without an event.
      !ownerOf(socket) &&
      server.keepAliveTimeout > 0 &&
      typeof socket.setTimeout === 'function'
    if (shouldHaveHeard) this.around.compare(false)
    // Its head said `Connection: close`, or the socket was ended unnoticed.
    const isLast = this.marks.verdict !== undefined || socket.writableEnded
    if (isLast && this.state === 'active') this.#endAfter(res)
    if (this.#response === res) this.#responseFinished(res, false)
  }

  /** @param pooled - the pool may keep the idle timeout. */
  #responseFinished(res: ServerResponse, pooled: boolean): void {
    // Node 20 and 22 emit 'finish' also for a response that a reset has cut off.
    if (this.socket.errored) {
      this.#responseAborted(res)
      return
    }
    const status = this.isTold ? res.statusCode : 0
    const request = this.#request!
    this.#forgetResponse(res)
    this.noteAnswered()
    if (this.state !== 'active') return
    const now = this.now()
    this.noteResponse(status, 0, now)
    if (isSample(this.requests)) this.noteHint(foreignHint(res))
    if (isArriving(request)) this.#awaitBody(request)
    else this.#becomeIdle(pooled, now)
  }

  #forgetResponse(res: ServerResponse): void {
    responseEnded(this, res)
    this.#request = undefined
    this.#response = undefined
  }

  /** The app answered before the body arrived: the request is under way until the body is whole. Node keeps the timeout. */
  #awaitBody(body: IncomingMessage): void {
    this.mark().body = body
    const arrived = (): void => {
      if (this.marks.body !== body || this.state !== 'active' || this.#response) return
      this.mark().body = undefined
      this.#becomeIdle(false)
    }
    awaitBody(body, this.socket, { quiet: 0, longest: 0, arrived, late: arrived })
  }

  /** @param now - by the kit's clock, where it has been read. */
  #becomeIdle(pooled: boolean, now?: number): void {
    // Only Node knows whether an unclear connection is idle.
    this.timed = pooled && !this.unclear
    this.#bytesBefore = this.bytesSoFar
    this.#enterIdle(now)
    const next = this.#held?.next()
    // Not within the 'close' event of the response before: an error of the next handler would skip its other listeners.
    if (next) process.nextTick(() => this.#arriveAgain(next))
    else if (this.around.ending === 'close') this.closeIdle('drain')
    else this.pool.review()
  }

  #enterIdle(now?: number): void {
    this.noteIdle(now)
    if (!this.unclear) this.pool.wait(this)
    this.around.announce.idle(this)
  }

  #hold(request: HeldRequest): void {
    this.around.hooks.followResponse(this.#response!, this)
    atItsTurn(request.res, () => void this.#finishDetachedResponse())
    this.#held ??= new HeldRequests(this.socket, () => this.#end('bad-request'))
    this.#held.hold(request)
  }

  #arriveAgain(held: HeldRequest): void {
    held.handTo((event) => this.requestArrived(event, held.req, held.res, held.more))
  }

  // The end after a response.

  /** Node has sent the last response and asks for the socket's end; or the app does. */
  socketEndRequested(): void {
    if (this.state === 'closing') return
    const response = this.#response
    if (response ? !response.writableFinished : this.unclear || this.bytesRead() <= this.#bytesBefore) {
      // The app has called destroySoon(), or the record does not know the response.
      if (!this.unclear) this.#decide('app')
      Socket.prototype.destroySoon.call(this.socket)
    } else if (response) {
      this.#endAfter(response)
      this.#finishDetachedResponse()
    } else {
      // Node itself has answered 400, to a request without Host. This request has no event.
      this.noteRefused()
      this.noteErrorAnswer(400)
      this.#end('bad-request', 'announced')
    }
  }

  #endAfter(response: ServerResponse): void {
    const req = this.#request!
    const { statusCode: status } = response
    const { policy } = this.around
    const reason = whyLast(this.marks, req)
    if (reason === 'app') this.noteAppClose(endsWithConnection(response, req) ? 'noLength' : 'header')
    // A client that asks for the close sends nothing more (RFC 9112 §9.6), so linger is useless.
    if (!isArriving(req))
      this.#end(reason, 'announced', reason === 'client-asked' ? 0 : policy.linger, status)
    // Without the kit the connection would stay open, and the body would arrive whole.
    else if (reason === this.marks.verdict && !this.marks.appCloses && policy.linger > 0)
      this.#endAfterBody(reason, req, response)
    // Node stops an upload if the app or the client says close.
    else this.#end(reason, undefined, policy.linger, status)
  }

  /** The rest of a body is arriving: the app reads on, or Node discards it. */
  #endAfterBody(reason: CloseReason, req: IncomingMessage, response: ServerResponse): void {
    const { policy, server, nodeIdleWait } = this.around
    this.#decide(reason, response.statusCode)
    this.mark().body = req
    const read = isRead(req)
    // A body that the app reads must be whole, within Node's own timeouts. Many clients stop sending at a FIN, so it waits. A body
    // that the app does not read has the time that nginx grants: lingering_timeout, and six times as much in all.
    if (!read || endsWithConnection(response, req)) this.socket.end()
    awaitBody(req, this.socket, {
      quiet: read ? nodeIdleWait || 0 : policy.linger,
      longest: read ? server.requestTimeout : 6 * policy.linger,
      arrived: () => this.marks.body && this.#finish('announced', policy.linger),
      late: () => this.#giveUpBody(),
    })
  }

  /** The body did not arrive in time: the app gets an error, and the client no second answer. */
  #giveUpBody(error?: Error): void {
    const { body } = this.marks
    this.mark().body = undefined
    if (body) abortBody(body)
    this.socket.destroy(error)
  }

  #decide(reason: CloseReason, status = 0): void {
    this.noteResponse(status)
    this.noteDecided(reason)
    this.pool.idle.remove(this)
  }

  /**
   * @param fin - whether the client could expect our FIN; left out: bytes after the FIN are not counted as requests.
   * @param linger - how long to read on after our FIN, in ms.
   * @param status - of the last response, if it was sent whole right before; 0 is none.
   * @param error - the error with which the socket is destroyed.
   */
  #end(reason: CloseReason, fin?: Fin, linger = this.around.policy.linger, status = 0, error?: Error): void {
    if (this.#held) this.noteDropped(this.#held.release().length)
    this.#decide(reason, status)
    // As in Node, listeners of 'timeout' are called. They need not close the socket.
    if (reason === 'idle-timeout') this.around.emit('timeout', this.socket)
    if (!this.socket.destroyed) this.#finish(fin, linger, error)
  }

  #finish(fin: Fin | undefined, linger: number, error?: Error): void {
    // The app's timeout, or server.timeout, has no purpose any more.
    if (this.socket.timeout) this.socket.setTimeout(0)
    // Nothing can cross our FIN, or linger is off.
    if (linger === 0) Socket.prototype.destroySoon.call(this.socket)
    else endSocket(this.socket, { fin, linger, error }, (count) => this.#requestsArrivedLate(count, fin!))
  }

  /** A client that pipelines sends before it can know about the close: its requests count as dropped, not as late. */
  #requestsArrivedLate(count: number, fin: Fin): void {
    const pipelines = this.#held !== undefined || this.marks.dropped > 0
    if (fin === 'announced' && pipelines) this.noteDropped(count)
    else this.noteLate(count, fin)
  }

  /** Our FIN has been sent. */
  finSent(): void {
    if (this.state !== 'closed') this.noteOwnFin()
  }

  // The end of a wait.

  idleTimeoutDue(): void {
    if (!this.timed) {
      // The app has replaced our timeout by its own.
      this.pool.wait(this)
      return
    }
    if (this.#isHeadArriving()) {
      this.#leaveTimeoutToNode()
      return
    }
    this.timed = false
    // As Node's own timer does: the listeners of the app are called too.
    this.socket.emit('timeout')
  }

  /**
   * The timeout of the socket has fired.
   *
   * @returns true if the kit or a listener handles it; otherwise Node destroys the socket.
   */
  timeoutFired(): boolean {
    const { policy, server } = this.around
    // Node also arms the idle timeout after its own answer 417, which the record does not know.
    const waits = this.state === 'idle' || (this.state === 'new' && !this.#response && server.timeout === 0)
    if (waits && policy.keepAliveTimeout > 0) {
      this.#closeUnlessBytesCome('idle-timeout')
      return true
    }
    // It is server.timeout, or a timeout that the app has set.
    this.mark().inactive = true
    return this.around.emit('timeout', this.socket)
  }

  closeIdle(reason: CloseReason): void {
    this.pool.idle.remove(this)
    if (this.handshaking) {
      this.#decide(reason)
      this.socket.destroy()
    } else if (!this.#isHeadArriving()) {
      this.#closeUnlessBytesCome(reason)
    } else if (this.timed) {
      this.#leaveTimeoutToNode()
    }
  }

  #closeUnlessBytesCome(reason: CloseReason): void {
    const { pool, state, socket, waitsSince } = this
    pool.idle.remove(this)
    this.timed = false
    const look = reason === 'idle-timeout' ? pool.leisurelyLook : pool.promptLook
    look.look(socket, (quiet) => {
      // Meanwhile the connection may have been used, closed, or left to Node by detach(). After a whole request it waits anew.
      if (socket.destroyed || this.state !== state || this.waitsSince !== waitsSince) return
      if (quiet || !this.#isHeadArriving()) this.#end(reason, 'silent')
      // A part of a head has come: nothing else would end the wait for the rest. A new connection has headersTimeout
      // for that.
      else if (state === 'idle') this.#leaveTimeoutToNode()
    })
  }

  /** Node restarts its timer with every byte, which is right while a head is arriving. */
  #leaveTimeoutToNode(): void {
    const { nodeIdleWait } = this.around
    this.timed = false
    if (nodeIdleWait > 0) this.socket.setTimeout(nodeIdleWait)
  }

  /** True once a part of a request head has come. A line end between requests does not count (RFC 9112 §2.2). */
  #isHeadArriving(): boolean {
    const bytes = this.bytesRead()
    if (bytes <= this.#bytesBefore) return false
    if (this.state === 'new') return bytes > maxLineEnds
    if (isMessageArriving(this.server, this.socket)) return true
    this.#bytesBefore = bytes
    return false
  }

  // Errors.

  /** An error of the socket, the parser or the TLS handshake. */
  failed(code: string): void {
    this.mark().errorCode ??= code
  }

  /**
   * Node cannot parse the bytes as a request, or the request did not arrive in time.
   *
   * @returns what the server's `emit` returns: true if the kit or a listener handles it; otherwise Node answers and destroys.
   */
  clientError(error: NodeJS.ErrnoException): boolean {
    const { code = '' } = error
    const isInBody = this.#response !== undefined || this.marks.body !== undefined
    if (this.state === 'closing') {
      // The last answer has been sent: a second one would belong to no request.
      const isOfMessage = code === requestTimeout || code.startsWith('HPE_')
      if (!isOfMessage) this.failed(code)
      else if (this.marks.body) this.#giveUpBody(error)
      return true
    }
    if (code === requestTimeout && this.state === 'new' && this.bytesRead() === 0) {
      // Node would send an unsolicited 408: a client with a pool takes it for its next answer.
      this.closeIdle('header-timeout')
      return true
    }
    const reason = whyRefused(code, isInBody)
    if (!reason) {
      this.failed(code)
      return this.around.emit('clientError', error, this.socket)
    }
    if (this.marks.lastAnswer) {
      this.#end(reason, undefined, this.around.policy.linger, 0, error)
      return true
    }
    return this.#refuse(reason, error, isInBody)
  }

  #refuse(reason: CloseReason, error: NodeJS.ErrnoException, isInBody: boolean): boolean {
    const { socket, server } = this
    const { policy, emit } = this.around
    const status = refusalStatus(error.code ?? '')
    if (!isInBody) this.noteRefused()
    else if (!this.#response?.headersSent) this.mark().errorStatus = status
    // With a response under way, or a 'clientError' listener, the app handles it.
    const isFree = !isInBody && socket.writable && !ownerOf(socket)
    if (!isFree || policy.linger === 0 || server.listenerCount('clientError') > 0) {
      this.mark().refusal = reason
      return emit('clientError', error, socket)
    }
    // Node would answer and close at once, by RST if more bytes have come: then the client may never read the answer.
    socket.write(errorAnswer(status))
    this.noteErrorAnswer(status)
    this.#end(reason, undefined, this.around.policy.linger, 0, error)
    return true
  }

  /** Node itself answers 503, because of maxRequestsPerSocket: the answer says close, but Node does not end the socket. */
  requestDropped(): void {
    this.noteRefused()
    this.noteErrorAnswer(503)
    this.mark().lastAnswer = true
    if (this.#response) this.around.hooks.followResponse(this.#response, this)
  }

  // What else happens to it.

  /** The TLS handshake is done: requests arrive on the TLS socket. */
  secured(socket: Socket, version: string | null): void {
    this.noteSecured(socket, version)
  }

  /**
   * The socket has been handed to another server.
   *
   * @returns true if the other server has the same kit: the connection goes on there. Otherwise it is released.
   */
  handedOver(around: Surroundings<ConnectionRecord>, handshaking: boolean): boolean {
    if (around.pool === this.pool) {
      this.moveTo(around, handshaking)
      return true
    }
    this.released()
    return false
  }

  /** Another protocol takes over. The held requests go to the app at once, as in Node. */
  upgraded(): void {
    const { hooks, emit } = this.around
    hooks.giveBack(this.socket)
    if (this.#response) hooks.followResponse(this.#response, this)
    for (const held of this.#held?.release() ?? []) {
      // An idle gap of 0, as between other pipelined requests.
      this.#enterIdle()
      this.#begin(held.req, held.res)
      held.handTo(emit)
    }
    this.pool.idle.remove(this)
    this.noteUpgrade()
  }

  /** From now on every response is the last one, also the one under way if its head is not sent yet. */
  serverEnds(): void {
    this.#finishDetachedResponse()
    const response = this.#response
    if (response && !response.headersSent) this.around.hooks.askBeforeHead(response)
  }

  /**
   * The server was closed a while ago, and this connection was never used. Node closes such connections from 26.4 on;
   * before, they delay close().
   */
  serverEnded(): void {
    if (this.state === 'new' && !this.handshaking) this.closeIdle('drain')
  }

  /** The connection is left to Node: the record ends, and pending closes do nothing. */
  released(): void {
    const { hooks, server } = this.around
    const wasIdle = this.state === 'idle'
    hooks.unfollow(this.socket)
    this.noteReleased()
    this.#leavePool()
    // Later, so that errors of a handler stay its own. By the server's emit: a kit may be attached again by then.
    for (const held of this.#held?.release() ?? [])
      process.nextTick(() => held.handTo((event, ...args) => server.emit(event, ...args)))
    // Its idle timer may have fired already, for a last look that no longer closes anything.
    if (wasIdle && server.keepAliveTimeout > 0) this.socket.setTimeout?.(server.keepAliveTimeout)
  }

  /** The client's FIN has come. */
  peerEnded(): void {
    if (this.handshaking) return
    if (!this.socket.writableEnded) this.mark().clientEnded = true
    this.notePeerFin()
  }

  /** Destroys the socket, at the end of a drain. */
  destroy(): void {
    if (this.state !== 'upgraded' && this.state !== 'closing') this.#decide('drain')
    this.socket.destroy()
  }

  /** The socket has closed: the last event. */
  socketClosed(): void {
    if (this.state === 'closed') return
    if (this.#held) this.noteDropped(this.#held.release().length)
    const ending = this.noteClosed(this.#response !== undefined)
    this.#leavePool()
    if (!this.uncounted) this.around.announce.closed(this, ending)
  }

  #leavePool(): void {
    this.pool.open.delete(this)
    this.pool.idle.remove(this)
  }

  #enter(state: State): void {
    this.enter(state)
    this.pool.idle.remove(this)
  }
}

const nothing: readonly unknown[] = []

/** Node's own request: what a wrapper hands over may be a copy, whose body would never be whole; `req` of the response is the app's. */
function ownRequest(given: IncomingMessage, { req }: ServerResponse): IncomingMessage {
  return req === given || !(req instanceof IncomingMessage) ? given : req
}

/** The kit looks at the head of responses 1, 2, 4, 8 and so on: to look at each would cost. */
const isSample = (number: number): boolean => (number & (number - 1)) === 0

/**
 * To ask costs a request 0.7 µs (Node 24), so a connection does not ask until it is so close to its maximum age, in ms. If a head
 * takes longer, the response after it is the last one.
 */
const longestAnswer = 300_000

/** Before the first request, so few bytes are taken for line ends: Node does not report them. */
const maxLineEnds = 4
