import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Connection } from '../connection/connection.ts'
import { forget, recordOf, remember } from '../connection/registry.ts'

// Each event of a socket, to one method of its connection. One function for all sockets, not a closure for each: a
// connection costs a record, and little else. For the same reason no listeners: Node has two of its own for 'end' and
// for 'close', and a third makes their list grow to room for 19, for as long as the socket lives.

type Emit = (this: Socket, event: string | symbol, ...args: unknown[]) => boolean
type SetTimeout = (this: Socket, timeout: number, callback?: () => void) => Socket

// Our functions are assigned, as Node's own `on` is, and by their names: to define them would cost many times more.

/** Follows the socket that requests come by. */
export function follow(socket: Socket, connection: Connection): void {
  followCarrier(socket, connection)
  try {
    followEnds(socket)
  } catch {
    // Its methods cannot be replaced: its responses report their ends instead.
  }
}

function followEnds(socket: Socket): void {
  if (socket.destroySoon !== ownDestroySoon) keepOwn(socket, 'destroySoon')
  socket.destroySoon = destroySoon
  const { setTimeout } = socket
  // Whoever emits connections of his own may have streams that know no timeouts.
  if (typeof setTimeout !== 'function' || ours.has(setTimeout)) return
  if (setTimeout !== ownSetTimeout) keepOwn(socket, 'setTimeout')
  socket.setTimeout = setTimeout === ownSetTimeout ? watchedSetTimeout : watchSetTimeout(setTimeout)
}

/** Follows a socket that only carries TLS. */
export function followCarrier(socket: Socket, connection: Connection): void {
  remember(socket, connection)
  const { emit } = socket
  if (ours.has(emit)) return
  if (emit !== ownEmit) keepOwn(socket, 'emit')
  socket.emit = emit === ownEmit ? watchedEmit : watchEmit(emit)
}

/** Leaves a socket to Node alone. */
export function unfollow(socket: Socket): void {
  forget(socket)
  uncover(socket, 'emit')
  giveBack(socket)
}

/** Leaves a socket's timeouts and its end to whoever has it now. */
export function giveBack(socket: Socket): void {
  uncover(socket, 'destroySoon')
  uncover(socket, 'setTimeout')
}

/** Whether the socket of a response can tell of its end: as long as it is the one that Node arms an idle timer on. */
export function isFollowed({ socket, req }: ServerResponse): boolean {
  return socket !== null && socket === req.socket && socket.setTimeout !== undefined
}

/** Follows a response to its end by itself: where Node may go on to another one, or to none, instead of waiting. */
export function followResponse(res: ServerResponse): void {
  if (!res.listeners('close').includes(onResponseClose)) res.on('close', onResponseClose)
}

type Name = 'emit' | 'destroySoon' | 'setTimeout'

/** What of these a socket had of its own before: from an app or a tracer, where the kit came later. */
const displaced = new WeakMap<Socket, Partial<Record<Name, PropertyDescriptor>>>()

/** Our functions that stand before one of those. */
const ours = new WeakSet<object>([watchedEmit, destroySoon, watchedSetTimeout])

/** Keeps what a socket has of its own, before ours takes its place. Not asked of what is Node's: asking costs. */
function keepOwn(socket: Socket, name: Name): void {
  if (ours.has(socket[name]) || !Object.hasOwn(socket, name)) return
  const before = Object.getOwnPropertyDescriptor(socket, name)
  displaced.set(socket, { ...displaced.get(socket), [name]: before })
}

/** Takes it away, unless somebody has wrapped it since. */
function uncover(socket: Socket, name: Name): void {
  if (!ours.has(socket[name])) return
  const before = displaced.get(socket)?.[name]
  if (before) Object.defineProperty(socket, name, before)
  else delete (socket as { [key in Name]?: unknown })[name]
}

const ownEmit = Socket.prototype.emit as Emit
const ownSetTimeout = Socket.prototype.setTimeout as SetTimeout
const ownDestroySoon = Socket.prototype.destroySoon

/** Sees an event before its listeners do: so it knows whether our side had ended before, which Node's listeners end. */
function watchedEmit(this: Socket, event: string | symbol, ...args: unknown[]): boolean {
  if (event === 'end' || event === 'finish' || event === 'close') noteSocketEvent(this, event)
  return ownEmit.call(this, event, ...args)
}

/** The same before another. */
function watchEmit(emit: Emit): Emit {
  function watched(this: Socket, event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'end' || event === 'finish' || event === 'close') noteSocketEvent(this, event)
    return emit.call(this, event, ...args)
  }
  ours.add(watched)
  return watched
}

function noteSocketEvent(socket: Socket, event: 'end' | 'finish' | 'close'): void {
  const connection = recordOf(socket)
  // A socket that only carries TLS is not the connection's any more once the handshake is done.
  if (connection?.socket !== socket) return
  if (event === 'close') connection.socketClosed()
  else if (event === 'end') connection.peerEnded()
  else connection.finSent()
}

/**
 * Node sets the idle timeout right after the end of a response, and lifts it at the next request.
 * So the connection learns here of a response's end: a listener for each would cost as much as all else that the kit
 * does for a request. And where the pool keeps the timeout, Node has no timer to make for each response.
 */
function watchedSetTimeout(this: Socket, timeout: number, callback?: () => void): Socket {
  const isKept = recordOf(this)?.timeoutSet(timeout, callback !== undefined)
  if (!isKept) return ownSetTimeout.call(this, timeout, callback)
  // Another may run: server.timeout, or one of the app's.
  if (timeout > 0 && this.timeout) ownSetTimeout.call(this, 0)
  ;(this as { timeout?: number }).timeout = timeout
  return this
}

/** Before another, which has to be called: so Node keeps the timeouts. */
function watchSetTimeout(setTimeout: SetTimeout): SetTimeout {
  function watched(this: Socket, timeout: number, callback?: () => void): Socket {
    setTimeout.call(this, timeout, callback)
    recordOf(this)?.responseMayHaveEnded()
    return this
  }
  ours.add(watched)
  return watched
}

function onResponseClose(this: ServerResponse): void {
  recordOf(this.req?.socket)?.responseClosed(this)
}

/** Node ends the socket by it after a response that is the last. */
function destroySoon(this: Socket): void {
  const connection = recordOf(this)
  if (connection) connection.socketEndRequested()
  else ownDestroySoon.call(this)
}
