import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Connection } from '../connection/connection.ts'
import type { ConnectionRecord } from '../connection/record.ts'
import { http1ConnectionOf, recordOf } from '../connection/registry.ts'
import type { Emit, Surroundings } from '../connection/surroundings.ts'
import { canCarry, carrierOf, keepPeer, openSockets } from '../node/internals.ts'
import { isHttp2, isSecure } from '../node/server-kind.ts'
import { Http2Hooks, isForHttp1 } from './http2-hooks.ts'
import { sessionOf } from './session-hooks.ts'
import { follow, followCarrier } from './socket-hooks.ts'

/** What the kit hears of a server itself. */
export interface ServerEvents {
  /** The app has called `close()`, or something else has: the server does not listen any more. */
  closing(): void
  /**
   * Somebody calls `close()`.
   *
   * @returns whether the kit has closed the server before without the app's knowing: to the app this call is the first.
   */
  closeAsked(): boolean
  listening(): void
  /**
   * It is done with its last connection.
   *
   * @returns whether the app is to hear of it.
   */
  closed(): boolean
}

/**
 * Each event of a server, to one method of one connection.
 *
 * Listeners would not do. One cannot keep a request from the handlers after it, which a request pipelined behind a
 * closing response must be; and one for 'timeout' or 'clientError' displaces what Node does by default. So the server
 * gets an `emit` of its own, hidden from enumeration, as tracing libraries do; and a `close`, since no event tells that
 * a server has stopped to listen.
 */
export class ServerHooks {
  /** Emits an event to the app's listeners. */
  readonly emit: Emit
  readonly #server: Server
  readonly #events: ServerEvents
  readonly #isTls: boolean
  readonly #remove: (() => void)[]
  readonly #http2: Http2Hooks | undefined
  #around: Surroundings<ConnectionRecord> | undefined

