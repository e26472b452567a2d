import type { IncomingMessage, Server } from 'node:http'
import { Socket } from 'node:net'
import type { Connection } from '../connection/connection.ts'
import { endAndLinger } from '../connection/linger.ts'
import { recordOf } from '../connection/registry.ts'
import type { CloseReason } from '../reasons.ts'
import type { Context } from './context.ts'
import { errorAnswer } from './error-answer.ts'
import type { Emit } from './tap.ts'
import { missingBuffer } from './timeouts.ts'

/** How the server ends connections: after a response, while they wait, on errors and timeouts. */
export class Closer {
  readonly #server: Server
  readonly #context: Context
  readonly #pass: Emit
  readonly #missingBuffer: number

  constructor(server: Server, context: Context, pass: Emit) {
    this.#server = server
    this.#context = context
    this.#pass = pass
    this.#missingBuffer = missingBuffer(server, context.policy)
  }

  /** Node has sent a response that is the last, or an error of its own. */
  lastSent(record: Connection): void {
    if (record.state === 'closing') return
    const { response } = record
    if (!response) record.refuse()
    const countsLate = response?.req.complete !== false
    this.#end(record, response ? whyLast(record, response.req) : 'bad-request', countsLate)
  }

  /** The idle close: last look, then half-close and linger. */
  closeWaiting(record: Connection, reason: CloseReason): void {
    const { socket, state } = record
    const { waiting } = this.#context
    waiting.remove(record)
    if (record.handshaking) {
      record.close(reason)
      socket.destroy()
      return
    }
    // A head is arriving, and has its own timeout.
    if (state === 'new' && record.bytesRead() > 0) return
    const lastLook = reason === 'idle-timeout' ? this.#context.leisurelyLook : this.#context.promptLook
    lastLook.look(socket, (quiet) => {
      if (socket.destroyed || record.state !== state) return
      if (quiet) {
        this.#end(record, reason, true)
      } else {
        // A part of a head came. The next request clears the timer; until then nothing else would end the wait.
        waiting.add(record)
        socket.setTimeout(this.#longestWait(record))
      }
    })
  }

  /** Answers Node's question whether somebody takes care of a socket's timeout. */
  timeout(socket: Socket): boolean {
    const record = recordOf(socket)
    if (record?.state !== 'idle') {
      if (record) record.inactive = true
      return this.#pass('timeout', socket)
    }
    const early = this.#longestWait(record) - record.idleFor()
    if (this.#missingBuffer > 0 && early > 1) socket.setTimeout(early)
    else this.closeWaiting(record, this.#context.policy.keepAliveTimeout > 0 ? 'idle-timeout' : 'inactivity')
    return true
  }

  clientError(error: NodeJS.ErrnoException, socket: Socket): boolean {
    const record = recordOf(socket)
    const { code = '' } = error
    if (!record) return this.#pass('clientError', error, socket)
    // The parser was taken off in the middle of a message: that is no client's error.
    if (record.state === 'closing' && code.startsWith('HPE_')) return true
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT' && record.state === 'new' && record.bytesRead() === 0) {
      // Node would send a 408 that nobody asked for, which a client with a pool takes for its next answer.
      this.closeWaiting(record, 'header-timeout')
      return true
    }
    const reason = whyRefused(record, code)
    if (reason) record.refuse()
    else record.errorCode ??= code
    if (reason && this.#answersErrors(record)) {
      socket.write(errorAnswer(code))
      this.#end(record, reason, false)
      return true
    }
    if (reason) record.close(reason)
    return this.#pass('clientError', error, socket)
  }

  /** As Node's default: an error can be answered unless a response has begun, or somebody else does it. */
  #answersErrors(record: Connection): boolean {
    return (
      record.socket.writable &&
      !record.response?.headersSent &&
      this.#server.listenerCount('clientError') === 0
    )
  }

  #longestWait({ state }: Connection): number {
    const { keepAliveTimeout, keepAliveTimeoutBuffer, headersTimeout } = this.#context.policy
    return state === 'new' ? headersTimeout : keepAliveTimeout + keepAliveTimeoutBuffer
  }

  #end(record: Connection, reason: CloseReason, countsLate: boolean): void {
    const { socket } = record
    const held = record.pipeline?.clear().length
    if (held) record.drop(held)
    record.close(reason)
    // Listeners for the idle timer are told, as by Node, but need not close.
    if (reason === 'idle-timeout') this.#pass('timeout', socket)
    if (socket.destroyed) return
    const { linger } = this.#context.policy
    if (linger === 0) Socket.prototype.destroySoon.call(socket)
    else endAndLinger(socket, linger, countsLate ? (count) => record.arriveLate(count) : undefined)
  }
}

function whyLast(record: Connection, req: IncomingMessage): CloseReason {
  return asksToClose(req) ? 'client-asked' : (record.verdict ?? 'app')
}

/** Why Node answers an error in the app's place, if it does. */
function whyRefused(record: Connection, code: string): CloseReason | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return record.response ? 'request-timeout' : 'header-timeout'
  return code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE' ? 'bad-request' : undefined
}

/** RFC 9112 §9.3: `close` ends the connection, and so does HTTP/1.0 without `keep-alive`. */
function asksToClose(req: IncomingMessage): boolean {
  const options = (req.headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
  return options.includes('close') || (req.httpVersion === '1.0' && !options.includes('keep-alive'))
}
