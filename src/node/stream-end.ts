import type { ServerHttp2Stream } from 'node:http2'

/** NO_ERROR of RFC 9113 §7. */
const noError = 0

/** Whether a response by HTTP/2 was sent whole, and the client has not given it up before. */
export function isAnswered({ rstCode, headersSent, writableFinished, aborted }: ServerHttp2Stream): boolean {
  return rstCode === noError && headersSent && writableFinished && !aborted
}

/** The status of a response by HTTP/2; 0 where no head was sent. */
export function statusOf({ sentHeaders }: ServerHttp2Stream): number {
  return Number(sentHeaders?.[':status'] ?? 0)
}
