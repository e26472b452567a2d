import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import { afterRoundTrip, announceEnd, endSession } from '../node/goaway.ts'

/** Ends one session on the wire. Node alone would wait for the client's FIN for ever. */
export class SessionEnd {
  readonly #session: ServerHttp2Session
  readonly #socket: Socket
  readonly #linger: number
  #isAnnounced = false
  #timer: NodeJS.Timeout | undefined

  /** @param linger - how long to wait for the client's FIN after ours, in ms. */
  constructor(session: ServerHttp2Session, socket: Socket, linger: number) {
    this.#session = session
    this.#socket = socket
    this.#linger = linger
  }

  /** The client learns that the session ends. @returns false where it knows already. */
  announce(arrived: () => void): boolean {
    if (this.#isAnnounced) return false
    this.#isAnnounced = true
    announceEnd(this.#session, this.#socket, arrived)
    return true
  }

  /** What the client sends within a round trip comes first. */
  awaitRoundTrip(arrived: () => void): void {
    if (this.#isAnnounced) return
    this.#isAnnounced = true
    afterRoundTrip(this.#session, arrived)
  }

  /** GOAWAY: later streams are given up, and FIN follows the last answer. */
  begin(lastStream: number): void {
    endSession(this.#session, lastStream)
  }

  finSent(): void {
    if (this.#linger === 0) this.#socket.destroy()
    else this.#timer ??= setTimeout(() => this.#socket.destroy(), this.#linger).unref()
  }

  /** The socket has closed, or is another's from now on. */
  stop(): void {
    clearTimeout(this.#timer)
  }
}
