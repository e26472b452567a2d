import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { CloseReason, State, Verdict } from '../reasons.ts'
import type { Client } from '../stats/clients.ts'
import type { TimelineEventName } from '../timeline.ts'
import { count as counted } from '../words.ts'
import type { Pipeline } from './pipeline.ts'
import type { IdleEnd, Tally } from './tally.ts'
import type { Timeline } from './timelines.ts'
import type { Explanation } from './verdict.ts'
import type { Link, Waiting } from './waiting.ts'

/** Who keeps a connection: told what happens to it, and decides. */
export interface Keeper {
  readonly clock: Clock
  readonly tally: Tally
  /** Whether addresses are shown masked. */
  readonly maskAddresses: boolean
  /** The connections that wait for a request. */
  readonly waiting: Waiting<Connection>
  /** The response under way has ended, or was given up. */
  responseOver(record: Connection, res: ServerResponse): void
  /** A timeout is set for the socket, by Node or by the app: true where the kit keeps it. */
  keepsTimeout(record: Connection, timeout: number): boolean
  /** The idle timeout that the kit keeps is over. */
  waitedLongEnough(record: Connection): void
  /** A response's head is about to be sent: whether it shall say that its connection closes. */
  isLast(record: Connection): boolean
  /** Node has sent the last it has to send and wants the socket ended. */
  lastSent(record: Connection): void
  /** Closes a connection that waits for a request, unless one comes at the last moment. */
  closeWaiting(record: Connection, reason: CloseReason): void
  /** The socket has closed. */
  closed(record: Connection): void
}

/** A connection's own caps, drawn with jitter; 0 is none. */
export interface Caps {
  readonly maxRequests: number
  /** In ms. */
  readonly maxAge: number
}

/** How the kit comes to know a connection. */
export interface Meeting {
  /** What its client is counted by; `undefined` where it has no address. */
  readonly client: string | undefined
  /** By the keeper's clock. */
  readonly openedAt: number
  /** In the middle of a request, with an unknown time behind it. */
  readonly midway: boolean
}

/** What Node's sockets read from and write to. */
interface Handle {
  readonly bytesRead: number
}

let lastId = 0

/** The record of one connection, from accept to close. Counts and marks; it decides nothing. */
export class Connection implements Link<Connection> {
  readonly id: number = ++lastId
  readonly keeper: Keeper
  readonly openedAt: number
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  readonly maxRequests: number
  readonly maxAge: number
  /** What its client is counted in. */
  readonly client: Client
  /** What its idle gaps are counted in, beside all. */
  readonly group: number
  /** The keeper's, unless the connection is set aside. */
  tally: Tally

  /** The socket that requests come by: TLS's, once the handshake is done. */
  socket: Socket
  /** The socket's own: asking the socket itself costs a request several times more. */
  #handle: Handle | null | undefined
  tls: string | null = null
  /** By what the TLS handshake is known while it is under way: the socket only carries TLS so far. */
  handshake: string | undefined = undefined
  protocol: string | undefined = undefined

  state: State
  /**
   * Open since before the kit was attached, with no request seen through since: it may have responses under way or be
   * upgraded, unknown to the record. Nobody but Node closes it.
   */
  unclear = false
  requests = 0
  /** Requests that Node itself answered with an error; the app never saw them. */
  refused = 0
  dropped = 0
  late = 0
  /** Since when it waits for a request, or did last: the accept or a response's end. */
  waitsSince: number
  /** The bytes received until then: more of them are a request whose head is arriving. */
  bytesBefore = 0
  // Whole numbers: V8 keeps another one in a box of its own, for each connection.
  idleBefore = 0
  idleAtClose = 0

  /** The response under way; `undefined` while none is. */
  response: ServerResponse | undefined = undefined
  /** Its own `writeHead`, where ours stands before it. */
  writeHead: ServerResponse['writeHead'] | undefined = undefined
  /** Made at the first request that is pipelined. */
  pipeline: Pipeline | undefined = undefined
  /** Why the response under way is the last one, once its head says so. */
  verdict: Verdict | undefined = undefined
  /** Why the server itself began to close. */
  decided: CloseReason | undefined = undefined
  /** What Node refused last, where a listener of the user's decides what comes of it. */
  refusal: CloseReason | undefined = undefined
  /** A request whose response is over, and whose body was not read to its end. */
  unread: IncomingMessage | undefined = undefined
  /** A response ended before it was complete. */
  aborted = false
  inactive = false
  clientEnded = false
  errorCode: string | undefined = undefined

  /** Where it is one of those whose events are kept. */
  timeline: Timeline | undefined = undefined

  // Its place among those that wait.
  /** Its idle timeout is kept by the kit, not by a timer of the socket's own. */
  timed = false
  list: Link<Connection>['list'] = undefined
  previous: Connection | undefined = undefined
  next: Connection | undefined = undefined

  constructor(socket: Socket, keeper: Keeper, caps: Caps, { client, openedAt, midway }: Meeting) {
    this.socket = socket
    this.#handle = handleOf(socket)
    this.keeper = keeper
    this.maxRequests = caps.maxRequests
    this.maxAge = caps.maxAge
    this.openedAt = openedAt
    this.waitsSince = openedAt
    // Read now: a closed socket no longer knows its peer.
    this.remoteAddress = socket.remoteAddress
    this.remotePort = socket.remotePort
    this.state = midway ? 'active' : 'new'
    this.tally = keeper.tally
    this.client = this.tally.opened(this.state, client)
    this.group = this.tally.groupOf(this.client, this.id)
    if (!midway) keeper.waiting.add(this)
  }

