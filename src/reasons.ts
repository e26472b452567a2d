/** Why a connection ended. Grouped by who closed it. */
export const closeReasons = [
  // Closed by the server.
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
  // Closed by the client.
  'client-asked',
  'client-idle',
  'client-abort',
  'client-reset',
  'client-goaway',
  // Either, or neither.
  'never-used',
  'upgrade',
  'error',
] as const

/**
 * Why a connection ended.
 *
 * - `idle-timeout`: the connection was idle for `keepAliveTimeout` and its buffer.
 * - `max-requests`, `max-age`: a cap of the kit, applied to a response; on HTTP/2, to a request.
 * - `evicted`: it was idle longest while more than `maxIdle` connections were idle.
 * - `drain`: the server was draining, or was closed by `server.close()`.
 * - `app`: the handler asked for the close, closed the socket itself, or sent a response that only a close can end.
 * - `header-timeout`, `request-timeout`: the request did not arrive within `headersTimeout`, `requestTimeout`.
 * - `inactivity`: no byte came for `server.timeout` during a request.
 * - `bad-request`: Node does not accept what arrived as an HTTP request, or 10,000 requests waited behind one response.
 * - `protocol-error`: the bytes that arrived break the rules of HTTP/2.
 * - `client-asked`: `Connection: close`, or HTTP/1.0 without keep-alive.
 * - `client-idle`: the client closed the idle connection.
 * - `client-abort`: the client closed during a request or response.
 * - `client-reset`: the client sent RST.
 * - `client-goaway`: the client of an HTTP/2 session sent GOAWAY.
 * - `never-used`: no request ever came.
 * - `upgrade`: another protocol took over the connection (WebSocket, CONNECT).
 * - `error`: the network or TLS failed.
 */
export type CloseReason = (typeof closeReasons)[number]

/**
 * How the app closed a connection whose close reason is `app`.
 *
 * - `header`: its response said `Connection: close`.
 * - `noLength`: its response had no length, so only the close could end it. HTTP/1.0 has no chunked encoding.
 * - `socket`: it closed the socket itself.
 */
export type AppClose = 'header' | 'noLength' | 'socket'

/** The values of {@link AppClose}. */
export const appCloses: readonly AppClose[] = ['header', 'noLength', 'socket']

/**
 * Who closed the connection: the server, the client, or the network that failed. `client-asked` counts as closed by the
 * client, although the server sends the first FIN.
 */
export type ClosedBy = 'server' | 'client' | 'network'

/** The values of {@link ClosedBy}. */
export const closers: readonly ClosedBy[] = ['server', 'client', 'network']

/** A close that the server decides at a response. */
export type Verdict = Extract<CloseReason, 'max-requests' | 'max-age' | 'drain'>

/**
 * The state of a connection: new → active ⇄ idle → closing → closed; or upgraded.
 * `new` until its first request, `closing` from our FIN on; on HTTP/2 from the first GOAWAY on, while requests may still
 * be under way.
 */
export type State = 'new' | 'active' | 'idle' | 'closing' | 'upgraded' | 'closed'
