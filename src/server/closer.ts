import type { IncomingMessage, Server } from 'node:http'
import { Socket } from 'node:net'
import type { Connection } from '../connection/connection.ts'
import { endAndLinger } from '../connection/linger.ts'
import { recordOf } from '../connection/registry.ts'
import type { CloseReason } from '../reasons.ts'
import type { Context } from './context.ts'
import { errorAnswer } from './error-answer.ts'
import type { Emit } from './tap.ts'

/** Node's code for headersTimeout and requestTimeout alike. */
const requestTimeout = 'ERR_HTTP_REQUEST_TIMEOUT'

/** How the server ends connections: after a response, while they wait, on errors and timeouts. */
export class Closer {
  readonly #server: Server
  readonly #context: Context
  readonly #pass: Emit

  constructor(server: Server, context: Context, pass: Emit) {
    this.#server = server
    this.#context = context
    this.#pass = pass
  }

  /** Node has sent a response that is the last, or an error of its own. */
  lastSent(record: Connection): void {
    if (record.state === 'closing') return
    const { response } = record
    if (!response) record.refuse()
    const reason = response ? whyLast(record, response.req) : 'bad-request'
    // What comes while a body is unfinished is the rest of it.
    const isComplete = response?.req.complete !== false
    // Whoever asks for the close sends nothing more (RFC 9112 §9.6): there is nothing to linger for.
    const linger = reason === 'client-asked' && isComplete ? 0 : this.#context.policy.linger
    this.#end(record, reason, isComplete ? 'announced' : undefined, linger, response?.statusCode)
  }

  /** The idle close: last look, then half-close and linger. Nothing happens where a head is arriving. */
  closeWaiting(record: Connection, reason: CloseReason): void {
    this.#context.waiting.remove(record)
    if (record.handshake !== undefined) {
      record.close(reason)
      record.socket.destroy()
    } else if (record.isHeadArriving()) {
      if (record.timed) this.#leaveTimeoutToNode(record)
    } else {
      this.#closeUnlessBytesCome(record, reason)
    }
  }

  #closeUnlessBytesCome(record: Connection, reason: CloseReason): void {
    const { socket, state } = record
    const { waiting } = this.#context
    waiting.remove(record)
    record.timed = false
    const lastLook = reason === 'idle-timeout' ? this.#context.leisurelyLook : this.#context.promptLook
    lastLook.look(socket, (quiet) => {
      // Meanwhile it may have been used, closed, or left to Node by detach().
      if (socket.destroyed || record.state !== state || recordOf(socket) !== record) return
      if (quiet) {
        this.#end(record, reason, 'silent')
        return
      }
      waiting.add(record)
      // A part of a head came, or a stray line end. The next request clears the timer; until then nothing else would
      // end the wait. A new connection has headersTimeout for that.
      if (state === 'idle') this.#leaveTimeoutToNode(record)
    })
  }

  /** The idle timeout that the kit keeps is over. */
  waitedLongEnough(record: Connection): void {
    if (record.timed && !record.isHeadArriving()) {
      record.timed = false
      // As a timer of Node's: the app's listeners hear it too.
      record.socket.emit('timeout')
      return
    }
    if (record.timed) this.#leaveTimeoutToNode(record)
    this.#context.waiting.add(record)
  }

  /** Answers Node's question whether somebody takes care of a socket's timeout. */
  timeout(socket: Socket): boolean {
    const record = recordOf(socket)
    if (!record || !this.#isIdleTimer(record)) {
      if (record) record.mark().inactive = true
      return this.#pass('timeout', socket)
    }
    this.#closeUnlessBytesCome(record, 'idle-timeout')
    return true
  }

  /** Whether a timeout is that of keepAliveTimeout; else it is server.timeout's, or one that the app has set. */
  #isIdleTimer({ state, response }: Connection): boolean {
    if (this.#context.policy.keepAliveTimeout === 0) return false
    // Node arms it also after an answer of its own, a 417, that the record knows nothing of.
    return state === 'idle' || (state === 'new' && !response && this.#server.timeout === 0)
  }

  clientError(error: NodeJS.ErrnoException, socket: Socket): boolean {
    const record = recordOf(socket)
    const { code = '' } = error
    if (!record) return this.#pass('clientError', error, socket)
    // The parser was taken off in the middle of a message: that is no client's error.
    if (record.state === 'closing' && (code.startsWith('HPE_') || code === requestTimeout)) return true
    if (code === requestTimeout && record.state === 'new' && record.bytesRead() === 0) {
      // Node would send a 408 that nobody asked for, which a client with a pool takes for its next answer.
      this.closeWaiting(record, 'header-timeout')
      return true
    }
    const reason = whyRefused(record, code)
    if (!reason) {
      record.mark().errorCode ??= code
      return this.#pass('clientError', error, socket)
    }
    if (!record.marks.unread) record.refuse()
    if (this.#answersErrors(record)) {
      socket.write(errorAnswer(code))
      this.#end(record, reason)
      return true
    }
    record.mark().refusal = reason
    return this.#pass('clientError', error, socket)
  }

  /** Where Node would answer and close at once. With a response under way, or a listener, it is left to them. */
  #answersErrors({ socket, response }: Connection): boolean {
    return socket.writable && !response && this.#server.listenerCount('clientError') === 0
  }

  /** Node's timers begin anew with every byte that comes, as it should be where a head is arriving. */
  #leaveTimeoutToNode(record: Connection): void {
    const { idleWait } = this.#context
    record.timed = false
    if (idleWait > 0) record.socket.setTimeout(idleWait)
  }

  /**
   * @param fin - how our FIN comes for the client; left out, what arrives after it is no request.
   * @param status - of the response that was the last one.
   */
  #end(
    record: Connection,
    reason: CloseReason,
    fin?: 'announced' | 'silent',
    linger: number = this.#context.policy.linger,
    status?: number,
  ): void {
    const { socket } = record
    record.dropHeld()
    record.close(reason, status)
    // Listeners for the idle timer are told, as by Node, but need not close.
    if (reason === 'idle-timeout') this.#pass('timeout', socket)
    if (socket.destroyed) return
    if (linger === 0) Socket.prototype.destroySoon.call(socket)
    else endAndLinger(socket, linger, fin && ((count) => record.arriveLate(count, fin === 'announced')))
  }
}

function whyLast(record: Connection, req: IncomingMessage): CloseReason {
  // A half-closed client cannot send another request: that is asking too.
  const { clientEnded, verdict } = record.marks
  return clientEnded || asksToClose(req) ? 'client-asked' : (verdict ?? 'app')
}

/** Why Node answers an error in the app's place, if it does. */
function whyRefused(record: Connection, code: string): CloseReason | undefined {
  if (code === requestTimeout)
    return record.response || record.marks.unread ? 'request-timeout' : 'header-timeout'
  return code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE' ? 'bad-request' : undefined
}

/** RFC 9112 §9.3: `close` ends the connection, and so does HTTP/1.0 without `keep-alive`. */
function asksToClose(req: IncomingMessage): boolean {
  const { connection = '' } = req.headers
  if (connection === 'close') return true
  const options = connection
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
  return options.includes('close') || (req.httpVersion === '1.0' && !options.includes('keep-alive'))
}
