import { channel } from 'node:diagnostics_channel'
import type { Clock } from '../clock.ts'
import { List } from '../pool/list.ts'
import { outgoingCloseChannel } from './channel.ts'
import { type FollowedAgent, OutgoingConnection } from './connection.ts'
import type { Row } from './row.ts'
import { Rows } from './rows.ts'
import { CallSites } from './sites.ts'
import type { OutgoingClosed, OutgoingLibrary } from './snapshot.ts'

/** What is needed of a socket. A made-up one may have less: a `Duplex` of an agent's own. */
export interface Followed {
  readonly connecting?: boolean
  readonly encrypted?: boolean
  /** `null` until the TLS handshake is done. */
  readonly alpnProtocol?: string | false | null
  readonly writableEnded?: boolean
  readonly destroyed?: boolean
  readonly errored?: unknown
  readonly remotePort?: unknown
  on(event: string, listener: (this: Followed) => void): unknown
  prependListener(event: string, listener: (this: Followed) => void): unknown
  removeListener(event: string, listener: (this: Followed) => void): unknown
  [key: symbol]: OutgoingConnection | undefined
}

const closes = channel(outgoingCloseChannel)

/** A snapshot looks at no more connections than that, so that its cost does not grow with theirs. */
const mostLookedAt = 10_000

/** The connections of one tracker, and what follows their sockets. */
export class Tracking {
  /** Under this key a socket has its connection: looked up by each request, and at a tenth of a WeakMap's cost. */
  readonly key: symbol = Symbol('keepalive-kit.outgoing')
  readonly clock: Clock
  readonly rows: Rows
  readonly sites: CallSites
  /** Told of with each closed connection: whose it was. */
  owner: object = this
  isStopped = false

  readonly #open = new List<OutgoingConnection>()
  readonly #agents = new WeakMap<object, WeakRef<FollowedAgent>>()
  readonly #listeners: Readonly<Record<string, (this: Followed) => void>>
  #lastId = 0
  #swept: OutgoingConnection | undefined

  constructor(clock: Clock, origins: number, sites: number) {
    this.clock = clock
    this.rows = new Rows(origins, () => clock.wall())
    this.sites = new CallSites(sites)
    this.#listeners = this.#makeListeners()
  }

  /**
   * Follows a socket from now on.
   *
   * @param agent - what the connection belongs to. undici does not tell of it.
   */
  follow(socket: Followed, origin: string, via: OutgoingLibrary, agent?: FollowedAgent): OutgoingConnection {
    this.#sweep()
    const row = this.rows.of(origin)
    const under = socket[this.key]
    under?.upgraded()
    const isMultiplexed = socket.alpnProtocol === 'h2'
    const id = ++this.#lastId
    const connection = new OutgoingConnection({
      id,
      origin,
      row,
      via,
      socket,
      agent: agent && this.#agentOf(agent, row),
      isMultiplexed,
      under,
    })
    // What is no socket throws here, and is not followed.
    socket[this.key] = connection
    if (!under) this.#listen(socket)
    this.#open.add(connection)
    if (isEstablished(socket)) connection.established(this.clock.now())
    return connection
  }

  /** The connections that are open, the oldest first. */
  *open(): Generator<OutgoingConnection> {
    let left = mostLookedAt
    for (const connection of this.#open) {
      if (left-- === 0) return
      if (connection.isOpen) yield connection
    }
  }

  /** Lets go of all sockets. */
  release(): void {
    this.isStopped = true
    const now = this.clock.now()
    for (let connection = this.#open.first; connection; connection = this.#open.first) {
      this.#open.remove(connection)
      connection.released(now)
      const socket = connection.socket.deref() as Followed | undefined
      if (!socket) continue
      for (const [event, listener] of Object.entries(this.#listeners)) socket.removeListener(event, listener)
      delete socket[this.key]
    }
  }

  /** One weak reference for each agent. */
  #agentOf(agent: FollowedAgent, row: Row): WeakRef<FollowedAgent> {
    const known = this.#agents.get(agent)
    if (known) return known
    row.agentSeen()
    const ref = new WeakRef(agent)
    this.#agents.set(agent, ref)
    return ref
  }

  #listen(socket: Followed): void {
    const { end, ...others } = this.#listeners
    // Node's own listener ends the socket, after which it cannot be told who was first.
    socket.prependListener('end', end!)
    for (const event in others) socket.on(event, others[event]!)
  }

  /** One set of functions for all sockets. None of them throws: that would end the app. */
  #makeListeners(): Record<string, (this: Followed) => void> {
    const { key, clock } = this
    const closed = (connection: OutgoingConnection, error: unknown): void => this.#closed(connection, error)
    return {
      end(): void {
        if (!this.writableEnded) this[key]?.peerEnded()
      },
      close(): void {
        for (let each = this[key]; each; each = each.under) closed(each, this.errored)
      },
      connect(): void {
        if (!this.encrypted) this[key]?.established(clock.now())
      },
      secureConnect(): void {
        this[key]?.established(clock.now())
      },
      /** The agent has its socket back. */
      free(): void {
        if (this.destroyed) this[key]?.notKept()
        this[key]?.responseEnded(clock.now())
      },
      timeout(): void {
        this[key]?.timedOut()
      },
      /** CONNECT or 101; also where an idle socket fails. */
      agentRemove(): void {
        this[key]?.upgraded()
      },
    }
  }

  #closed(connection: OutgoingConnection, error: unknown): void {
    if (connection.list) this.#open.remove(connection)
    const { agent } = connection
    const agentGoesOn = hidesIdleEnd && agent ? () => hasOpenSocket(agent) : undefined
    connection.closed(error, this.clock.now(), agentGoesOn, closes.hasSubscribers ? this.#tell : undefined)
  }

  readonly #tell = (connection: OutgoingClosed): void => {
    closes.publish({ connection, outgoing: this.owner })
  }

  /** A made-up socket may be gone without a 'close': one connection is looked at for each that opens. */
  #sweep(): void {
    const connection = this.#swept ?? this.#open.first
    this.#swept = connection?.next
    if (connection && !connection.socket.deref()) this.#closed(connection, undefined)
  }
}

/** From 22 on Node destroys an idle socket when the server ends it, and no event tells of that. */
const hidesIdleEnd = Number.parseInt(process.versions.node, 10) >= 22

function hasOpenSocket(agent: WeakRef<FollowedAgent>): boolean {
  const { freeSockets = {}, sockets = {} } = agent.deref() ?? {}
  for (const table of [sockets, freeSockets])
    for (const name in table) if (table[name]?.some(({ destroyed }) => !destroyed)) return true
  return false
}

function isEstablished({ connecting, encrypted, alpnProtocol }: Followed): boolean {
  return connecting !== true && !(encrypted && alpnProtocol === null)
}
