import type { Socket } from 'node:net'
import type { Connection } from '../connection/connection.ts'

/** Connections whose TLS handshake is under way. Node names the raw socket nowhere: the addresses tell. */
export class Handshakes {
  readonly #byWay = new Map<string, Connection>()

  begin(socket: Socket, record: Connection): void {
    record.handshake = wayOf(socket)
    this.#byWay.set(record.handshake, record)
  }

  /** The handshake is done: the connection that it was for, if it was seen to begin. */
  take(socket: Socket): Connection | undefined {
    const way = wayOf(socket)
    const record = this.#byWay.get(way)
    this.#byWay.delete(way)
    return record
  }

  /** Why the connection is about to close. */
  fail(socket: Socket, { code }: NodeJS.ErrnoException): void {
    const record = this.#byWay.get(wayOf(socket))
    if (record) record.mark().errorCode = code
  }

  closed({ handshake }: Connection): void {
    if (handshake !== undefined) this.#byWay.delete(handshake)
  }

  clear(): void {
    this.#byWay.clear()
  }
}

/** Tells the open connections of a host apart: both ends' addresses and ports. */
function wayOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}
