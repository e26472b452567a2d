import { type ClosedBy, type CloseReason, closeReasons, closers, type Verdict } from '../reasons.ts'
import { findHeader, type RawHeaders } from './raw-headers.ts'

/** What the verdict on a response is taken from. Counts are of the response's own connection. */
export interface Standing {
  /** Request number of the response's request, from 1. */
  readonly requests: number
  /** The connection's own cap on requests; 0 is none. */
  readonly maxRequests: number
  /** Age in ms when the response's head is about to be sent. */
  readonly age: number
  /** The connection's own cap on age in ms; 0 is none. */
  readonly maxAge: number
  readonly draining: boolean
}

/** The verdict on one response: a reason to close after it, or `undefined` to keep the connection. */
export function verdictOn(standing: Standing): Verdict | undefined {
  if (standing.draining) return 'drain'
  if (standing.maxRequests > 0 && standing.requests >= standing.maxRequests) return 'max-requests'
  if (standing.maxAge > 0 && standing.age >= standing.maxAge) return 'max-age'
  return undefined
}

/** What of a request tells whether its client asks for the close. */
interface Asking {
  readonly rawHeaders: RawHeaders
  readonly httpVersion: string
}

/** Why a response is its connection's last. */
export function whyLast(
  { clientEnded, verdict }: { readonly clientEnded: boolean; readonly verdict: Verdict | undefined },
  request: Asking,
): CloseReason {
  // A half-closed client cannot send another request: that is asking too.
  return clientEnded || asksToClose(request) ? 'client-asked' : (verdict ?? 'app')
}

/** RFC 9112 §9.3: `close` ends the connection, and so does HTTP/1.0 without `keep-alive`. */
function asksToClose({ rawHeaders, httpVersion }: Asking): boolean {
  let keeps = httpVersion !== '1.0'
  for (let at = connectionAt(rawHeaders); at >= 0; at = connectionAt(rawHeaders, at + 1)) {
    const value: unknown = rawHeaders?.[at]
    if (typeof value !== 'string') continue
    if (value === 'close' || lists(value, 'close')) return true
    keeps ||= lists(value, 'keep-alive')
  }
  return !keeps
}

function connectionAt(rawHeaders: RawHeaders, from?: number): number {
  return findHeader(rawHeaders, 'connection', from)
}

function lists(options: string, option: string): boolean {
  return options.split(',').some((each) => each.trim().toLowerCase() === option)
}

/** Node's code for headersTimeout and requestTimeout alike. */
export const requestTimeout = 'ERR_HTTP_REQUEST_TIMEOUT'

/**
 * Why Node answers an error in the app's place, if it does.
 *
 * @param inBody - a request's head has come, and its body not yet.
 */
export function whyRefused(code: string, inBody: boolean): CloseReason | undefined {
  if (code === requestTimeout) return inBody ? 'request-timeout' : 'header-timeout'
  return code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE' ? 'bad-request' : undefined
}

/** What is known of a connection once its socket has closed. */
export interface Ending {
  /** The close that the server itself began, if it did. */
  readonly decided: CloseReason | undefined
  readonly upgraded: boolean
  /** True once a request was handed to the app or answered by Node (400). */
  readonly used: boolean
  /** Bytes received, after TLS. */
  readonly bytesRead: number
  /** A request or a response was unfinished. */
  readonly underWay: boolean
  /** The client's FIN came before ours. */
  readonly clientEnded: boolean
  /** The code of the socket's, the parser's or the TLS error, if there was one. */
  readonly errorCode: string | undefined
  /** `server.timeout` fired since the last request or response. */
  readonly inactive: boolean
  /** It was idle, and the server has been closed: Node destroys what is idle then. */
  readonly idleAtServerClose: boolean
}

export interface Explanation {
  readonly reason: CloseReason
  readonly closedBy: ClosedBy
  /** Where the two stand in `closeReasons` and `closers`. */
  readonly reasonAt: number
  readonly closerAt: number
}

// Made once, not for each connection.

/** With where the two stand in their lists. */
export const said = (reason: CloseReason, closedBy: ClosedBy): Explanation =>
  Object.freeze({
    reason,
    closedBy,
    reasonAt: closeReasons.indexOf(reason),
    closerAt: closers.indexOf(closedBy),
  })

const byServer = Object.fromEntries(closeReasons.map((reason) => [reason, said(reason, 'server')])) as Record<
  CloseReason,
  Explanation
>
const byClient = Object.fromEntries(closeReasons.map((reason) => [reason, said(reason, 'client')])) as Record<
  CloseReason,
  Explanation
>
const byNetwork = said('error', 'network')

/** The close that the server itself began, for itself or as the client asked. */
export const asDecided = (reason: CloseReason): Explanation =>
  reason === 'client-asked' || reason === 'client-goaway' ? byClient[reason] : byServer[reason]

const networkErrors = new Set([
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'EHOSTDOWN',
])

/** Why a connection ended, and who closed it. */
export function explain(ending: Ending): Explanation {
  const first = ending.clientEnded || ending.errorCode === 'ECONNRESET' ? byClient : byServer
  if (ending.upgraded) return first.upgrade
  if (!ending.used && ending.bytesRead === 0 && !isTlsError(ending.errorCode))
    return unused(ending.decided, first)
  if (ending.decided) return asDecided(ending.decided)
  if (ending.errorCode) return explainError(ending.errorCode)
  if (ending.clientEnded) return byClient[afterClientEnd(ending)]
  if (ending.inactive) return byServer.inactivity
  return ending.idleAtServerClose ? byServer.drain : byServer.app
}

function unused(
  decided: CloseReason | undefined,
  first: Readonly<Record<CloseReason, Explanation>>,
): Explanation {
  if (!decided) return first['never-used']
  return (asDecided(decided).closedBy === 'client' ? byClient : byServer)['never-used']
}

function afterClientEnd({ underWay, used }: Ending): CloseReason {
  if (underWay) return 'client-abort'
  return used ? 'client-idle' : 'never-used'
}

function explainError(code: string): Explanation {
  if (code === 'ECONNRESET') return byClient['client-reset']
  // The parser's word for a FIN in the middle of a request; EPIPE is a write after the client was gone.
  if (code === 'HPE_INVALID_EOF_STATE' || code === 'EPIPE') return byClient['client-abort']
  if (code.startsWith('HPE_')) return byServer['bad-request']
  if (code.startsWith('ERR_HTTP2_')) return byServer['protocol-error']
  return networkErrors.has(code) ? byNetwork : byServer.error
}

function isTlsError(code: string | undefined): boolean {
  return code !== undefined && (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_'))
}
