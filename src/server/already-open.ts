import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'

/** The most sockets remembered; what comes after is met at its first request. */
const most = 10_000

const channelName = 'net.server.socket'

/**
 * Remembers the sockets that servers accept before the kit is attached, from the kit's making on: the middleware
 * learns of its server only at the first request, and by then connections are open, some of which have not sent
 * a byte. Node lists them nowhere, but tells of each on a diagnostics channel of the whole process, so the kit
 * listens there no longer than it must.
 */
export class AlreadyOpen {
  readonly #openedAt = new Map<Socket, number>()
  readonly #clock: Clock
  readonly #onSocket = (message: unknown): void => this.#add((message as { socket: Socket }).socket)

  constructor(clock: Clock) {
    this.#clock = clock
    subscribe(channelName, this.#onSocket)
  }

  /** The open sockets of a server and when each was accepted. Ends the listening. */
  take(server: Server): ReadonlyMap<Socket, number> {
    unsubscribe(channelName, this.#onSocket)
    const taken = new Map<Socket, number>()
    for (const [socket, openedAt] of this.#openedAt) {
      if ((socket as { server?: unknown }).server === server && !socket.destroyed) taken.set(socket, openedAt)
    }
    this.#openedAt.clear()
    return taken
  }

  #add(socket: Socket): void {
    if (this.#openedAt.size === most) return
    this.#openedAt.set(socket, this.#clock.now())
    socket.once('close', () => this.#openedAt.delete(socket))
  }
}
