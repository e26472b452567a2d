import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Server } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { systemClock } from '../clock.ts'

// The middleware learns of its server only at the first request, and by then connections are open, some of which
// have not sent a byte. Node lists them nowhere, but tells of each on a diagnostics channel of the whole process: so
// while a kit waits for its first server, the sockets of http servers are remembered, once for all kits.

/** The most sockets remembered; what comes after is met at its first request. */
const most = 10_000

const channelName = 'net.server.socket'
const openedAt = new Map<Socket, number>()
let watchers = 0

/** Remembers the sockets that http servers accept from now on. */
export class AlreadyOpen {
  #watching = true

  constructor() {
    if (watchers++ === 0) subscribe(channelName, onSocket)
  }

  /** The open sockets of a server and when each was accepted. Ends the watching. */
  take(server: Server): ReadonlyMap<Socket, number> {
    const taken = new Map(
      [...openedAt].filter(([socket]) => serverOf(socket) === server && !socket.destroyed),
    )
    if (!this.#watching) return taken
    this.#watching = false
    if (--watchers === 0) {
      unsubscribe(channelName, onSocket)
      openedAt.clear()
    }
    return taken
  }
}

function onSocket(message: unknown): void {
  const { socket } = message as { socket: Socket }
  const server = serverOf(socket)
  if (openedAt.size === most || !(server instanceof Server || server instanceof TlsServer)) return
  openedAt.set(socket, systemClock.now())
  socket.once('close', onClose)
}

function onClose(this: Socket): void {
  openedAt.delete(this)
}

const serverOf = (socket: Socket): unknown => (socket as { server?: unknown }).server
