import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { CloseReason, State } from '../reasons.ts'
import type { Client } from '../stats/clients.ts'
import type { TimelineEventName } from '../timeline.ts'
import { count as counted } from '../words.ts'
import type { Placed } from './live.ts'
import { Marks, unmarked } from './marks.ts'
import type { Pipeline } from './pipeline.ts'
import type { IdleEnd, Tally } from './tally.ts'
import type { Timeline } from './timelines.ts'
import type { Explanation } from './verdict.ts'
import type { Waiting, Waits } from './waiting.ts'

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
export class Connection implements Placed, Waits<Connection> {
  readonly id: number = ++lastId
  readonly keeper: Keeper
  readonly openedAt: number
  readonly maxRequests: number
  readonly maxAge: number
  /** What its client is counted in. */
  readonly client: Client
  /** What its idle gaps are counted in, beside all. */
  readonly group: number
  /** The keeper's, unless the connection is set aside. */
  tally: Tally

  /** The socket that was accepted. */
  readonly #accepted: Socket
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
  /** Since when it waits for a request, or did last: the accept or a response's end. */
  waitsSince: number
  /** The bytes received until then: more of them are a request whose head is arriving. */
  bytesBefore = 0
  // A whole number: V8 keeps another one in a box of its own, for each connection.
  idleBefore = 0

  /** The response under way; `undefined` while none is. */
  response: ServerResponse | undefined = undefined
  /** Its own `writeHead`, where ours stands before it. */
  writeHead: ServerResponse['writeHead'] | undefined = undefined
  /** Made at the first request that is pipelined. */
  pipeline: Pipeline | undefined = undefined
  /** To be read; written are those that `mark` returns. */
  marks: Readonly<Marks> = unmarked

  /** Where it is one of those whose events are kept. */
  timeline: Timeline | undefined = undefined

  /** Its place among all that are live. */
  place = -1

  // Where it stands among those that wait.
  /** Its idle timeout is kept by the kit, not by a timer of the socket's own. */
  timed = false
  list: Waits<Connection>['list'] = undefined
  previous: Connection | undefined = undefined
  next: Connection | undefined = undefined

  constructor(socket: Socket, keeper: Keeper, caps: Caps, { client, openedAt, midway }: Meeting) {
    this.#accepted = socket
    this.socket = socket
    this.#handle = handleOf(socket)
    this.keeper = keeper
    this.maxRequests = caps.maxRequests
    this.maxAge = caps.maxAge
    this.openedAt = openedAt
    this.waitsSince = openedAt
    this.state = midway ? 'active' : 'new'
    this.tally = keeper.tally
    this.client = this.tally.opened(this.state, client, openedAt)
    this.group = this.tally.groupOf(this.client, this.id)
    if (!midway) keeper.waiting.add(this)
  }

  /** Known after the close too, as it was asked for before: Node keeps it with the socket. */
  get remoteAddress(): string | undefined {
    return this.#accepted.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.#accepted.remotePort
  }

  /** Its marks, to be written. */
  mark(): Marks {
    if (this.marks === unmarked) this.marks = new Marks()
    return this.marks
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
    this.timed = false
    if (this.marks !== unmarked) this.mark().renew()
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
    if (this.marks.inactive) this.mark().inactive = false
    // Of what is unclear nobody but Node knows whether it is idle.
    this.timed = timed && !this.unclear
    this.waitsSince = this.keeper.clock.now()
    if (status !== undefined) this.timeline?.response(this.waitsSince, status)
    this.bytesBefore = this.#handle?.bytesRead ?? this.bytesRead()
    this.#enter('idle')
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
    if (isFirst) this.mark().clientEnded = true
    this.#note('fin', 'client')
  }

  /**
   * The server begins to close.
   *
   * @param status - of the response that was the last one, where it was sent whole right before.
   */
  close(reason: CloseReason, status?: number): void {
    const now = this.keeper.clock.now()
    if (status !== undefined) this.timeline?.response(now, status)
    this.timeline?.add(now, 'fin', 'server', reason)
    this.mark().decided = reason
    if (reason === 'idle-timeout' && this.state === 'idle') this.tally.timedOut(this.client, this.waitsSince)
    this.#endIdle('cutOff', now)
    this.#enter('closing')
  }

  refuse(): void {
    this.mark().refused++
    this.tally.refused()
  }

  drop(count: number): void {
    this.mark().dropped += count
    this.tally.dropped(count)
  }

  /** Whatever is pipelined behind a response that was the last is not executed. */
  dropHeld(): void {
    const held = this.pipeline?.clear().length
    if (held) this.drop(held)
  }

  arriveLate(count: number, afterClose: boolean): void {
    this.mark().late += count
    this.#note('late-bytes', 'client', counted(count, 'request'))
    this.tally.late(count, afterClose)
  }

  upgrade(): void {
    this.#note('upgraded')
    if (this.state === 'idle') this.tally.idleEnded('reused', this.waitedFor(), this.group)
    this.#enter('upgraded')
  }

  /** The socket is closed: the last thing that happens to a record. */
  end(ending: Explanation): void {
    const { closedBy, reason } = ending
    const now = this.keeper.clock.now()
    this.#endIdle(closedBy === 'client' ? 'clientClosed' : 'cutOff', now)
    this.#enter('closed')
    this.tally.closed(this, ending, now)
    if (this.marks.errorCode === 'ECONNRESET') this.timeline?.add(now, 'reset', 'client')
    this.timeline?.add(now, 'closed', closedBy === 'network' ? undefined : closedBy, reason)
  }

  /** The connection is left to Node: for the record it is over, and whatever still waits to close it lets it be. */
  release(): void {
    this.#endIdle('cutOff', this.keeper.clock.now())
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

  /** No request will end it. */
  #endIdle(by: Exclude<IdleEnd, 'reused'>, now: number): void {
    if (this.state !== 'idle') return
    const gap = now - this.waitsSince
    this.tally.idleEnded(by, gap, this.group)
    this.mark().idleAtClose = Math.round(gap)
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
