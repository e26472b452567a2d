import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { channels } from '../channels.ts'
import type { Connection } from '../connection/connection.ts'
import { responseEnded } from '../connection/facts.ts'
import { advertise, askBeforeHead } from '../connection/head.ts'
import { infoOf } from '../connection/info.ts'
import { followResponse, isDetached, isFollowed } from '../connection/listeners.ts'
import { Held, Pipeline } from '../connection/pipeline.ts'
import { verdictOn } from '../connection/verdict.ts'
import type { Context } from './context.ts'
import { reportRequest } from './request-report.ts'
import type { Emit } from './tap.ts'
import { nodeIdleWait } from './timeouts.ts'

/** Requests and responses, one after the other on each connection: the caps, the header, the pipeline. */
export class Exchanges {
  readonly #server: Server
  readonly #context: Context
  readonly #pass: Emit
  /** What Node sets as the idle timeout, in ms: where it is another, the app has changed it. */
  readonly #idleWait: number
  /** Whether what a response tells of its connection differs from what the server would. */
  readonly #advertises: boolean

  constructor(server: Server, context: Context, pass: Emit) {
    const { maxRequests, reduceTimeouts } = context.policy
    this.#server = server
    this.#idleWait = nodeIdleWait(server, context.policy)
    this.#context = context
    this.#pass = pass
    this.#advertises = maxRequests > 0 || reduceTimeouts !== undefined
  }

  /** A request arrived: it goes to the app, waits its turn, or is dropped. */
  request(record: Connection, event: string, req: IncomingMessage, res: ServerResponse): boolean {
    if (record.state === 'closing') {
      record.drop(1)
      return true
    }
    // Left to Node by detach() while it was held.
    if (record.state === 'closed') return this.#pass(event, req, res)
    // Emitted again by the app: for another server, after 'checkContinue', or with a response of its own.
    if (record.response === res || record.response?.req === req) return this.#pass(event, req, res)
    this.settle(record)
    if (record.response) {
      this.waitsBehind(record)
      record.pipeline ??= new Pipeline()
      record.pipeline.hold(new Held(event, req, res), req.socket)
      return true
    }
    record.unclear = false
    this.#begin(record, req, res)
    if (this.#advertises) this.#advertise(record, res)
    this.#watchHead(record, res)
    return this.#pass(event, req, res)
  }

  /** A request whose dispatch began before the kit was attached: its response has Node's old header to lose. */
  join(record: Connection, req: IncomingMessage, res: ServerResponse): void {
    // Others, pipelined behind it, may be on their way too.
    record.markUnclear()
    this.#begin(record, req, res)
    this.#advertise(record, res)
    this.#watchHead(record, res)
    followResponse(res)
  }

  /** Something waits for the response under way, after which Node will arm no timer. */
  waitsBehind({ response }: Connection): void {
    if (response) followResponse(response)
  }

  /** The response is over if Node is done with it, though nothing has told so: `keepAliveTimeout` became 0 meanwhile. */
  settle(record: Connection): void {
    const { response } = record
    if (response && isDetached(response)) this.over(record, response)
  }

  over(record: Connection, res: ServerResponse): void {
    if (record.response !== res || record.state === 'closed') return
    if (res.writableFinished) {
      this.#answered(record, res, false)
    } else {
      responseEnded(record, res)
      record.response = undefined
      record.mark().aborted = true
    }
  }

  /**
   * A timeout is set for a socket. It is the idle timeout where a response has just ended; what comes in its place
   * ends it.
   *
   * @returns whether the kit keeps it.
   */
  keepsTimeout(record: Connection, timeout: number): boolean {
    const { response } = record
    if (response && this.#beginsIdling(record.socket, response, timeout)) {
      this.#answered(record, response, timeout === this.#idleWait)
      if (record.timed) this.#context.idleTimer.start()
      return record.timed
    }
    if (!record.timed) return false
    record.timed = false
    return timeout === 0
  }

  /** By the socket, if it can be: an Express app gives each response a shape of its own, of which V8 knows nothing. */
  #beginsIdling(socket: Socket, response: ServerResponse, timeout: number): boolean {
    const { _httpMessage } = socket as { _httpMessage?: unknown }
    return (timeout === this.#idleWait && _httpMessage === null) || isDetached(response)
  }

  /** @param timed - whether the kit keeps the idle timeout that begins. */
  #answered(record: Connection, res: ServerResponse, timed: boolean): void {
    responseEnded(record, res)
    record.response = undefined
    if (!res.req.complete) record.mark().unread = res.req
    record.tally.answered()
    if (record.state !== 'active') return
    this.#rest(record, record.timeline ? res.statusCode : 0, timed)
    const next = record.pipeline?.next(record.socket)
    // Not within the 'close' of the response before: what the next handler throws would eat its other listeners.
    if (next)
      process.nextTick(() => next.runInAsyncScope(() => this.request(record, next.event, next.req, next.res)))
    else this.#context.waits()
  }

  /** The verdict on a response whose head is about to be sent. */
  isLast(record: Connection): boolean {
    const { requests, maxRequests, maxAge } = record
    const { draining } = this.#context
    const age = maxAge > 0 ? record.age() : 0
    const verdict = verdictOn({ requests, maxRequests, maxAge, age, draining })
    if (verdict) record.mark().verdict = verdict
    return verdict !== undefined
  }

  /** A drain has begun: the response under way is the last, if its head can still say so. */
  markLast(record: Connection): void {
    this.settle(record)
    const { response } = record
    if (response && !response.headersSent) askBeforeHead(record, response)
  }

  /** Hands all that is held to the app at once, as Node would have: another protocol follows. */
  releaseToUpgrade(record: Connection): void {
    this.waitsBehind(record)
    for (const held of record.pipeline?.release(record.socket) ?? []) {
      const { event, req, res } = held
      held.runInAsyncScope(() => {
        // Each waits for nothing: an idle gap of 0, as between others that are pipelined.
        this.#rest(record)
        this.#begin(record, req, res)
        this.#pass(event, req, res)
      })
    }
  }

  /** Hands all that is held to the app, uncounted: the kit goes. Not at once: what a handler throws is its own affair. */
  releaseToNode(record: Connection): void {
    for (const held of record.pipeline?.release(record.socket) ?? []) {
      const { event, req, res } = held
      process.nextTick(() => held.runInAsyncScope(() => this.#pass(event, req, res)))
    }
  }

  #rest(record: Connection, status?: number, timed?: boolean): void {
    record.rest(status, timed)
    if (channels.idle.hasSubscribers) channels.idle.publish({ connection: infoOf(record) })
  }

  #begin(record: Connection, req: IncomingMessage, res: ServerResponse): void {
    record.begin(req, res)
    this.#context.latest = req
    const armsTimer = this.#server.keepAliveTimeout > 0 && !record.pipeline?.size
    if (!armsTimer || !isFollowed(res)) followResponse(res)
    if (channels.request.hasSubscribers) reportRequest(record, req, res)
  }

  #advertise({ maxRequests, requests }: Connection, res: ServerResponse): void {
    advertise(res, this.#context.idleTimeout(), maxRequests > 0 ? maxRequests - requests : undefined)
  }

  /** Sees to the verdict, where it may be a close: by age, that is known only when the head is about to be sent. */
  #watchHead(record: Connection, res: ServerResponse): void {
    const { requests, maxRequests, maxAge } = record
    const mayClose = maxAge > 0 || (maxRequests > 0 && requests >= maxRequests) || this.#context.draining
    if (mayClose) askBeforeHead(record, res)
  }
}
