/** Why a connection ended, one word each. The groups say who closed it. */
export const closeReasons = [
  // The server's choice.
  'idle-timeout',
  'max-requests',
  'max-age',
  'evicted',
  'drain',
  'app',
  'header-timeout',
  'request-timeout',
  'inactivity',
  'bad-request',
  'protocol-error',
  // The client's choice.
  'client-asked',
  'client-idle',
  'client-abort',
  'client-reset',
  'client-goaway',
  // Neither's.
  'never-used',
  'upgrade',
  'error',
] as const

/**
 * Why a connection ended.
 *
 * - `idle-timeout`: idle for `keepAliveTimeout` and its buffer.
 * - `max-requests`, `max-age`: the kit's caps, on a response; of HTTP/2, on a request.
 * - `evicted`: idle the longest while more than `maxIdle` were.
 * - `drain`: the server was being drained, or had been closed by `server.close()`.
 * - `app`: the handler asked for the close, closed the socket itself, or sent a response whose end only closing can
 *   show.
 * - `header-timeout`, `request-timeout`: the request did not arrive in `headersTimeout`, `requestTimeout`.
 * - `inactivity`: `server.timeout` passed without a byte while a request was under way.
 * - `bad-request`: what arrived is no HTTP request that Node accepts, or 10,000 requests behind one response.
 * - `protocol-error`: what arrived breaks the rules of HTTP/2.
 * - `client-asked`: `Connection: close`, or HTTP/1.0 without keep-alive.
 * - `client-idle`: the client closed while idle.
 * - `client-abort`: the client closed while a request or response was under way.
 * - `client-reset`: the client sent RST.
 * - `client-goaway`: the client of an HTTP/2 session sent GOAWAY.
 * - `never-used`: no request ever came.
 * - `upgrade`: the connection was handed over to another protocol (WebSocket, CONNECT).
 * - `error`: the network or TLS failed.
 */
export type CloseReason = (typeof closeReasons)[number]

/**
 * How the app closed a connection whose close reason is `app`.
 *
 * - `header`: its response said `Connection: close`.
 * - `noLength`: its response had no length, so that only the close could end it: a client of HTTP/1.0 gets no chunks.
 * - `socket`: it closed the socket itself.
 */
export type AppClose = 'header' | 'noLength' | 'socket'

/** The values of {@link AppClose}. */
export const appCloses: readonly AppClose[] = ['header', 'noLength', 'socket']

/**
 * Who closed the connection: the server, the client, or the network that failed. A connection ended with
 * `client-asked` is the client's, though the first FIN is the server's.
 */
export type ClosedBy = 'server' | 'client' | 'network'

/** The values of {@link ClosedBy}. */
export const closers: readonly ClosedBy[] = ['server', 'client', 'network']

/** A close that the server decides on at a response. */
export type Verdict = Extract<CloseReason, 'max-requests' | 'max-age' | 'drain'>

/**
 * Where a connection is in its life: new → active ⇄ idle → closing → closed; or upgraded.
 * `new` until its first request, `closing` from our FIN on; on HTTP/2, from the GOAWAY of either side on: requests may
 * still be under way.
 */
export type State = 'new' | 'active' | 'idle' | 'closing' | 'upgraded' | 'closed'
