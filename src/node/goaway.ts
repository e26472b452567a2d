import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'

/** NO_ERROR of RFC 9113 §7. */
const noError = 0

/**
 * Sends GOAWAY, lets the streams up to the last one end whole, then FIN. nghttp2 gives streams above the last one up, unseen by
 * the app.
 *
 * `session.close()` alone would do so too. But on Node 20, and on 22 and 24 until nodejs/node#64166, a request that
 * arrives between `close()` and the writing of GOAWAY frees a stream that is in use, and the process crashes. `goaway()` is
 * written in the loop turn in which it is called, and nghttp2 takes no stream after that: so `close()` comes later.
 *
 * @param lastStream - the id of the last stream to be answered; 0 is the last that has arrived.
 */
export function endSession(session: ServerHttp2Session, lastStream: number): void {
  if (session.destroyed) return
  session.goaway(noError, lastStream)
  // The turn in which GOAWAY is written may have begun already.
  setImmediate(() => setImmediate(() => session.close()))
}

/** GOAWAY with the greatest stream id there is: the end comes, and no stream is given up yet (RFC 9113 §6.8). */
const announcement = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, noError])

/** How long the answer to a PING may take, in ms: the client may be busy, and the end must come. */
const longestAnswer = 2_000

/**
 * Tells the client that GOAWAY will come, and waits until all has arrived that it had sent before it knew: its answer to a
 * PING comes behind that. On a plain socket only: Node has no call for this frame (its `goaway()` would ignore the streams
 * that come), and on TLS a write beside the session aborts the process.
 *
 * @param arrived - called once.
 */
export function announceEnd(session: ServerHttp2Session, socket: Socket, arrived: () => void): void {
  socket.write(announcement)
  afterRoundTrip(session, arrived)
}

/**
 * Waits until all has arrived that the client has sent before it gets a PING.
 *
 * @param arrived - called once.
 */
export function afterRoundTrip(session: ServerHttp2Session, arrived: () => void): void {
  let isOver = false
  const finish = (): void => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    arrived()
  }
  const timer = setTimeout(finish, longestAnswer).unref()
  // What arrived with the answer is handed over by then.
  if (session.destroyed || !session.ping(() => setImmediate(finish))) setImmediate(finish)
}
