import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { Policy } from '../policy/policy.ts'
import type { Member } from '../pool/member.ts'
import type { Pool } from '../pool/pool.ts'
import type { Observer } from './observer.ts'
import type { Timelines } from './timelines.ts'
import type { Explanation } from './verdict.ts'

export interface ResponseFollower {
  responseClosed(response: ServerResponse): void
}

/** Hooks on Node's objects that a connection asks for. */
export interface Hooks {
  /** Lets the response tell of its end by itself: its 'close' event ends in `responseClosed`. */
  followResponse(response: ServerResponse, by: ResponseFollower): void
  /** Asks `headAboutToBeSent` when the response's head is about to be sent. */
  askBeforeHead(response: ServerResponse): void
  /** Whether the socket still tells of the end of its response. */
  isFollowed(response: ServerResponse): boolean
  /** Leaves a socket's timeouts and its end to whoever has it now. */
  giveBack(socket: Socket): void
  /** Leaves a socket to Node, and hears of it no longer. */
  unfollow(socket: Socket): void
  /** Leaves a session and its socket to Node, and hears of them no longer. */
  unfollowSession(session: ServerHttp2Session, socket: Socket): void
}

/** What connections publish, where somebody listens. */
export interface Announcements<C> {
  opened(connection: C): void
  requested(connection: C, request: IncomingMessage, response: ServerResponse): void
  /** A request has come by HTTP/2. */
  streamed(connection: C, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void
  idle(connection: C): void
  closed(connection: C, ending: Explanation): void
}

export type Emit = (event: string | symbol, ...args: unknown[]) => boolean

/** Why every response is its connection's last: `drain()` has begun, or the app has closed the server. */
export type Ending = 'drain' | 'close'

/** What the connections of one server are given. */
export interface Surroundings<C extends Member<C>> {
  readonly server: Server
  readonly policy: Policy
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly pool: Pool<C>
  readonly observer: Observer
  readonly timelines: Timelines
  readonly announce: Announcements<C>
  readonly hooks: Hooks
  /** What Node sets as the idle timeout of this server, in ms; not a number where there is none. */
  readonly nodeIdleWait: number
  /** Whether what a response tells of its connection differs from what the server would tell. */
  readonly advertises: boolean
  /** Whether an HTTP/2 client is told of the end of its session before GOAWAY names the last request. */
  readonly announcesGoaway: boolean
  /** Emits an event of the server to the app's listeners. */
  readonly emit: Emit
  /** The request that is being handed to the app right now: the middleware need not look at it again. */
  readonly dispatching: { request: IncomingMessage | undefined }
  /** Whether sockets are known to tell of the end of their responses, as by `SelfCheck`. */
  readonly socketsTell: boolean
  readonly ending: Ending | undefined
  /** The sockets' view of a response's end, compared with the response's own. */
  compare(heard: boolean): void
}
