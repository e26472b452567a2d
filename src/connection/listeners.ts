import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Connection } from './connection.ts'
import { forget, recordOf, remember } from './registry.ts'

// One function for all sockets, not a closure for each: a connection costs a record, and little else.

/** Follows the socket that requests come by. */
export function follow(socket: Socket, record: Connection): void {
  followRaw(socket, record)
  // First, so that it still sees whether our side had ended before: Node's own listener ends it.
  socket.prependListener('end', onEnd)
  Object.defineProperty(socket, 'destroySoon', { value: destroySoon, configurable: true, writable: true })
}

/** Follows a socket that only carries TLS. */
export function followRaw(socket: Socket, record: Connection): void {
  remember(socket, record)
  socket.on('close', onClose)
}

/** Leaves a socket to Node alone. */
export function unfollow(socket: Socket): void {
  forget(socket)
  socket.off('close', onClose)
  socket.off('end', onEnd)
  giveBack(socket)
}

/** Leaves a socket's end to whoever has it now. */
export function giveBack(socket: Socket): void {
  if ((socket.destroySoon as unknown) === destroySoon)
    delete (socket as { destroySoon?: unknown }).destroySoon
}

/** Follows a response to its end. */
export function followResponse(res: ServerResponse): void {
  res.on('close', onResponseClose)
}

function onEnd(this: Socket): void {
  recordOf(this)?.endByClient(!this.writableEnded)
}

function onClose(this: Socket): void {
  const record = recordOf(this)
  if (record?.socket === this) record.keeper.closed(record)
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