  age(): number {
    return this.keeper.clock.now() - this.openedAt
  }

  /** What went before is not known, and so not whether it waits for a request. */
  markUnclear(): void {
    this.unclear = true
    this.keeper.waiting.remove(this)
  }

  /** A request goes to the app. */
  begin(req: IncomingMessage, res: ServerResponse): void {
    const { tally } = this
    const now = this.keeper.clock.now()
    const gap = this.state === 'idle' ? now - this.waitsSince : 0
    this.idleBefore = Math.round(gap)
    if (this.state === 'idle') tally.idleEnded('reused', gap, this.group)
    else if (this.state === 'new') tally.firstRequest(now - this.openedAt)
    this.inactive = false
    this.timed = false
    this.refusal = undefined
    this.unread = undefined
    this.response = res
    this.writeHead = undefined
    this.protocol = req.httpVersion
    this.requests++
    this.timeline?.request(now, req.method, req.url)
    tally.requested(this.client, this.requests > 1, now)
    this.#enter('active')
  }

  /**
   * The response under way is over, and the connection is kept.
   *
   * @param status - of the response; left out where another protocol takes over before it.
   * @param timed - whether the kit keeps its idle timeout.
   */
  rest(status?: number, timed = false): void {
    this.inactive = false
    // Of what is unclear nobody but Node knows whether it is idle.
    this.timed = timed && !this.unclear
    this.waitsSince = this.keeper.clock.now()
    if (status !== undefined) this.timeline?.add(this.waitsSince, 'response', undefined, status)
    this.bytesBefore = this.#handle?.bytesRead ?? this.bytesRead()
    this.#enter('idle')
  }

  /** A response that is the last one was sent whole. */
  answerLast(status: number): void {
    this.#note('response', undefined, status)
  }

  /** TLS is set up: from now on requests come by its socket. */
  secure(socket: Socket, version: string | null): void {
    this.socket = socket
    this.#handle = handleOf(socket)
    this.handshake = undefined
    this.tls = version
    this.#note('secured', undefined, version ?? undefined)
  }

  /** The client's FIN has come. */
  endByClient(isFirst: boolean): void {
    this.clientEnded = isFirst
    this.#note('fin', 'client')
  }

  /** The server begins to close. */
  close(reason: CloseReason): void {
    this.#note('fin', 'server', reason)
    this.decided = reason
    this.idleAtClose = Math.round(this.idleFor())
    if (reason === 'idle-timeout' && this.state === 'idle') this.tally.timedOut(this.client, this.waitsSince)
    this.#endIdle('cutOff')
    this.#enter('closing')
  }

  refuse(): void {
    this.refused++
    this.tally.refused()
  }

  drop(count: number): void {
    this.dropped += count
    this.tally.dropped(count)
  }

  /** Whatever is pipelined behind a response that was the last is not executed. */
  dropHeld(): void {
    const held = this.pipeline?.clear().length
    if (held) this.drop(held)
  }

  arriveLate(count: number, afterClose: boolean): void {
    this.late += count
    this.#note('late-bytes', 'client', counted(count, 'request'))
    this.tally.late(count, afterClose)
  }

  upgrade(): void {
    this.#note('upgraded')
    this.#endIdle('reused')
    this.#enter('upgraded')
  }

  /** The socket is closed: the last thing that happens to a record. */
  end(ending: Explanation): void {
    if (this.state !== 'closing') this.idleAtClose = Math.round(this.idleFor())
    this.#endIdle(ending.closedBy === 'client' ? 'clientClosed' : 'cutOff')
    this.#enter('closed')
    this.tally.closed(this, ending)
    if (this.errorCode === 'ECONNRESET') this.#note('reset', 'client')
    this.#note('closed', ending.closedBy === 'network' ? undefined : ending.closedBy, ending.reason)
  }

  /** The connection is left to Node: for the record it is over, and whatever still waits to close it lets it be. */
  release(): void {
    this.#endIdle('cutOff')
    this.tally.released(this.state)
    this.keeper.waiting.remove(this)
    this.state = 'closed'
  }

  /** Bytes received, after TLS. */
  bytesRead(): number {
    return this.handshake !== undefined ? 0 : (this.socket.bytesRead ?? 0)
  }

  /** Bytes sent, before TLS. */
  bytesWritten(): number {
    return this.handshake !== undefined ? 0 : (this.socket.bytesWritten ?? 0)
  }

  /** True once a part of a request's head has come. */
  isHeadArriving(): boolean {
    return this.bytesRead() > this.bytesBefore
  }

  /** How long it has waited for a request, in ms: its first one too. Means nothing while one is under way. */
  waitedFor(): number {
    return this.keeper.clock.now() - this.waitsSince
  }

  /** How long idle so far, in ms; 0 when not idle. */
  idleFor(): number {
    return this.state === 'idle' ? this.waitedFor() : 0
  }

  #note(event: TimelineEventName, by?: 'client' | 'server', about?: string | number): void {
    this.timeline?.add(this.keeper.clock.now(), event, by, about)
  }

  #endIdle(by: IdleEnd): void {
    if (this.state === 'idle') this.tally.idleEnded(by, this.waitedFor(), this.group)
  }

  #enter(state: State): void {
    this.tally.moved(this.state, state)
    this.state = state
    if (state === 'idle' && !this.unclear) this.keeper.waiting.add(this)
    else this.keeper.waiting.remove(this)
  }
}

const handleOf = (socket: Socket): Handle | null | undefined =>
  (socket as { _handle?: Handle | null })._handle
