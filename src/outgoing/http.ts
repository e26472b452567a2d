import type { FollowedAgent } from './connection.ts'
import { advertisedIn } from './hint.ts'
import { type NamedRequest, originOf } from './origin.ts'
import type { Followed, Tracking } from './tracking.ts'

/** What is needed of a `ClientRequest`. */
interface Request extends NamedRequest {
  readonly socket?: Followed | null
  readonly method?: unknown
  readonly shouldKeepAlive?: unknown
  readonly agent?: FollowedAgent & {
    readonly options?: { readonly timeout?: unknown; readonly freeSocketTimeout?: unknown }
  }
  getHeader(name: string): unknown
  on(event: 'socket', listener: (this: Request, socket: Followed) => void): unknown
}

interface Response {
  readonly rawHeaders: readonly string[]
}

type RequestMessage = { readonly request: Request }
type ResponseMessage = RequestMessage & { readonly response: Response }
type ErrorMessage = RequestMessage & { readonly error: unknown }

/** The channels of `node:http` and `node:https`, which serve all libraries that build on them. */
export function httpChannels(tracking: Tracking): Readonly<Record<string, (message: never) => void>> {
  const { key, clock, sites, rows } = tracking

  const sent = (request: Request, socket: Followed): void => {
    // On Node 20 an upload may end when its socket has closed: no 'close' would come any more.
    const connection = socket[key] ?? (socket.destroyed ? undefined : follow(tracking, request, socket))
    if (!connection) return
    // Where the request has a body, its 'socket' event has told of it before.
    if (!connection.isActive) connection.requestSent(request.shouldKeepAlive === false, clock.now())
  }

  /** A shared listener: a function for each request would cost more. */
  function onSocket(this: Request, socket: Followed): void {
    try {
      if (!tracking.isStopped) sent(this, socket)
    } catch {}
  }

  return {
    // From Node 22 on. `start` below comes when the whole request has been written.
    'http.client.request.created': ({ request }: RequestMessage) => {
      sites.see(clock, () => rows.of(originOf(request, undefined)))
      if (request.method !== 'GET' && request.method !== 'HEAD') request.on('socket', onSocket)
    },
    'http.client.request.start': ({ request }: RequestMessage) => {
      const { socket } = request
      if (socket) sent(request, socket)
    },
    // The head of the response has come.
    'http.client.response.finish': ({ request, response }: ResponseMessage) => {
      const { socket } = request
      if (!socket) return
      // Before the whole request was written.
      sent(request, socket)
      const connection = socket[key]
      if (!connection) return
      const saysClose = request.shouldKeepAlive === false
      // An agent that keeps connections, and a header of the app's own.
      if (saysClose && /close/i.test(String(request.getHeader('connection')))) connection.asksToClose()
      connection.responseBegan(saysClose)
      if (!connection.isToBeSampled) return
      const advertised = advertisedIn(response.rawHeaders)
      if (advertised !== undefined) connection.row.advertised = advertised
    },
    'http.client.request.error': ({ request, error }: ErrorMessage) => {
      const { socket } = request
      const connection = socket?.[key]
      if (connection) {
        if (!connection.isActive) sent(request, socket!)
        connection.requestFailed(error, clock.now())
      } else if (isOfConnect(error)) rows.of(originOf(request, undefined)).failed()
    },
  }
}

/** No connection has been followed yet: an agent of the app gives no socket, or the name did not resolve. */
function isOfConnect(error: unknown): boolean {
  const { syscall } = (error ?? {}) as NodeJS.ErrnoException
  return syscall === 'connect' || syscall === 'getaddrinfo'
}

function follow(tracking: Tracking, request: Request, socket: Followed): NonNullable<Followed[symbol]> {
  const connection = tracking.follow(socket, originOf(request, socket.remotePort), 'http', request.agent)
  const { freeSocketTimeout, timeout } = request.agent?.options ?? {}
  if (request.shouldKeepAlive !== false && request.agent) {
    const own = freeSocketTimeout ?? timeout ?? 0
    connection.row.ownTimeout = typeof own === 'number' ? own : null
  }
  return connection
}
