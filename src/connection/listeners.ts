import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Connection } from './connection.ts'
import { forget, recordOf, remember } from './registry.ts'

// One function for all sockets, not a closure for each: a connection costs a record, and little else. For the same
// reason no listeners: Node has two of its own for 'end' and for 'close', and a third makes their list grow to room
// for 19, for as long as the socket lives.

type Emit = (this: Socket, event: string | symbol, ...args: unknown[]) => boolean

/** Follows the socket that requests come by. */
export function follow(socket: Socket, record: Connection): void {
  followRaw(socket, record)
  cover(socket, 'destroySoon', destroySoon)
}

/** Follows a socket that only carries TLS. */
export function followRaw(socket: Socket, record: Connection): void {
  remember(socket, record)
  cover(
    socket,
    'emit',
    (Object.hasOwn(socket, 'emit') ? watched(socket.emit as Emit) : watchedEmit) as Socket['emit'],
  )
}

/** Leaves a socket to Node alone. */
export function unfollow(socket: Socket): void {
  forget(socket)
  uncover(socket, 'emit')
  giveBack(socket)
}

/** Leaves a socket's end to whoever has it now. */
export function giveBack(socket: Socket): void {
  uncover(socket, 'destroySoon')
}

/** Follows a response to its end. */
export function followResponse(res: ServerResponse): void {
  res.on('close', onResponseClose)
}

type Name = 'emit' | 'destroySoon'

/** What of the two a socket had of its own before: from an app or a tracer, where the kit came later. */
const displaced = new WeakMap<Socket, Partial<Record<Name, PropertyDescriptor>>>()

/** Our functions that stand before one of those. */
const ours = new WeakSet<object>([watchedEmit, destroySoon])

/** Puts a function before the one of the socket's class. Assigned, as Node's own `on` is: defining costs many times more. */
function cover<N extends Name>(socket: Socket, name: N, value: Socket[N]): void {
  if (Object.hasOwn(socket, name)) {
    const before = Object.getOwnPropertyDescriptor(socket, name)
    displaced.set(socket, { ...displaced.get(socket), [name]: before })
  }
  socket[name] = value
}

/** Takes it away, unless somebody has wrapped it since. */
function uncover(socket: Socket, name: Name): void {
  if (!ours.has(socket[name])) return
  const before = displaced.get(socket)?.[name]
  if (before) Object.defineProperty(socket, name, before)
  else delete (socket as { [key in Name]?: unknown })[name]
}

const emit = Socket.prototype.emit as Emit

/** Sees the end and the close before their listeners: so it knows whether our side had ended before, which Node's end. */
function watchedEmit(this: Socket, event: string | symbol, ...args: unknown[]): boolean {
  if (event === 'end' || event === 'close') see(this, event)
  return emit.call(this, event, ...args)
}

/** The same before a socket's own. */
function watched(own: Emit): Emit {
  function watchedOwn(this: Socket, event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'end' || event === 'close') see(this, event)
    return own.call(this, event, ...args)
  }
  ours.add(watchedOwn)
  return watchedOwn
}

function see(socket: Socket, event: 'end' | 'close'): void {
  const record = recordOf(socket)
  // A socket that only carries TLS is not the record's any more once the handshake is done.
  if (record?.socket !== socket) return
  if (event === 'close') record.keeper.closed(record)
  else if (record.handshake === undefined) record.endByClient(!socket.writableEnded)
}

function onResponseClose(this: ServerResponse): void {
  const record = recordOf(this.req?.socket)
  record?.keeper.responseOver(record, this)
}

function destroySoon(this: Socket): void {
  const record = recordOf(this)
  if (record) record.keeper.lastSent(record)
  else Socket.prototype.destroySoon.call(this)
}
