import type { Socket } from 'node:net'

/** A request line as RFC 9112 §3 has it, at the start of a line. */
const requestLine = /^[A-Z]{3,20} \S{1,8192} HTTP\/1\.[01]\r?$/gm

/** The most bytes of one read that are searched for late requests. */
const mostSearched = 65_536

/**
 * Half-close and linger: send what is left, then FIN, then read on for a while. A request that crosses our FIN
 * on the wire is seen and counted instead of being answered with RST, and an unread body cannot turn the close
 * into a reset that eats the response (RFC 9112 §9.6).
 *
 * Removing the 'data' listeners detaches Node's HTTP parser, so nothing that arrives from here on reaches the app.
 *
 * @param linger - how long to read on after our FIN, in ms.
 * @param onLate - gets the number of requests in each read; `undefined` where what arrives is the rest of a body.
 */
export function endAndLinger(
  socket: Socket,
  linger: number,
  onLate: ((count: number) => void) | undefined,
): void {
  // Node stops reading while a body waits to be read, and its parser, which is about to go, would start it again.
  socket.emit('resume')
  socket.removeAllListeners('data')
  socket.on('data', (bytes: Buffer) => {
    const found = onLate && bytes.toString('latin1', 0, mostSearched).match(requestLine)
    if (found) onLate(found.length)
  })
  socket.resume()
  // The wait starts at our FIN, not before: a client may take its time to read a large response.
  socket.end(() => {
    const timer = setTimeout(() => socket.destroy(), linger)
    timer.unref()
    socket.once('close', () => clearTimeout(timer))
  })
}
