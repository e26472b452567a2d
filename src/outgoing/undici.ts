import type { OutgoingConnection } from './connection.ts'
import { advertisedIn } from './hint.ts'
import { type ConnectParams, originOfParams, originOfUrl } from './origin.ts'
import type { Followed, Tracking } from './tracking.ts'

/** undici's own request, the same object in all messages. */
interface Request {
  readonly origin?: unknown
  readonly method?: unknown
  readonly upgrade?: unknown
  readonly reset?: unknown
  [key: symbol]: OutgoingConnection | undefined
}

type RequestMessage = { readonly request: Request }
type ConnectMessage = { readonly connectParams: ConnectParams }
type ConnectedMessage = ConnectMessage & { readonly socket: Followed }
type SentMessage = RequestMessage & { readonly headers: string; readonly socket: Followed }
type HeadersMessage = RequestMessage & {
  readonly response: { readonly statusCode?: number; readonly headers: readonly unknown[] }
}
type ErrorMessage = RequestMessage & { readonly error: unknown }

const saysClose = '\r\nconnection: close\r\n'

/** The channels of undici: of the one in Node, which is `fetch`, and of every other copy in the process. */
export function undiciChannels(tracking: Tracking): Readonly<Record<string, (message: never) => void>> {
  const { key, clock, sites, rows } = tracking
  return {
    'undici:client:connected': ({ connectParams, socket }: ConnectedMessage) => {
      tracking.follow(socket, originOfParams(connectParams), 'undici')
    },
    'undici:client:connectError': ({ connectParams }: ConnectMessage) => {
      rows.of(originOfParams(connectParams)).failed()
    },
    'undici:client:sendHeaders': ({ request, headers, socket }: SentMessage) => {
      // A client that was connected before the tracker began.
      const connection = socket[key] ?? tracking.follow(socket, originOfUrl(request.origin), 'undici')
      request[key] = connection
      connection.requestSent(asksToClose(connection, request, headers), clock.now())
      // Not every release tells of the response to it.
      if (!connection.isMultiplexed && (request.upgrade || request.method === 'CONNECT'))
        connection.upgraded()
    },
    'undici:request:headers': ({ request, response }: HeadersMessage) => {
      const connection = request[key]
      if (!connection) return
      if (!switchesProtocol(request, response.statusCode)) connection.responseBegan(false)
      if (!connection.isToBeSampled) return
      const advertised = advertisedIn(response.headers)
      if (advertised !== undefined) connection.row.advertised = advertised
    },
    'undici:request:trailers': ({ request }: RequestMessage) => {
      const connection = request[key]
      if (!connection) return
      request[key] = undefined
      connection.responseEnded(clock.now())
    },
    'undici:request:error': ({ request, error }: ErrorMessage) => {
      const connection = request[key]
      if (!connection) return
      request[key] = undefined
      connection.requestFailed(error, clock.now())
    },
    'undici:request:create': ({ request }: RequestMessage) => {
      sites.see(clock, () => rows.of(originOfUrl(request.origin)))
    },
  }
}

/** Whether the server agrees to another protocol. Later releases tell of such a response, as of any other. */
function switchesProtocol({ method }: Request, status = 0): boolean {
  return status === 101 || (method === 'CONNECT' && status >= 200 && status < 300)
}

/**
 * Whether a request says `Connection: close`. Its text, which is put together when it is read, is searched for the first request
 * alone: a client without keep-alive has no second one on its connection.
 */
function asksToClose(connection: OutgoingConnection, { method, reset }: Request, headers: string): boolean {
  if (connection.isMultiplexed) return false
  return reset === true || method === 'HEAD' || (connection.isUnused && headers.includes(saysClose))
}
