import { NamedCounts } from '../stats/counts.ts'
import { Bins, MomentBins, SpreadBins } from '../stats/histogram.ts'
import type { Histogram } from '../stats/snapshot.ts'
import {
  type CallSite,
  type OutgoingClosedBy,
  type OutgoingIdleEnd,
  type OutgoingLibrary,
  type OutgoingRow,
  type OutgoingState,
  outgoingClosers,
} from './snapshot.ts'

const nothing: Histogram = { count: 0, sum: 0, bins: [] }

/** What a walk over the open connections adds to a row. */
export interface OpenNow {
  oldest: number
  readonly idle: Bins
}

/** The counts of one origin. Histograms are made when there is something to count: most origins have few kinds of ends. */
export class Row {
  readonly origin: string | null
  readonly #since: number

  #opened = 0
  #closed = 0
  #released = 0
  #failed = 0
  #agents = 0
  #besideIdle = 0
  // Each on its own: by a key would cost more, and every request passes two of them.
  #new = 0
  #active = 0
  #idle = 0
  #upgraded = 0
  readonly #closedBy = new NamedCounts(outgoingClosers)
  #askedByUs = 0
  #askedByServer = 0

  #reused = 0
  #lost = 0
  #http = 0
  #undici = 0

  #reusedGaps: Bins | undefined
  #serverClosedGaps: SpreadBins | undefined
  #cutOffGaps: MomentBins | undefined
  #age: Bins | undefined

  /** In ms, as a server said last. */
  advertised: number | null = null
  /** In ms, as an agent had it last; 0: no limit. */
  ownTimeout: number | null = null
  readonly sites: Map<string, number> = new Map()

  constructor(origin: string | null, since: number) {
    this.origin = origin
    this.#since = since
  }

  opened(): void {
    this.#opened++
    if (this.#idle > 0) this.#besideIdle++
    this.#new++
  }

  failed(): void {
    this.#failed++
  }

  agentSeen(): void {
    this.#agents++
  }

  moved(from: OutgoingState, to: OutgoingState): void {
    this.#count(from, -1)
    this.#count(to, 1)
  }

  #count(state: OutgoingState, by: number): void {
    if (state === 'idle') this.#idle += by
    else if (state === 'active') this.#active += by
    else if (state === 'new') this.#new += by
    else this.#upgraded += by
  }

  requested(via: OutgoingLibrary, isReuse: boolean): void {
    if (via === 'http') this.#http++
    else this.#undici++
    if (isReuse) this.#reused++
  }

  lost(): void {
    this.#lost++
  }

  idleEnded(by: OutgoingIdleEnd, gap: number, now: number): void {
    if (by === 'reused') {
      this.#reusedGaps ??= new Bins()
      this.#reusedGaps.add(gap)
    } else if (by === 'serverClosed') {
      this.#serverClosedGaps ??= new SpreadBins()
      this.#serverClosedGaps.addAt(gap, now)
    } else {
      this.#cutOffGaps ??= new MomentBins()
      this.#cutOffGaps.add(gap)
    }
  }

  closed(from: OutgoingState, by: OutgoingClosedBy, askedBy: 'us' | 'server' | undefined, age: number): void {
    this.#count(from, -1)
    this.#closed++
    this.#closedBy.count(outgoingClosers.indexOf(by))
    if (askedBy === 'us') this.#askedByUs++
    else if (askedBy === 'server') this.#askedByServer++
    this.#age ??= new Bins()
    this.#age.add(age)
  }

  released(from: OutgoingState): void {
    this.#count(from, -1)
    this.#released++
  }

  toJson(now: OpenNow | undefined): OutgoingRow {
    return {
      origin: this.origin,
      since: this.#since,
      connections: {
        opened: this.#opened,
        closed: this.#closed,
        released: this.#released,
        open: this.#opened - this.#closed - this.#released,
        states: { new: this.#new, active: this.#active, idle: this.#idle, upgraded: this.#upgraded },
        closedBy: this.#closedBy.all(),
        askedBy: { us: this.#askedByUs, server: this.#askedByServer },
        failed: this.#failed,
        agents: this.#agents,
        besideIdle: this.#besideIdle,
        oldest: Math.round(now?.oldest ?? 0),
      },
      requests: { total: this.#http + this.#undici, reused: this.#reused, lost: this.#lost },
      idleGaps: {
        reused: this.#reusedGaps?.histogram() ?? nothing,
        serverClosed: this.#serverClosedGaps?.histogram() ?? nothing,
        cutOff: this.#cutOffGaps?.histogram() ?? nothing,
      },
      idleNow: now?.idle.histogram() ?? nothing,
      age: this.#age?.histogram() ?? nothing,
      advertisedTimeout: this.advertised,
      ownTimeout: this.ownTimeout,
      via: { http: this.#http, undici: this.#undici },
      ...(this.sites.size > 0 && { sites: sitesOf(this.sites) }),
    }
  }
}

function sitesOf(sites: ReadonlyMap<string, number>): CallSite[] {
  return Array.from(sites, ([site, count]) => ({ site, count })).sort((a, b) => b.count - a.count)
}
