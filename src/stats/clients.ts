import { clientAddress } from '../address.ts'
import { Allowance } from '../allowance.ts'
import type { Peer } from '../connection/observer.ts'
import { type CloseReason, closeReasons } from '../reasons.ts'
import { NamedCounts } from './counts.ts'
import { Bins } from './histogram.ts'
import type { ClientRow, Snapshot } from './snapshot.ts'

/** The counts of one client. */
interface ClientCounts {
  connections: number
  requests: number
  reused: number
  readonly reasons: NamedCounts<CloseReason>
  /** By the monotonic clock, in ms. */
  seenAt: number
  /** Connections that the idle timeout closed and that no later connection of the client replaces yet. */
  timedOut: number
  /** Since when the latest of these was idle. */
  idleSince: number
  /** When the client last closed a connection right after its only request. */
  thrownAwayAt: number
  /** Connections that the client opened soon after that, without a pause. */
  inARow: number
  avoidable: number
  /** By User-Agent. */
  healthChecks: number
  /** When the client opened its latest connection, and the time from the one before to it, in ms. */
  openedAt: number
  interval: number
  /** How many intervals in a row had the length of the interval before. */
  even: number
}

/**
 * The counts of one client, or those of all clients without a row. Each connection record keeps a reference, so counting
 * needs no lookup. When a client loses its row, its counts are added to `other`, and `counts` then refers to `other`:
 * open connections continue to count there, and nothing is counted twice.
 */
export interface Client {
  counts: ClientCounts
}

/** A client that has a row in the table. */
interface Row extends Client {
  readonly address: string
  readonly group: number
}

/** A client with more than 4 connections, and more than 1/8 of all connections, is treated as a proxy. */
const proxyShare = 8
const fewConnections = 4

/**
 * How many addresses the kit looks up: 1,000 at once, then one each millisecond. A lookup is a system call: 3.4 µs of the
 * 60 µs that Node 24 spends on a connection with one request (two cores of an EPYC). The strings that it creates add to
 * that.
 */
const lookupsAtOnce = 1_000

const never = Number.NEGATIVE_INFINITY

/** A client that closes one connection and opens another within this time, in ms, could have kept the first. */
const soon = 1_000

/** Up to this many in a row may be health checks that come together, or one web page. */
const fewInARow = 10

const noCounts = (): ClientCounts => ({
  connections: 0,
  requests: 0,
  reused: 0,
  reasons: new NamedCounts(closeReasons),
  seenAt: never,
  timedOut: 0,
  idleSince: never,
  thrownAwayAt: never,
  inARow: 0,
  avoidable: 0,
  healthChecks: 0,
  openedAt: never,
  interval: 0,
  even: 0,
})

/**
 * Counts by client address. When connections arrive faster than addresses are looked up, each connection without a lookup
 * counts for the client that was looked up last. So the sums are exact, and the shares are those of a sample of 1,000
 * connections a second.
 *
 * The table has two generations, each with at most half of the cap. A new client gets a row in the young generation. A
 * client of the old generation moves to the young one when it opens a connection. When the young generation is full it
 * becomes the old one, and the rest of the old one is added to `other`. So the most recent clients keep their rows.
 */
export class Clients {
  readonly #maxRows: number
  readonly #masked: boolean
  readonly #other: Client = { counts: noCounts() }
  #young = new Map<string, Row>()
  #old = new Map<string, Row>()
  #opened = 0
  #made = 0
  #timedOut = 0
  #notLookedUp = 0
  readonly #gaps = new Bins()
  readonly #forgotten = new Bins()
  /** When the current old generation became the old one. */
  #turnedAt = never
  /** The client looked up last. */
  #last: Client = this.#other
  readonly #lookups = new Allowance(lookupsAtOnce)

  /**
   * @param cap - maximum number of rows; below 2 there are no rows.
   * @param masked - whether addresses are masked.
   */
  constructor(cap: number, masked: boolean) {
    this.#maxRows = Math.floor(cap / 2)
    this.#masked = masked
  }

  /** Counts a new connection. Returns the client to count it in: `other` if the connection has no address. */
  open(peer: Peer, now: number): Client {
    this.#opened++
    const isLookedUp = this.#maxRows > 0 && this.#lookups.take(now)
    if (isLookedUp) this.#last = this.#clientOf(peer, now)
    else this.#notLookedUp++
    const client = this.#last
    const { counts } = client
    counts.connections++
    counts.seenAt = now
    if (isLookedUp) noteInterval(counts, now)
    if (now - counts.thrownAwayAt >= soon) counts.inARow = 0
    else if (++counts.inARow > fewInARow) counts.avoidable++
    if (counts.timedOut > 0 && isLookedUp && now >= counts.idleSince) {
      counts.timedOut--
      this.#gaps.add(now - counts.idleSince)
    }
    return client
  }

  /**
   * The group of a connection. All connections of a client are in one group, so that groups are independent. A proxy has a
   * large share of all connections and would be a group alone, so its connections are spread over the groups.
   */
  groupOf(client: Client, connection: number): number {
    const { connections } = client.counts
    const isProxy = connections > fewConnections && connections * proxyShare > this.#opened
    return 'group' in client && !isProxy ? (client as Row).group : connection
  }

