import type { Link } from '../pool/list.ts'
import { closerOf, isReset, isSilentClose, isUndiciReset } from './closer.ts'
import type { Row } from './row.ts'
import type { OutgoingClosed, OutgoingConnectionInfo, OutgoingLibrary, OutgoingState } from './snapshot.ts'

/** What is needed of an agent of `node:http`: its tables of sockets, by name. */
export interface FollowedAgent {
  readonly sockets?: Readonly<Record<string, readonly { readonly destroyed?: boolean }[] | undefined>>
  readonly freeSockets?: FollowedAgent['sockets']
}

/** What a connection begins with. */
export interface Start {
  readonly id: number
  readonly origin: string
  readonly row: Row
  readonly via: OutgoingLibrary
  readonly socket: object
  readonly agent: WeakRef<FollowedAgent> | undefined
  readonly isMultiplexed?: boolean
  readonly under: OutgoingConnection | undefined
}

/**
 * One outgoing connection: connecting → new → active ⇄ idle → closed; or upgraded. It counts into its row, and knows no socket
 * but by a weak reference, which serves to take the listeners off when the tracker stops.
 */
export class OutgoingConnection implements Link<OutgoingConnection> {
  // Written by the list.
  list: Link<OutgoingConnection>['list'] = undefined
  previous: OutgoingConnection | undefined = undefined
  next: OutgoingConnection | undefined = undefined

  readonly id: number
  readonly origin: string
  readonly row: Row
  readonly via: OutgoingLibrary
  readonly socket: WeakRef<object>
  readonly agent: WeakRef<FollowedAgent> | undefined
  /** HTTP/2: a request that fails leaves the connection as it is. */
  readonly isMultiplexed: boolean
  /** A second connection over the socket of a first, as through a proxy's CONNECT. */
  readonly under: OutgoingConnection | undefined

  #state: OutgoingState | 'connecting' | 'closed' = 'connecting'
  #openedAt = 0
  #requests = 0
  /** Requests under way: several in a pipeline, or over HTTP/2. */
  #underWay = 0
  #idleSince = 0
  #hasResponse = false
  #asks = false
  #askedBy: 'us' | 'server' | undefined
  #peerEnded = false
  /** The connection will close: a request failed, or the agent does not keep the socket. */
  #isBroken = false
  #timedOut = false

  constructor({ id, origin, row, via, socket, agent, isMultiplexed = false, under }: Start) {
    this.id = id
    this.origin = origin
    this.row = row
    this.via = via
    this.socket = new WeakRef(socket)
    this.agent = agent
    this.isMultiplexed = isMultiplexed
    this.under = under
  }

  get isActive(): boolean {
    return this.#underWay > 0
  }

  get isOpen(): boolean {
    return this.#state !== 'connecting' && this.#state !== 'closed'
  }

  /** Whether it has had no request. */
  get isUnused(): boolean {
    return this.#requests === 0
  }

