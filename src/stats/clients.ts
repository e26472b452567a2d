import { clientAddress } from '../address.ts'
import type { Peer } from '../connection/observer.ts'
import { type CloseReason, closeReasons } from '../reasons.ts'
import { NamedCounts } from './counts.ts'
import { Bins } from './histogram.ts'
import type { ClientRow, Snapshot } from './snapshot.ts'

/** What is counted of a client. */
interface ClientCounts {
  connections: number
  requests: number
  reused: number
  readonly reasons: NamedCounts<CloseReason>
  /** By the monotonic clock, in ms. */
  seenAt: number
  /** Connections closed by the idle timeout that no later one stands for yet. */
  timedOut: number
  /** Since when the last of those was idle. */
  idleSince: number
  /** When the client last ended a connection right after its only request. */
  thrownAwayAt: number
  /** Connections opened soon after that, without a pause. */
  inARow: number
  avoidable: number
  /** By User-Agent. */
  healthChecks: number
  /** When it opened its latest connection, and how long after the one before. */
  openedAt: number
  interval: number
  /** Times in a row at which it opened connections, each as long after the one before as that one. */
  even: number
}

/**
 * What the connections of one client are counted in. Records hold on to it, so that counting looks nothing up. When
 * the client loses its row, its counts are added to those of all others, and `counts` are theirs from then on: what
 * open connections still count lands there, once.
 */
export interface Client {
  counts: ClientCounts
}

/** A client that is in the table. */
interface Row extends Client {
  readonly address: string
  readonly group: number
}

/** A client with more than one in so many connections, and with more than a few, is treated as a proxy. */
const proxyShare = 8
const fewConnections = 4

/**
 * Addresses that are looked up: so many at once, and one each millisecond. A lookup is a system call, 3.4 µs of the 60 µs
 * that Node 24 spends on a connection with one request (two cores of an EPYC); with the strings that it makes, more.
 */
const lookupsAtOnce = 1_000
const lookupsPerMs = 1

const never = Number.NEGATIVE_INFINITY

/** A client that opens a connection so soon after it has ended one, in ms, could have kept that one. */
const soon = 1_000

/** So many in a row may be a few health checks at a time, or a page. */
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
 * Counts by client address. Where connections come faster than addresses are looked up, those looked up stand for the
 * others: each of the others counts for the client that was looked up last. So sums are exact, and shares are those of a
 * sample, 1,000 a second.
 *
 * The table has two generations of at most half the cap each. A client comes into the young one, and
 * back into it when it is seen again; when that is full it becomes the old one, and what was left in the old one
 * drops out into `other`. So the clients seen last keep their rows, whoever else comes by.
 */
export class Clients {
  readonly #most: number
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
  /** When the old generation became it. */
  #turnedAt = never
  /** The client looked up last. */
  #last: Client = this.#other
  #lookups = lookupsAtOnce
  #lookedAt = never

  /**
   * @param cap - rows at most; below 2 there are none.
   * @param masked - whether addresses are masked.
   */
  constructor(cap: number, masked: boolean) {
    this.#most = Math.floor(cap / 2)
    this.#masked = masked
  }

  /** A connection opens: what it is counted in. Without an address that is `other`. */
  open(peer: Peer, now: number): Client {
    this.#opened++
    const isLookedUp = this.#most > 0 && this.#mayLookUp(now)
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
   * The group of a connection: its client's, so that groups have nothing in common. A proxy, which has many of all
   * connections, would be a group alone: its connections are spread.
   */
  groupOf(client: Client, connection: number): number {
    const { connections } = client.counts
    const isProxy = connections > fewConnections && connections * proxyShare > this.#opened
    return 'group' in client && !isProxy ? (client as Row).group : connection
  }

  /** The idle timeout closes a connection that was idle since then. Of clients without a row nothing is remembered. */
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
   * @param thrownAway - the client has ended the connection right after its only request.
   */
  close({ counts }: Client, reasonAt: number, now: number, thrownAway = false): void {
    counts.reasons.count(reasonAt)
    counts.seenAt = now
    if (thrownAway) counts.thrownAwayAt = now
  }

  /**
   * @param wallOf - Unix ms of a monotonic time.
   * @returns the rows, those with most connections first, and all that have none.
   */
  snapshot(wallOf: (seenAt: number) => number): { readonly rows: ClientRow[]; readonly other: ClientRow } {
    const rows: ClientRow[] = []
    for (const { address, counts } of [...this.#old.values(), ...this.#young.values()])
      rows.push(rowOf(address, counts, wallOf))
    return { rows: rows.sort(byConnections), other: rowOf(null, this.#other.counts, wallOf) }
  }

  #mayLookUp(now: number): boolean {
    this.#lookups = Math.min(lookupsAtOnce, this.#lookups + (now - this.#lookedAt) * lookupsPerMs)
    this.#lookedAt = now
    if (this.#lookups < 1) return false
    this.#lookups--
    return true
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
    if (this.#young.size === this.#most) this.#turn(now)
    this.#young.set(key, row)
    return row
  }

  #turn(now: number): void {
    const next = new Map<string, Row>()
    // Seen again without a new connection. No more than half, or the next turn would be due at once.
    const mostKept = this.#most >> 1
    for (const row of this.#old.values()) {
      if (row.counts.seenAt > this.#turnedAt && next.size < mostKept) next.set(row.address, row)
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

/** Intervals of a check differ by less than this share, and by less than this time in ms where the machine is busy. */
const evenShare = 0.1
const evenTime = 100

/** Shorter intervals, in ms, are no check's; within the second time a checker may send several. */
const shortestInterval = 900
const together = 100

/** Checks that come together. */
const maxTogether = 5

/** So many connections at even times are no chance. */
const fewEven = 10

function noteInterval(counts: ClientCounts, now: number): void {
  const interval = now - counts.openedAt
  if (interval < together) return
  const isEven =
    interval >= shortestInterval &&
    Math.abs(interval - counts.interval) <= Math.max(evenShare * interval, evenTime)
  counts.even = isEven ? counts.even + 1 : 0
  counts.interval = interval
  counts.openedAt = now
}

/** Connections at even times, few at a time, with one request or none each: checks, whatever their User-Agent. */
function isPeriodic({ connections, requests, even }: ClientCounts): boolean {
  return even >= fewEven && even * maxTogether > connections && requests <= connections
}

/** Those with most connections first; the rest of the order only has to be the same every time. */
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
