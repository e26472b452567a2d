import { EventEmitter } from 'node:events'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { forget, recordOf, remember } from '../connection/registry.ts'
import { Session } from '../http2/session.ts'
import { unfollow } from './socket-hooks.ts'

// Each event of an HTTP/2 session becomes a call of one method of its record. Node emits 'stream' on the session before it
// emits it on the server, so a request that the app must not see ends here, whoever listens.

/** What the event 'stream' carries. */
export type StreamArguments = [
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders?: readonly string[],
]

type Emit = (this: ServerHttp2Session, event: string | symbol, ...args: unknown[]) => boolean

/** The record of a session; takes whatever an app may emit in the place of one. */
export function sessionOf(owner: unknown): Session | undefined {
  if (typeof owner !== 'object') return undefined
  const record = recordOf(owner)
  return record instanceof Session ? record : undefined
}

export function followSession(session: ServerHttp2Session, record: Session): void {
  remember(session, record)
  const { emit } = session as { emit: Emit }
  const watched = emit === ownEmit ? watchedEmit : watchEmit(emit)
  if (Object.hasOwn(session, 'emit')) displaced.set(session, emit)
  Object.defineProperty(session, 'emit', { value: watched, configurable: true, writable: true })
}

/** Leaves a session and the socket that carries it to Node alone. */
export function unfollowSession(session: ServerHttp2Session, socket: Socket): void {
  forget(session)
  unfollow(socket)
  // Somebody may have wrapped ours since: then it only passes on.
  if (!ours.has(session.emit)) return
  const before = displaced.get(session)
  if (before) session.emit = before as ServerHttp2Session['emit']
  else delete (session as { emit?: unknown }).emit
}

const ownEmit = EventEmitter.prototype.emit as Emit

/** What a session had of its own before: from a tracer or another wrapper. */
const displaced = new WeakMap<ServerHttp2Session, Emit>()

/** The functions of the kit. */
const ours = new WeakSet<object>([watchedEmit])

// One function for all sessions: it runs for each request.
function watchedEmit(this: ServerHttp2Session, event: string | symbol, ...args: unknown[]): boolean {
  return isForApp(this, event, args) ? ownEmit.call(this, event, ...args) : true
}

/** The same before another. */
function watchEmit(emit: Emit): Emit {
  function watched(this: ServerHttp2Session, event: string | symbol, ...args: unknown[]): boolean {
    return isForApp(this, event, args) ? emit.call(this, event, ...args) : true
  }
  ours.add(watched)
  return watched
}

/** Tells the record of an event. @returns whether the app is to hear of it. */
function isForApp(session: ServerHttp2Session, event: string | symbol, args: unknown[]): boolean {
  const record = recordOf(session) as Session | undefined
  if (!record) return true
  if (event === 'stream') {
    const stream = args as StreamArguments
    return record.streamArrived(stream[0], stream[1], stream[3])
  }
  if (event === 'goaway') record.peerSentGoaway(args[0] as number, args[1] as number)
  else if (event === 'error') record.failed((args[0] as NodeJS.ErrnoException).code ?? '')
  else if (event === 'close') record.sessionClosed()
  return true
}
