import type { ServerHttp2Session } from 'node:http2'
import { setImmediate } from 'node:timers'

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
