import type { Socket } from 'node:net'
import type { Connection } from './connection.ts'

/** A property of the socket itself: every request looks it up, and a WeakMap costs more. */
const key = Symbol('keepalive-kit.connection')

interface Marked {
  [key]?: Connection | undefined
}

/** The record of a socket, if the kit follows it. Takes whatever a framework may call a socket. */
export function recordOf(socket: Socket | undefined | null): Connection | undefined {
  return (socket as Marked | undefined | null)?.[key]
}

export function remember(socket: Socket, record: Connection): void {
  const marked = socket as Marked
  marked[key] = record
}

export function forget(socket: Socket): void {
  delete (socket as Marked)[key]
}
