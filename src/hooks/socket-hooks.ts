import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { ConnectionRecord } from '../connection/record.ts'
import { forget, http1ConnectionOf, recordOf, remember } from '../connection/registry.ts'
import type { ResponseFollower } from '../connection/surroundings.ts'

// Each event of a socket becomes a call of one method of its connection. One function serves all sockets, not a closure each,
// to keep connections small. For the same reason the kit adds no listeners: Node has two of its own for 'end' and for 'close',
// and a third one makes the list grow to 19 places for the life of the socket.

type Emit = (this: Socket, event: string | symbol, ...args: unknown[]) => boolean
type SetTimeout = (this: Socket, timeout: number, callback?: () => void) => Socket

// The functions are assigned by name, as Node assigns its own `on`: defineProperty costs many times more.

/** Follows the socket that requests come by. */
export function follow(socket: Socket, connection: ConnectionRecord): void {
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
  if (setTimeout === ownSetTimeout) {
    socket.setTimeout = watchedSetTimeout
    // An app that emits connections itself may use streams without timeouts.
  } else if (typeof setTimeout === 'function' && !ours.has(setTimeout)) {
    keepOwn(socket, 'setTimeout')
    socket.setTimeout = watchSetTimeout(setTimeout)
  }
}

/** Follows a socket that only carries TLS. */
export function followCarrier(socket: Socket, connection: ConnectionRecord): void {
  remember(socket, connection)
  const { emit } = socket
  if (emit === ownEmit) {
    socket.emit = watchedEmit
  } else if (!ours.has(emit)) {
    keepOwn(socket, 'emit')
    socket.emit = watchEmit(emit)
  }
}

/** Leaves a socket to Node alone. */
export function unfollow(socket: Socket): void {
  forget(socket)
  uncover(socket, 'emit')
  giveBack(socket)
}

/** Gives the timeouts and the end of a socket back to its owner. */
export function giveBack(socket: Socket): void {
  uncover(socket, 'destroySoon')
  uncover(socket, 'setTimeout')
}

/** Whether the socket can report the end of the response: Node arms an idle timer on it. */
export function isFollowed({ socket, req }: ServerResponse): boolean {
  return socket !== null && socket === req?.socket && socket.setTimeout !== undefined
}

/** Follows the response itself to its end, where Node arms no idle timer after it. */
export function followResponse(res: ServerResponse, by: ResponseFollower): void {
  if (followers.get(res) === by) return
  followers.set(res, by)
  // A function of its own: what the app has wrapped is not what emits.
  res.on('close', () => by.responseClosed(res))
}

/** Not put on the response, which may be sealed. */
const followers = new WeakMap<ServerResponse, ResponseFollower>()

type Name = 'emit' | 'destroySoon' | 'setTimeout'

/** Own methods that a socket had before the kit: set by the app or a tracer. */
const displaced = new WeakMap<Socket, Partial<Record<Name, PropertyDescriptor>>>()

/** The functions of the kit. */
const ours = new WeakSet<object>([watchedEmit, destroySoon, watchedSetTimeout])

/** Keeps an own method of a socket before the kit replaces it. Not called for Node's methods, because the check costs. */
function keepOwn(socket: Socket, name: Name): void {
  if (ours.has(socket[name]) || !Object.hasOwn(socket, name)) return
  const before = Object.getOwnPropertyDescriptor(socket, name)
  displaced.set(socket, { ...displaced.get(socket), [name]: before })
}

/** Removes the kit's method, unless other code has wrapped it since. */
function uncover(socket: Socket, name: Name): void {
  if (!ours.has(socket[name])) return
  const before = displaced.get(socket)?.[name]
  if (before) Object.defineProperty(socket, name, before)
  else delete (socket as { [key in Name]?: unknown })[name]
}

const ownEmit = Socket.prototype.emit as Emit
const ownSetTimeout = Socket.prototype.setTimeout as SetTimeout
const ownDestroySoon = Socket.prototype.destroySoon

/** Runs before the listeners of an event: Node's own listeners may end our side, and the order matters. */
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
  // Once the TLS handshake is done, the raw socket only carries the TLS socket.
  if (connection?.socket !== socket) return
  if (event === 'close') connection.socketClosed()
  else if (event === 'end') connection.peerEnded()
  else connection.finSent()
}

/**
 * Node sets the idle timeout right after the end of a response, and lifts it at the next request.
 * So the kit learns of the response's end here: a listener for each response would cost as much as everything else that the
 * kit does for a request. And if the pool keeps the timeout, Node makes no timer for each response.
 */
function watchedSetTimeout(this: Socket, timeout: number, callback?: () => void): Socket {
  const isKept = http1ConnectionOf(this)?.timeoutSet(timeout, callback !== undefined)
  if (!isKept) return ownSetTimeout.call(this, timeout, callback)
  // Another timeout may run: server.timeout, or the app's own.
  if (timeout > 0 && this.timeout) ownSetTimeout.call(this, 0)
  ;(this as { timeout?: number }).timeout = timeout
  return this
}

/** Wraps another function, which must be called: so Node keeps the timeouts. */
function watchSetTimeout(setTimeout: SetTimeout): SetTimeout {
  function watched(this: Socket, timeout: number, callback?: () => void): Socket {
    setTimeout.call(this, timeout, callback)
    http1ConnectionOf(this)?.responseMayHaveEnded()
    return this
  }
  ours.add(watched)
  return watched
}

/** Node calls it to end the socket after the last response. */
function destroySoon(this: Socket): void {
  const connection = http1ConnectionOf(this)
  if (connection) connection.socketEndRequested()
  else ownDestroySoon.call(this)
}