  /** The idle timeout closes a connection that was idle since `since`. Clients without a row are not remembered. */
  timedOut({ counts }: Client, since: number): void {
    if (counts === this.#other.counts) return
    this.#timedOut++
    counts.timedOut++
    counts.idleSince = since
  }

  returns(now: number): Snapshot['returns'] {
    const waiting = new Bins()
    for (const rows of [this.#old, this.#young])
      for (const { counts } of rows.values())
        if (counts.timedOut > 0) waiting.addTimes(now - counts.idleSince, counts.timedOut)
    return {
      timedOut: this.#timedOut,
      gaps: this.#gaps.histogram(),
      forgotten: this.#forgotten.histogram(),
      waiting: waiting.histogram(),
      notLookedUp: this.#notLookedUp,
    }
  }

  /**
   * @param reasonAt - the index of the close reason.
   * @param thrownAway - whether the client closed the connection right after its only request.
   */
  close({ counts }: Client, reasonAt: number, now: number, thrownAway = false): void {
    counts.reasons.count(reasonAt)
    counts.seenAt = now
    if (thrownAway) counts.thrownAwayAt = now
  }

  /**
   * @param wallOf - converts a monotonic time to Unix time in ms.
   * @returns the rows, most connections first, and the sum of all clients without a row.
   */
  snapshot(wallOf: (seenAt: number) => number): { readonly rows: ClientRow[]; readonly other: ClientRow } {
    const rows: ClientRow[] = []
    for (const { address, counts } of [...this.#old.values(), ...this.#young.values()])
      rows.push(rowOf(address, counts, wallOf))
    return { rows: rows.sort(byConnections), other: rowOf(null, this.#other.counts, wallOf) }
  }

  #clientOf({ address }: Peer, now: number): Client {
    return address === undefined ? this.#other : this.#row(address, now)
  }

  #row(address: string, now: number): Row {
    const key = clientAddress(address, this.#masked)
    const young = this.#young.get(key)
    if (young) return young
    const row = this.#old.get(key) ?? { address: key, group: this.#made++, counts: noCounts() }
    this.#old.delete(key)
    if (this.#young.size === this.#maxRows) this.#turn(now)
    this.#young.set(key, row)
    return row
  }

  #turn(now: number): void {
    const next = new Map<string, Row>()
    // These clients were seen again without a new connection. Keep at most half: a full table would turn again at once.
    const maxKept = this.#maxRows >> 1
    for (const row of this.#old.values()) {
      if (row.counts.seenAt > this.#turnedAt && next.size < maxKept) next.set(row.address, row)
      else this.#retire(row, now)
    }
    this.#old = this.#young
    this.#young = next
    this.#turnedAt = now
  }

  #retire(row: Row, now: number): void {
    const { counts } = this.#other
    const { timedOut, idleSince } = row.counts
    if (timedOut > 0) this.#forgotten.addTimes(now - idleSince, timedOut)
    add(counts, row.counts)
    row.counts = counts
  }
}

/** Intervals of a health check differ by less than this share, or on a busy machine by less than this time in ms. */
const evenShare = 0.1
const evenTime = 100

/** Shorter intervals, in ms, are not those of a health check. A checker may send several checks within `together`. */
const minInterval = 900
const together = 100

/** Maximum number of checks that come together. */
const maxTogether = 5

/** This many connections at regular intervals are not a coincidence. */
const fewEven = 10

function noteInterval(counts: ClientCounts, now: number): void {
  const interval = now - counts.openedAt
  if (interval < together) return
  const isEven =
    interval >= minInterval &&
    Math.abs(interval - counts.interval) <= Math.max(evenShare * interval, evenTime)
  counts.even = isEven ? counts.even + 1 : 0
  counts.interval = interval
  counts.openedAt = now
}

/** Few connections at regular intervals, each with at most one request, are health checks whatever their User-Agent. */
function isPeriodic({ connections, requests, even }: ClientCounts): boolean {
  return even >= fewEven && even * maxTogether > connections && requests <= connections
}

/** Sorts by connections, most first. The further rules only make the order stable. */
export function byConnections(a: ClientRow, b: ClientRow): number {
  return b.connections - a.connections || b.requests - a.requests || compare(a.address ?? '', b.address ?? '')
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

function add(to: ClientCounts, from: ClientCounts): void {
  const { connections, requests, reused, reasons, seenAt } = from
  to.connections += connections
  to.requests += requests
  to.reused += reused
  to.avoidable += from.avoidable
  to.healthChecks += from.healthChecks
  to.seenAt = Math.max(to.seenAt, seenAt)
  to.reasons.add(reasons)
}

function rowOf(address: string | null, counts: ClientCounts, wallOf: (seenAt: number) => number): ClientRow {
  const { connections, requests, reused, reasons, seenAt, avoidable } = counts
  const healthChecks = isPeriodic(counts) ? connections : counts.healthChecks
  const lastSeen = seenAt === never ? 0 : wallOf(seenAt)
  return {
    address,
    connections,
    requests,
    reused,
    reasons: reasons.some(),
    lastSeen,
    ...(avoidable > 0 && { avoidable }),
    ...(healthChecks > 0 && { healthChecks }),
  }
}
