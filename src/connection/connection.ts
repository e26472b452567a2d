import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { abortBody, awaitBody, isRead } from '../node/body.ts'
import { errorAnswer, refusalStatus } from '../node/error-answer.ts'
import {
  advertise,
  endsWithConnection,
  foreignHint,
  isDetached,
  isMessageArriving,
  ownerOf,
} from '../node/internals.ts'
import type { Member } from '../pool/member.ts'
import type { CloseReason, State } from '../reasons.ts'
import { endSocket, type Fin } from './end-socket.ts'
import { responseEnded } from './facts.ts'
import { HeldRequest, HeldRequests } from './held-requests.ts'
import { type Arrival, ConnectionRecord } from './record.ts'
import type { Surroundings } from './surroundings.ts'
import { requestTimeout, verdictOn, whyLast, whyRefused } from './verdict.ts'

/**
 * One connection from accept to close: every event of Node's ends in one method here, and here it is decided what comes
 * of it. States: new → active ⇄ idle → closing → closed; or upgraded.
 */
export class Connection extends ConnectionRecord<Connection> implements Member<Connection> {
  /** The bytes received when it began to wait: more of them may be a request whose head is arriving. */
  #bytesBefore = 0
  #response: ServerResponse | undefined = undefined
  /** Made at the first request that is pipelined. */
  #held: HeldRequests | undefined = undefined

  // What the pool reads, and below it what the pool writes.
  timed = false
  place = -1
  list: Member<Connection>['list'] = undefined
  previous: Connection | undefined = undefined
  next: Connection | undefined = undefined

  constructor(socket: Socket, around: Surroundings<Connection>, arrival: Arrival) {
    super(socket, around, arrival)
    around.pool.open.add(this)
    if (!arrival.midway) around.pool.wait(this)
    around.announce.opened(this)
    around.pool.review()
  }

  /** The response under way; `undefined` while none is. */
  get response(): ServerResponse | undefined {
    return this.#response
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
    // Left to Node by detach(); or emitted again by the app: after 'checkContinue', or with a response of its own.
    const isOurs = this.state !== 'closed' && response !== res && response?.req !== req
    if (isOurs && response && !this.#finishDetachedResponse()) {
      this.#hold(new HeldRequest(event, req, res, more))
      return true
    }
    if (!isOurs) return emit(event, req, res, ...more)
    this.noteUnclear(false)
    this.#begin(req, res)
    if (advertises) this.#advertise(res)
    this.#watchHead(res)
    dispatching.request = req
    try {
      return more.length === 0 ? emit(event, req, res) : emit(event, req, res, ...more)
    } finally {
      dispatching.request = undefined
    }
  }

  /** A request whose dispatch began before the kit was attached: its response has Node's old header to lose. */
  requestJoined(req: IncomingMessage, res: ServerResponse): void {
    // Others, pipelined behind it, may be on their way too.
    this.noteUnclear(true)
    this.#begin(req, res)
    this.#advertise(res)
    this.#watchHead(res)
    this.around.hooks.followResponse(res)
  }

  #begin(req: IncomingMessage, res: ServerResponse): void {
    const { hooks, server, socketsTell, announce } = this.around
    // The body that was still arriving is whole, or this request could not have come.
    if (this.marks.body) this.#becomeIdle(false)
    this.noteRequest(req)
    this.timed = false
    this.#response = res
    this.#enter('active')
    // The socket tells of the response's end where Node has an idle timer to arm then; else the response does.
    const armsTimer = server.keepAliveTimeout > 0 && !this.#held?.size
    if (!socketsTell || !armsTimer || !hooks.isFollowed(res)) hooks.followResponse(res)
    announce.requested(this, req, res)
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
  #watchHead(res: ServerResponse): void {
    const { maxRequests, maxAge, requests } = this
    const { ending, hooks } = this.around
    const mayClose = maxAge > 0 || (maxRequests > 0 && requests >= maxRequests) || ending !== undefined
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

  /** The app's head says close itself: Node's way is what the app wants. */
  appCloses(): void {
    this.mark().appCloses = true
  }

  /**
   * A timeout is set for the socket. Node sets the idle timeout right after the end of a response. Any other timeout
   * replaces the idle timeout.
   *
   * @param heard - somebody is to be called by it.
   * @returns whether the pool keeps it, and Node need not.
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

  /** A socket's timeout was set in a way that does not tell whose it is. */
  responseMayHaveEnded(): void {
    const response = this.#response
    if (response && isDetached(response)) this.#responseFinished(response, false)
  }

