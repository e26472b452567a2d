import type { Http2ServerRequest, ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ConnectionRecord } from '../connection/record.ts'
import { recordOf, recordOfStream } from '../connection/registry.ts'
import type { Emit, Surroundings } from '../connection/surroundings.ts'
import { Session } from '../http2/session.ts'
import { carrierOfSession } from '../node/internals.ts'
import { followSession, type StreamArguments, sessionOf } from './session-hooks.ts'
import { followCarrier } from './socket-hooks.ts'

/** What the hooks of an HTTP/2 server take from those that all servers have. */
export interface Http2Source {
  /** Emits an event to the app's listeners. */
  readonly emit: Emit
  around(): Surroundings<ConnectionRecord> | undefined
  /** Takes in a connection that was open before the kit was attached. */
  meet(socket: Socket): ConnectionRecord
}

/**
 * The events that an HTTP/2 server has beside those of any other. Each connection begins as one of HTTP/1.1; where Node finds
 * that it speaks HTTP/2, a session takes its record over.
 */
export class Http2Hooks {
  readonly #source: Http2Source
  /** The socket whose arrival is being emitted: a session may begin on it. */
  #arriving: Socket | undefined

  constructor(source: Http2Source) {
    this.#source = source
  }

  /** The events of each request first: these cost. @param other - whatever is not of HTTP/2 alone. */
  watchedEmit(other: Emit): Emit {
    const { emit } = this.#source
    return (event, ...args) => {
      if (event === 'stream') return this.#meet(args as unknown as StreamArguments) && emit(event, ...args)
      if (isOfStream(args[0])) return emit(event, ...args)
      if (event === 'session') this.#begin(args[0] as ServerHttp2Session)
      if (event !== 'connection' && event !== 'secureConnection') return other(event, ...args)
      this.#arriving = args[0] as Socket
      try {
        return other(event, ...args)
      } finally {
        this.#arriving = undefined
      }
    }
  }

  /** A request that was already on its way through the app when the kit was attached. */
  requestJoined({ stream, headers, rawHeaders }: Http2ServerRequest): void {
    this.#meet([stream, headers, 0, rawHeaders])
  }

  #begin(session: ServerHttp2Session): void {
    const before = recordOf(this.#arriving)
    const around = this.#source.around()
    if (around && before?.server === around.server) this.#follow(session, this.#arriving!, before)
  }

  #follow(session: ServerHttp2Session, socket: Socket, before: ConnectionRecord): Session {
    const record = new Session(session, socket, this.#source.around()!, before)
    followSession(session, record)
    followCarrier(socket, record)
    return record
  }

  /** A stream, perhaps of a session that was open before the kit was attached. @returns whether the app is to see it. */
  #meet([stream, headers, , rawHeaders]: StreamArguments): boolean {
    const known = recordOfStream(stream)
    if ((known && known.state !== 'closed') || !this.#source.around()) return true
    const session = stream?.session as ServerHttp2Session | undefined
    if (!session || sessionOf(session)) return true
    const socket = carrierOfSession(session)
    if (!socket || socket.destroyed) return true
    const record = this.#follow(session, socket, this.#source.meet(socket))
    return record.streamArrived(stream, headers, rawHeaders)
  }
}

/** A request of HTTP/2's compatibility API: its session has heard of it as a stream. */
function isOfStream(req: unknown): boolean {
  return (req as { httpVersionMajor?: unknown } | undefined)?.httpVersionMajor === 2
}

/** Whether an HTTP/2 server speaks HTTP/1.1 on a socket, as Node decides it. */
export function isForHttp1({ alpnProtocol }: TLSSocket): boolean {
  return alpnProtocol === false || alpnProtocol === 'http/1.1'
}