  /** Whether its latest response is one to look at: the first, second, fourth, eighth and so on of a connection. */
  get isToBeSampled(): boolean {
    return (this.#requests & (this.#requests - 1)) === 0
  }

  /** The connection, with its TLS, is established. A request that waited for it is sent now. */
  established(now: number): void {
    if (this.#state !== 'connecting') return
    this.#state = 'new'
    this.#openedAt = now
    this.row.opened()
    if (this.#underWay === 0) return
    this.#underWay = 0
    this.requestSent(this.#asks, now)
  }

  /** @param asks - whether the request says `Connection: close`. */
  requestSent(asks: boolean, now: number): void {
    this.#underWay++
    this.#asks = asks
    this.#askedBy = undefined
    if (!this.isOpen) return
    this.#requests++
    this.row.requested(this.via, this.#requests > 1)
    if (this.#state === 'active') return
    this.#hasResponse = false
    if (this.#state === 'idle') this.row.idleEnded('reused', now - this.#idleSince, now)
    this.#move('active')
  }

  /** @param saysClose - whether it is the connection's last response, if that is known. */
  responseBegan(saysClose: boolean): void {
    this.#hasResponse = true
    if (saysClose) this.#askedBy = this.#asks ? 'us' : 'server'
    // An upgrade that the server did not accept.
    if (this.#state === 'upgraded') this.#move('active')
  }

  /** The request under way says `Connection: close`, though its agent keeps connections. */
  asksToClose(): void {
    this.#asks = true
  }

  /** A response has ended, and the connection may be used again. */
  responseEnded(now: number): void {
    if (this.#underWay === 0) return
    this.#underWay--
    this.#hasResponse = false
    if (this.#underWay > 0 || this.#state !== 'active' || this.#isBroken) return
    if (this.#asks) {
      this.#askedBy = 'us'
      return
    }
    this.#idleSince = now
    this.#move('idle')
  }

  requestFailed(error: unknown, now: number): void {
    if (this.#requests > 1 && !this.#hasResponse && this.#isLostBy(error)) this.row.lost()
    if (this.isMultiplexed) this.responseEnded(now)
    else this.#isBroken = true
  }

  /** Whether an error says that the server closed before it began to respond. */
  #isLostBy(error: unknown): boolean {
    const { code } = (error ?? {}) as NodeJS.ErrnoException
    // A request that the app gave up fails with the same code and no system call.
    return isReset(error) || code === 'UND_ERR_SOCKET' || (code === 'ECONNRESET' && this.#peerEnded)
  }

  /** The connection serves another protocol from now on. */
  upgraded(): void {
    if (this.#state === 'active') this.#move('upgraded')
  }

  peerEnded(): void {
    this.#peerEnded = true
  }

  /** The agent's timeout for idle connections has passed. */
  timedOut(): void {
    if (this.#state === 'idle') this.#timedOut = true
  }

  /** The agent does not take the socket back. */
  notKept(): void {
    this.#isBroken = true
  }

  /**
   * The socket has closed.
   *
   * @param error - what it was destroyed with.
   * @param agentGoesOn - asked for where the close left no trace: whether the agent has other open sockets.
   * @param tell - gets the record, where a connection was established.
   */
  closed(
    error: unknown,
    now: number,
    agentGoesOn: (() => boolean) | undefined,
    tell: ((closed: OutgoingClosed) => void) | undefined,
  ): void {
    const state = this.#state
    this.#state = 'closed'
    if (state === 'closed') return
    if (state === 'connecting') {
      this.row.failed()
      return
    }
    const isLast = isUndiciReset(error)
    const askedBy = this.#askedBy ?? (isLast ? 'server' : undefined)
    // undici destroys the socket after the last response: nothing waits then.
    const isIdle = state === 'idle' && !isLast
    const idleAtClose = isIdle ? now - this.#idleSince : 0
    const isSilent =
      isIdle &&
      !error &&
      !this.#timedOut &&
      agentGoesOn !== undefined &&
      isSilentClose(idleAtClose, agentGoesOn())
    const closedBy = closerOf({ askedBy, peerEnded: this.#peerEnded, error, isSilent })
    if (isIdle) this.row.idleEnded(closedBy === 'server' ? 'serverClosed' : 'cutOff', idleAtClose, now)
    const age = now - this.#openedAt
    this.row.closed(state, closedBy, askedBy, age)
    const { id, origin, via } = this
    tell?.({ id, origin, via, requests: this.#requests, age, idleAtClose, closedBy })
  }

  /** The tracker stops. */
  released(now: number): void {
    const state = this.#state
    this.#state = 'closed'
    if (state === 'closed' || state === 'connecting') return
    if (state === 'idle') this.row.idleEnded('cutOff', now - this.#idleSince, now)
    this.row.released(state)
  }

  at(now: number): { row: Row; age: number; idleTime: number | undefined } {
    const idleTime = this.#state === 'idle' ? now - this.#idleSince : undefined
    return { row: this.row, age: now - this.#openedAt, idleTime }
  }

  info(now: number): OutgoingConnectionInfo {
    const { id, origin, via } = this
    const { age, idleTime = 0 } = this.at(now)
    return {
      id,
      origin,
      via,
      state: this.#state as OutgoingState,
      requests: this.#requests,
      age,
      idle: idleTime,
    }
  }

  #move(to: OutgoingState): void {
    this.row.moved(this.#state as OutgoingState, to)
    this.#state = to
  }
}
