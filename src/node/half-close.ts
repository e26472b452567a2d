import type { Socket } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import { takeParserOff } from './internals.ts'

/** How a socket is closed by halves. */
export interface HalfClose {
  /** How long to read on after our FIN, in ms. */
  readonly linger: number
  /** Gets what arrives from now on; left out, it is thrown away. */
  readonly onBytes?: ((bytes: Buffer) => void) | undefined
  /** What the socket is destroyed with in the end, as Node does after an error of the client's. */
  readonly error?: Error | undefined
}

/**
 * Half-close and linger: sends what is left, then FIN, then reads on for a while. A request that crosses our FIN on the
 * wire is seen and counted instead of being answered with RST, and an unread body cannot turn the close into a reset
 * that eats the response (RFC 9112 §9.6).
 */
export function halfClose(socket: Socket, { linger, onBytes, error }: HalfClose): void {
  takeParserOff(socket)
  socket.on('data', onBytes ?? discard)
  socket.resume()
  // Both sides have ended: Node would destroy the socket now, without the error.
  if (error) socket.once('end', () => (socket.writableFinished ? socket.destroy(error) : undefined))
  // The wait starts at our FIN, not before: a client may take its time to read a large response.
  socket.end(() => {
    if (error && socket.readableEnded) {
      socket.destroy(error)
      return
    }
    const timer = setTimeout(() => socket.destroy(error), linger)
    timer.unref()
    socket.once('close', () => clearTimeout(timer))
  })
}

function discard(): void {}
