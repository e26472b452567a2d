import type { IncomingMessage, Server } from 'node:http'
import { Socket } from 'node:net'
import type { Connection } from '../connection/connection.ts'
import { lastLook } from '../connection/last-look.ts'
import { endAndLinger } from '../connection/linger.ts'
import { recordOf } from '../connection/registry.ts'
import type { CloseReason } from '../reasons.ts'
import type { Context } from './context.ts'
import type { Emit } from './tap.ts'
import { missingBuffer } from './timeouts.ts'

/** How the server ends connections: after a response, on the idle timer, on errors and timeouts. */
export class Closer {
  readonly #context: Context
  readonly #pass: Emit
  readonly #missingBuffer: number

  constructor(server: Server, context: Context, pass: Emit) {
    this.#context = context
    this.#pass = pass
    this.#missingBuffer = missingBuffer(server, context.policy)
  }

  /** Node has sent a response that is the last, or an error of its own. */
  lastSent(record: Connection): void {
    if (record.state === 'closing') return
    const { response } = record
    if (!response) record.refuse()
    this.#end(record, response ? whyLast(record, response.req) : 'bad-request')
  }

  /** Answers Node's question whether somebody takes care of a socket's timeout. */
  timeout(socket: Socket): boolean {
    const record = recordOf(socket)
    if (record?.state !== 'idle') {
      if (record) record.inactive = true
      return this.#pass('timeout', socket)
    }
    const { keepAliveTimeout, keepAliveTimeoutBuffer } = this.#context.policy
    const wait = keepAliveTimeout + keepAliveTimeoutBuffer
    const early = wait - record.idleFor()
    if (this.#missingBuffer > 0 && early > 1) socket.setTimeout(early)
    else this.#closeUnlessBytesCame(record, this.#idleReason(), wait)
    return true
  }

  clientError(error: NodeJS.ErrnoException, socket: Socket): boolean {
    const record = recordOf(socket)
    const { code = '' } = error
    if (record?.state === 'closing') {
      // The parser was taken off in the middle of a message: that is no client's error.
      if (code.startsWith('HPE_')) return true
    } else if (record && code === 'ERR_HTTP_REQUEST_TIMEOUT') {
      if (record.state === 'new' && socket.bytesRead === 0) {
        // Node would send a 408 that nobody asked for, which a client with a pool takes for its next answer.
        this.#closeUnlessBytesCame(record, 'header-timeout', this.#context.policy.headersTimeout)
        return true
      }
      record.refuse()
      record.close(record.response ? 'request-timeout' : 'header-timeout')
    } else if (record) {
      record.errorCode ??= code
      if (code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE') record.refuse()
    }
    return this.#pass('clientError', error, socket)
  }

  #idleReason(): CloseReason {
    return this.#context.policy.keepAliveTimeout > 0 ? 'idle-timeout' : 'inactivity'
  }

  /** The idle close: last look, then half-close and linger. */
  #closeUnlessBytesCame(record: Connection, reason: CloseReason, wait: number): void {
    const { socket, state } = record
    lastLook(socket, this.#context.clock, (quiet) => {
      if (socket.destroyed || record.state !== state) return
      // A part of a head came. The next request clears the timer; until then nothing else would end the wait.
      if (!quiet) return void socket.setTimeout(wait)
      this.#end(record, reason, () => state === 'idle' && this.#pass('timeout', socket))
    })
  }

  #end(record: Connection, reason: CloseReason, tell?: () => unknown): void {
    const { socket } = record
    const held = record.pipeline?.clear().length
    if (held) record.drop(held)
    const inBody = record.response?.req.complete === false
    record.close(reason)
    tell?.()
    if (socket.destroyed) return
    const { linger } = this.#context.policy
    if (linger === 0) Socket.prototype.destroySoon.call(socket)
    else endAndLinger(socket, linger, inBody ? undefined : (count) => record.arriveLate(count))
  }
}

function whyLast(record: Connection, req: IncomingMessage): CloseReason {
  return asksToClose(req) ? 'client-asked' : (record.verdict ?? 'app')
}

/** RFC 9112 §9.3: `close` ends the connection, and so does HTTP/1.0 without `keep-alive`. */
function asksToClose(req: IncomingMessage): boolean {
  const options = (req.headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
  return options.includes('close') || (req.httpVersion === '1.0' && !options.includes('keep-alive'))
}