  constructor(server: Server, events: ServerEvents) {
    this.emit = (server.emit as Emit).bind(server)
    this.#server = server
    this.#events = events
    this.#isTls = isSecure(server)
    if (isHttp2(server)) {
      const { emit } = this
      this.#http2 = new Http2Hooks({
        emit,
        around: () => this.#around,
        meet: (socket) => this.#meet(socket),
      })
    }
    const watched = this.#watchedEmit()
    this.#remove = [
      cover(server, 'emit', this.#http2?.watchedEmit(watched) ?? watched),
      cover(server, 'close', this.#watchedClose()),
    ]
  }

  /** Begins to hear, also of the connections that are open already. */
  start(around: Surroundings<ConnectionRecord>): void {
    this.#around = around
    for (const socket of openSockets(this.#server)) if (!recordOf(socket)) this.#adopt(socket)
  }

  /** Takes the hooks away. */
  stop(): void {
    this.#around = undefined
    for (const remove of this.#remove) remove()
  }

  /** A request that was already on its way through the app when the kit was attached. */
  requestJoined(req: IncomingMessage, res: ServerResponse): void {
    const connection = this.#connectionOf(req)
    // What an app makes of an upgrade to route it by its handlers (express-ws) is no request.
    if ((req as { upgrade?: unknown }).upgrade === true) connection?.upgraded()
    else connection?.requestJoined(req, res)
  }

  /** The same of HTTP/2. */
  streamJoined(req: Http2ServerRequest): void {
    this.#http2?.requestJoined(req)
  }

  #watchedEmit(): Emit {
    const { emit } = this
    return (event, ...args) => {
      if (!this.#around) return emit(event, ...args)
      if (event !== 'request') return this.#other(event, args)
      // By index: destructuring iterates.
      const req = args[0] as IncomingMessage
      const res = args[1] as ServerResponse
      const connection = this.#connectionOf(req)
      if (!connection) return emit(event, ...args)
      return args.length > 2
        ? connection.requestArrived(event, req, res, args.slice(2))
        : connection.requestArrived(event, req, res)
    }
  }

  #watchedClose(): (...args: unknown[]) => unknown {
    const close = this.#server.close as (...args: unknown[]) => unknown
    const [server, events] = [this.#server, this.#events]
    return function closeServer(this: unknown, ...args) {
      const wasListening = server.listening
      const [done] = args
      const isFirst = events.closeAsked()
      const result = close.apply(
        this,
        isFirst && typeof done === 'function' ? [(error?: unknown) => done(...noLate(error))] : args,
      )
      if (wasListening && !server.listening) events.closing()
      return result
    }
  }

  #other(event: string | symbol, args: unknown[]): boolean {
    const { emit } = this
    switch (event) {
      case 'checkContinue':
      case 'checkExpectation': {
        const [req, res, ...more] = args as [IncomingMessage, ServerResponse]
        const connection = this.#connectionOf(req)
        return connection ? connection.requestArrived(event, req, res, more) : emit(event, ...args)
      }
      case 'connection':
        this.#accept(args[0] as Socket)
        break
      case 'secureConnection':
        this.#secure(args[0] as TLSSocket)
        break
      case 'upgrade':
      case 'connect':
        // Not the second argument: that is the socket only where no body comes before it.
        http1ConnectionOf((args[0] as IncomingMessage).socket)?.upgraded()
        break
      case 'dropRequest':
        http1ConnectionOf(args[1] as Socket)?.requestDropped()
        break
      case 'timeout':
        return (
          (sessionOf(args[0]) ?? http1ConnectionOf(args[0] as Socket))?.timeoutFired() ?? emit(event, ...args)
        )
      case 'clientError':
        return http1ConnectionOf(args[1] as Socket)?.clientError(args[0] as Error) ?? emit(event, ...args)
      case 'tlsClientError':
        recordOf(carrierOf(args[1] as TLSSocket))?.failed((args[0] as NodeJS.ErrnoException).code ?? '')
        break
      case 'listening':
        this.#events.listening()
        break
      case 'close':
        if (!this.#events.closed()) return false
        break
    }
    return emit(event, ...args)
  }

  #accept(socket: Socket): void {
    const around = this.#around!
    const known = http1ConnectionOf(socket)
    // One server of the kit hands it to another: to serve http and https on one port, for one.
    if (known && known.state !== 'closed' && known.handedOver(around, this.#isTls)) return
    // A peer that has gone already. Without TLS Node tells of its end at once.
    if (this.#isTls && (socket.remotePort === undefined || !canCarry(socket))) return
    const connection = this.#arrive(socket, false, this.#isTls)
    // A plain socket of an HTTP/2 server carries a session.
    if (this.#isTls || this.#http2) followCarrier(socket, connection)
    else follow(socket, connection)
  }

  #secure(socket: TLSSocket): void {
    // Bun gives the same socket twice.
    const accepted = http1ConnectionOf(carrierOf(socket) ?? socket)
    const isAccepted = accepted && accepted.state !== 'closed' && accepted.server === this.#server
    const connection = isAccepted ? accepted : this.#arrive(socket, false, false)
    // Whoever serves http and https on one port hands plain sockets over too.
    connection.secured(socket, socket.getProtocol?.() ?? null)
    if (this.#http2 && !isForHttp1(socket)) followCarrier(socket, connection)
    else follow(socket, connection)
  }

  /** Of a request that came by this server, and not by another one that the app has taken it from. */
  #connectionOf({ socket }: IncomingMessage): Connection | undefined {
    const connection = http1ConnectionOf(socket) ?? this.#adopt(socket)
    return connection?.server === this.#server ? connection : undefined
  }

  /** Takes in a connection that was open before the kit was attached. */
  #adopt(socket: Socket | undefined | null): Connection | undefined {
    // An app may emit requests that came by no connection at all. Node puts the server on each socket of its own.
    const { server } = (socket ?? {}) as { server?: unknown }
    if (!socket || server !== this.#server || socket.destroyed) return undefined
    const connection = this.#meet(socket)
    follow(socket, connection)
    return connection
  }

  #meet(socket: Socket): Connection {
    const connection = this.#arrive(socket, true, false)
    if (this.#isTls) connection.secured(socket, (socket as TLSSocket).getProtocol?.() ?? null)
    return connection
  }

  /**
   * @param midway - in the middle of requests, with an unknown past.
   * @param handshaking - the socket carries a TLS handshake.
   */
  #arrive(socket: Socket, midway: boolean, handshaking: boolean): Connection {
    const around = this.#around!
    const { tcpKeepAlive } = around.policy
    if (tcpKeepAlive > 0) socket.setKeepAlive?.(true, tcpKeepAlive)
    keepPeer(socket)
    const openedAt = around.clock.now()
    return new Connection(socket, around, { openedAt, midway, handshaking })
  }
}

/** What the callback of a first `close()` gets: Node holds against it that the kit has closed the server already. */
function noLate(error: unknown): unknown[] {
  const isLate = (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_SERVER_NOT_RUNNING'
  return error === undefined || isLate ? [] : [error]
}

/** Puts a method of its own on a server, hidden; gives back what takes it away. */
function cover(server: Server, name: 'emit' | 'close', method: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(server, name)
  Object.defineProperty(server, name, { value: method, configurable: true, writable: true })
  return () => {
    // Somebody may have wrapped ours since: then it stays in their chain and only passes on.
    if (server[name] !== method) return
    if (before) Object.defineProperty(server, name, before)
    else delete (server as { [key in typeof name]?: unknown })[name]
  }
}