  /** @returns false while the response under way has to be waited for. */
  #finishDetachedResponse(): boolean {
    const response = this.#response
    if (!response) return true
    // Nothing has told so: keepAliveTimeout became 0 meanwhile, or a socket does not tell.
    if (!isDetached(response)) return false
    this.responseClosed(response)
    return true
  }

  /** The response's own 'close': it has ended, or was given up. */
  responseClosed(res: ServerResponse): void {
    if (this.#response !== res) this.around.compare(true)
    else if (this.state === 'closed') return
    else if (res.writableFinished) this.#responseUnheard(res)
    else this.#responseAborted(res)
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
      // The socket is already another response's: one of Node's own, which no event tells of.
      !ownerOf(socket) &&
      server.keepAliveTimeout > 0 &&
      typeof socket.setTimeout === 'function'
    if (shouldHaveHeard) this.around.compare(false)
    // Its head has said so, or the socket has been ended unseen.
    const isLast = this.marks.verdict !== undefined || socket.writableEnded
    if (isLast && this.state === 'active') this.#endAfter(res)
    if (this.#response === res) this.#responseFinished(res, false)
  }

  /** @param pooled - the pool may keep the idle timeout that begins. */
  #responseFinished(res: ServerResponse, pooled: boolean): void {
    // Node 20 and 22 say 'finish' also of a response that a reset has cut off.
    if (this.socket.errored) {
      this.#responseAborted(res)
      return
    }
    const status = this.isTold ? res.statusCode : 0
    this.#forgetResponse(res)
    this.noteAnswered()
    if (this.state !== 'active') return
    this.noteResponse(status)
    if (isSample(this.requests)) this.noteHint(foreignHint(res))
    if (res.req.complete) this.#becomeIdle(pooled)
    else this.#awaitBody(res.req)
  }

  #forgetResponse(res: ServerResponse): void {
    responseEnded(this, res)
    this.#response = undefined
  }

  /** The app has answered early: until the body has arrived the request is under way. Node keeps the timeout. */
  #awaitBody(body: IncomingMessage): void {
    this.mark().body = body
    const arrived = (): void => {
      if (this.marks.body !== body || this.state !== 'active' || this.#response) return
      this.mark().body = undefined
      this.#becomeIdle(false)
    }
    awaitBody(body, this.socket, { quiet: 0, longest: 0, arrived, late: arrived })
  }

  #becomeIdle(pooled: boolean): void {
    // Only Node knows whether an unclear connection is idle.
    this.timed = pooled && !this.unclear
    this.#bytesBefore = this.bytesSoFar
    this.#enterIdle()
    const next = this.#held?.next()
    // Not within the 'close' of the response before: what the next handler throws would eat its other listeners.
    if (next) process.nextTick(() => this.#arriveAgain(next))
    else if (this.around.ending === 'close') this.closeIdle('drain')
    else this.pool.review()
  }

  #enterIdle(): void {
    this.noteIdle()
    if (!this.unclear) this.pool.wait(this)
    this.around.announce.idle(this)
  }

  #hold(request: HeldRequest): void {
    this.around.hooks.followResponse(this.#response!)
    this.#held ??= new HeldRequests(this.socket, () => this.#end('bad-request'))
    this.#held.hold(request)
  }

  #arriveAgain(held: HeldRequest): void {
    held.handTo((event) => this.requestArrived(event, held.req, held.res, held.more))
  }

  // The end after a response.

  /** Node has sent the last it has to send and wants the socket ended; or the app does. */
  socketEndRequested(): void {
    if (this.state === 'closing') return
    const response = this.#response
    if (response ? !response.writableFinished : this.unclear || this.bytesRead() <= this.#bytesBefore) {
      // The app has called it; or the response is one of those that the record does not know.
      if (!this.unclear) this.#decide('app')
      Socket.prototype.destroySoon.call(this.socket)
    } else if (response) {
      this.#endAfter(response)
      this.#finishDetachedResponse()
    } else {
      // Node has answered 400 in the app's place: a request without Host. No event tells of that request.
      this.noteRefused()
      this.noteErrorAnswer(400)
      this.#end('bad-request', 'announced')
    }
  }

  #endAfter(response: ServerResponse): void {
    const { req, statusCode: status } = response
    const { policy } = this.around
    const reason = whyLast(this.marks, req)
    if (reason === 'app') this.noteAppClose(endsWithConnection(response) ? 'noLength' : 'header')
    // Whoever asks for the close sends nothing more (RFC 9112 §9.6): there is nothing to linger for.
    if (req.complete) this.#end(reason, 'announced', reason === 'client-asked' ? 0 : policy.linger, status)
    // Without the kit the connection would go on, and the body with it.
    else if (reason === this.marks.verdict && !this.marks.appCloses && policy.linger > 0)
      this.#endAfterBody(reason, response)
    // Node stops an upload where the app or the client says close.
    else this.#end(reason, undefined, policy.linger, status)
  }

  /** The rest of a body is arriving: the app, or Node in its place, reads on. */
  #endAfterBody(reason: CloseReason, response: ServerResponse): void {
    const { req, statusCode: status } = response
    const { policy, server, nodeIdleWait } = this.around
    this.#decide(reason, status)
    this.mark().body = req
    const read = isRead(req)
    // A body that is read is to be whole, in the time that Node would grant; many clients stop sending at a FIN. A body
    // that the app does not read has the time that nginx grants: lingering_timeout, and six times as much in all.
    if (!read || endsWithConnection(response)) this.socket.end()
    awaitBody(req, this.socket, {
      quiet: read ? nodeIdleWait || 0 : policy.linger,
      longest: read ? server.requestTimeout : 6 * policy.linger,
      arrived: () => this.marks.body && this.#finish('announced', policy.linger),
      late: () => this.#giveUpBody(),
    })
  }

  /** The body has not come in time: the app hears of it, and the client gets no second answer. */
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
   * @param fin - how our FIN comes for the client; left out, what arrives after it is no request.
   * @param linger - how long to read on after our FIN, in ms.
   * @param status - of the response that was the last one, sent whole right before; 0 is none.
   * @param error - what the socket is destroyed with.
   */
  #end(reason: CloseReason, fin?: Fin, linger = this.around.policy.linger, status = 0, error?: Error): void {
    if (this.#held) this.noteDropped(this.#held.release().length)
    this.#decide(reason, status)
    // Listeners for the idle timer are told, as by Node, but need not close.
    if (reason === 'idle-timeout') this.around.emit('timeout', this.socket)
    if (!this.socket.destroyed) this.#finish(fin, linger, error)
  }

  #finish(fin: Fin | undefined, linger: number, error?: Error): void {
    // A timeout of the app's, or server.timeout: what it was for is over.
    if (this.socket.timeout) this.socket.setTimeout(0)
    // Nothing can cross our FIN, or linger is off.
    if (linger === 0) Socket.prototype.destroySoon.call(this.socket)
    else endSocket(this.socket, { fin, linger, error }, (count) => this.#requestsArrivedLate(count, fin!))
  }

  /** A client that pipelines sends before it can know of the close: such requests are dropped, as those that came before. */
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
      // The app has set a timeout of its own in the place of ours.
      this.pool.wait(this)
      return
    }
    if (this.#isHeadArriving()) {
      this.#leaveTimeoutToNode()
      return
    }
    this.timed = false
    // As a timer of Node's: the app's listeners hear it too.
    this.socket.emit('timeout')
  }

  /**
   * The socket's timeout has fired, and somebody has to take care of it.
   *
   * @returns whether somebody does; else Node destroys the socket.
   */
  timeoutFired(): boolean {
    const { policy, server } = this.around
    // Node arms it also after an answer of its own, a 417, that the record knows nothing of.
    const waits = this.state === 'idle' || (this.state === 'new' && !this.#response && server.timeout === 0)
    if (waits && policy.keepAliveTimeout > 0) {
      this.#closeUnlessBytesCome('idle-timeout')
      return true
    }
    // It is server.timeout's, or one that the app has set.
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
    const { pool, state, socket } = this
    pool.idle.remove(this)
    this.timed = false
    const look = reason === 'idle-timeout' ? pool.leisurelyLook : pool.promptLook
    look.look(socket, (quiet) => {
      // Meanwhile it may have been used, closed, or left to Node by detach().
      if (socket.destroyed || this.state !== state) return
      if (quiet || !this.#isHeadArriving()) this.#end(reason, 'silent')
      // A part of a head came: until the rest comes, nothing else would end the wait. A new connection has
      // headersTimeout for that.
      else if (state === 'idle') this.#leaveTimeoutToNode()
    })
  }

  /** Node's timers begin anew with every byte that comes, as it should be where a head is arriving. */
  #leaveTimeoutToNode(): void {
    const { nodeIdleWait } = this.around
    this.timed = false
    if (nodeIdleWait > 0) this.socket.setTimeout(nodeIdleWait)
  }

  /** True once a part of a request's head has come. A line end between requests is none (RFC 9112 §2.2). */
  #isHeadArriving(): boolean {
    const bytes = this.bytesRead()
    if (bytes <= this.#bytesBefore) return false
    if (this.state === 'new') return bytes > maxLineEnds
    if (isMessageArriving(this.server, this.socket)) return true
    this.#bytesBefore = bytes
    return false
  }

  // Errors.

  /** An error of the socket's, the parser's or the TLS handshake. */
  failed(code: string): void {
    this.mark().errorCode ??= code
  }

  /**
   * Node cannot take what has come for a request, or it has not come in time.
   *
   * @returns what the server's `emit` returns: whether somebody takes care of it; else Node answers and destroys.
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
    // With a response under way, or a listener, it is left to them.
    const isFree = !isInBody && socket.writable && !ownerOf(socket)
    if (!isFree || policy.linger === 0 || server.listenerCount('clientError') > 0) {
      this.mark().refusal = reason
      return emit('clientError', error, socket)
    }
    // Node would answer and close at once, with RST where more has come: so the client may never read the answer.
    socket.write(errorAnswer(status))
    this.noteErrorAnswer(status)
    this.#end(reason, undefined, this.around.policy.linger, 0, error)
    return true
  }

  /** Node answers 503 in the app's place, by its own cap: the answer says close, though Node does not end the socket. */
  requestDropped(): void {
    this.noteRefused()
    this.noteErrorAnswer(503)
    this.mark().lastAnswer = true
    if (this.#response) this.around.hooks.followResponse(this.#response)
  }

  // What else happens to it.

  /** TLS is set up: from now on requests come by its socket. */
  secured(socket: Socket, version: string | null): void {
    this.noteSecured(socket, version)
  }

  /**
   * The socket has been handed to another server.
   *
   * @returns whether that one is of the same kit: then the connection goes on there; else it is released.
   */
  handedOver(around: Surroundings<Connection>, handshaking: boolean): boolean {
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
    if (this.#response) hooks.followResponse(this.#response)
    for (const held of this.#held?.release() ?? []) {
      // Each waits for nothing: an idle gap of 0, as between others that are pipelined.
      this.#enterIdle()
      this.#begin(held.req, held.res)
      held.handTo(emit)
    }
    this.pool.idle.remove(this)
    this.noteUpgrade()
  }

  /** Every response is the last from now on: the one under way too, if its head can still say so. */
  serverEnds(): void {
    this.#finishDetachedResponse()
    const response = this.#response
    if (response && !response.headersSent) this.around.hooks.askBeforeHead(response)
  }

  /**
   * The server was closed a while ago, and this connection has never been used: Node closes such only from 26.4 on, and
   * they would hold up close().
   */
  serverEnded(): void {
    if (this.state === 'new' && !this.handshaking) this.closeIdle('drain')
  }

  /** It is left to Node: for the record it is over, and whatever still waits to close it lets it be. */
  released(): void {
    const { hooks, server } = this.around
    const wasIdle = this.state === 'idle'
    hooks.unfollow(this.socket)
    this.noteReleased()
    this.#leavePool()
    // Not at once: what a handler throws is its own affair. By the server: there may be a kit again by then.
    for (const held of this.#held?.release() ?? [])
      process.nextTick(() => held.handTo((event, ...args) => server.emit(event, ...args)))
    // Its idle timer may have fired already, for a last look that closes nothing any more.
    if (wasIdle && server.keepAliveTimeout > 0) this.socket.setTimeout?.(server.keepAliveTimeout)
  }

  /** The client's FIN has come. */
  peerEnded(): void {
    if (this.handshaking) return
    if (!this.socket.writableEnded) this.mark().clientEnded = true
    this.notePeerFin()
  }

  /** Closes it at once, at the end of a drain. */
  destroy(): void {
    if (this.state !== 'upgraded' && this.state !== 'closing') this.#decide('drain')
    this.socket.destroy()
  }

  /** The socket has closed: the last thing that happens. */
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

/** Responses whose head is looked at, by their number: 1, 2, 4, 8 and so on. To look at each would cost. */
const isSample = (number: number): boolean => (number & (number - 1)) === 0

/** So few bytes before the first request, of which Node tells nothing, are taken for line ends. */
const maxLineEnds = 4
