import type { Socket } from 'node:net'
import type { Connection } from './connection.ts'

const records = new WeakMap<Socket, Connection>()

/** The record of a socket, if the kit tracks it. Takes whatever a framework may call a socket. */
export function recordOf(socket: Socket | undefined | null): Connection | undefined {
  return records.get(socket as Socket)
}

export function remember(socket: Socket, record: Connection): void {
  records.set(socket, record)
}

export function forget(socket: Socket): void {
  records.delete(socket)
}
