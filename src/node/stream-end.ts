import type { ServerHttp2Stream } from 'node:http2'

/** NO_ERROR of RFC 9113 §7. */
const noError = 0

/**
 * Whether a response by HTTP/2 was sent whole, and the client has not given it up before. `writableFinished` does not tell: at
 * 'close' it is still false after `stream.respond()` and `stream.end()`, on Node 20 to 26.
 */
export function isAnswered({ rstCode, headersSent, writableEnded, aborted }: ServerHttp2Stream): boolean {
  return rstCode === noError && headersSent && writableEnded && !aborted
}

/** The status of a response by HTTP/2; 0 where no head was sent. */
export function statusOf({ sentHeaders }: ServerHttp2Stream): number {
  return Number(sentHeaders?.[':status'] ?? 0)
}
