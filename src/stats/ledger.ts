import type { Clock } from '../clock.ts'
import type { Ended, IdleEnd, Observer, Peer } from '../connection/observer.ts'
import type { Explanation } from '../connection/verdict.ts'
import type { Policy } from '../policy/policy.ts'
import { appCloses, closeReasons, closers, type State } from '../reasons.ts'
import { type Client, Clients } from './clients.ts'
import { NamedCounts } from './counts.ts'
import { Bins, MomentBins, SpreadBins } from './histogram.ts'
import { GroupedGaps } from './idle-groups.ts'
import { PeriodGaps } from './idle-periods.ts'
import type { Counts, Histogram, Snapshot, Summary } from './snapshot.ts'
import { Windows } from './windows.ts'

/** What a ledger needs from its kit. */
export interface LedgerSource {
  readonly clock: Clock
  readonly policy: Pick<Policy, 'clients' | 'maskAddresses' | 'keepAliveTimeoutBuffer'>
  /** The idle timeout in force, in ms; 0 for none. */
  idleTimeout(): number
  /** How long each idle connection has been idle, in ms, longest first. */
  idleTimes(): Iterable<number>
}

/** A snapshot looks at no more than this many idle connections, so that its cost does not grow with their number. */
const maxIdleTimes = 1_000

/** Before the app has sent a `Keep-Alive` header. */
const noHints: Snapshot['appHints'] = { responses: 0, least: null, most: null }

/** The bounded aggregates of all connections of a kit. It only counts; everything else is computed on read. */
export class Ledger implements Observer {
  readonly #source: LedgerSource
  readonly #clock: Clock
  readonly #since: number
  readonly #windows: Windows
  readonly #clients: Clients

  #opened = 0
  #closed = 0
  #released = 0
  // One field for each state: a lookup by key would cost more, and every request changes the state twice.
  #new = 0
  #active = 0
  #idle = 0
  #closing = 0
  #upgraded = 0
  readonly #reasons = new NamedCounts(closeReasons)
  readonly #closedBy = new NamedCounts(closers)
  readonly #appCloses = new NamedCounts(appCloses)

  #requests = 0
  #answered = 0
  #reused = 0
  #concurrent = 0
  #refused = 0
  #refusedRetryable = 0
  #dropped = 0
  #late = 0
  #lateAfterClose = 0
  #nearMisses = 0

  #hints = 0
  #minHint = Number.POSITIVE_INFINITY
  #maxHint = 0

  readonly #idleGap = { reused: new Bins(), clientClosed: new SpreadBins(), cutOff: new MomentBins() }
  readonly #groupedGaps = new GroupedGaps()
  readonly #periodGaps: PeriodGaps
  readonly #age = new Bins()
  readonly #requestsPerConnection = new Bins()
  readonly #requestsAtOnce = new Bins()
  readonly #firstRequest = new Bins()
  readonly #tlsHandshake = new Bins()

  constructor(source: LedgerSource) {
    const { clock, policy } = source
    this.#source = source
    this.#clock = clock
    this.#since = clock.wall()
    this.#windows = new Windows(clock.now())
    this.#periodGaps = new PeriodGaps(clock.now())
    this.#clients = new Clients(policy.clients, policy.maskAddresses)
  }

  opened(state: State, peer: Peer, now: number): Client {
    this.#turnAt(now)
    this.#opened++
    this.#count(state, 1)
    return this.#clients.open(peer, now)
  }

  moved(from: State, to: State): void {
    this.#count(from, -1)
    this.#count(to, 1)
  }

  #count(state: State, by: number): void {
    if (state === 'idle') this.#idle += by
    else if (state === 'active') this.#active += by
    else if (state === 'new') this.#new += by
    else if (state === 'closing') this.#closing += by
    else if (state === 'upgraded') this.#upgraded += by
  }

  handshaken(duration: number): void {
    this.#tlsHandshake.add(duration)
  }

  firstRequest(wait: number): void {
    this.#firstRequest.add(wait)
  }

  requested({ counts }: Client, reused: boolean, now: number): void {
    this.#turnAt(now)
    this.#requests++
    counts.requests++
    counts.seenAt = now
    if (!reused) return
    this.#reused++
    counts.reused++
  }

  healthChecked({ counts }: Client): void {
    counts.healthChecks++
  }

  groupOf(client: Client, connection: number): number {
    return this.#clients.groupOf(client, connection)
  }

  idleEnded(by: IdleEnd, gap: number, group: number): void {
    if (by === 'clientClosed') this.#clientClosedAfter(gap, group)
    else if (by === 'cutOff') this.#group(by, this.#idleGap.cutOff.add(gap), group)
    else this.#reusedAfter(gap, group)
  }

  #clientClosedAfter(gap: number, group: number): void {
    this.#group('clientClosed', this.#idleGap.clientClosed.addAt(gap, this.#clock.now()), group)
  }

  #group(by: IdleEnd, bin: number, group: number): void {
    this.#groupedGaps.add(by, bin, group)
    this.#periodGaps.add(by, bin)
  }

  #reusedAfter(gap: number, group: number): void {
    this.#group('reused', this.#idleGap.reused.add(gap), group)
    const advertised = this.#source.idleTimeout()
    if (gap > advertised && advertised > 0) this.#nearMisses++
  }

  timedOut(client: Client, since: number): void {
    this.#clients.timedOut(client, since)
  }

  hinted(seconds: number): void {
    this.#hints++
    this.#minHint = Math.min(this.#minHint, seconds)
    this.#maxHint = Math.max(this.#maxHint, seconds)
  }

  answered(): void {
    this.#answered++
  }

  refused(retryable: boolean): void {
    this.#refused++
    if (retryable) this.#refusedRetryable++
  }

  atOnce(requests: number): void {
    this.#requestsAtOnce.add(requests)
    if (requests > 1) this.#concurrent++
  }

  dropped(count: number): void {
    this.#turnAt(this.#clock.now())
    this.#dropped += count
  }

  late(count: number, afterClose: boolean): void {
    this.#turnAt(this.#clock.now())
    this.#late += count
    if (afterClose) this.#lateAfterClose += count
  }

  released(state: State): void {
    this.#released++
    this.#count(state, -1)
  }

  closed(record: Ended<Client>, ending: Explanation, now: number): void {
    const { openedAt, requests, client, appClose } = record
    this.#turnAt(now)
    this.#closed++
    this.#reasons.count(ending.reasonAt)
    this.#closedBy.count(ending.closerAt)
    if (ending.reason === 'app') this.#appCloses.count(appCloses.indexOf(appClose))
    this.#age.add(now - openedAt)
    this.#requestsPerConnection.add(requests)
    this.#clients.close(client, ending.reasonAt, now, isThrownAway(record, ending, now))
  }

  snapshot(): Snapshot {
    return { ...this.summary(), clients: this.clients() }
  }

  clients(): Snapshot['clients'] {
    const [now, wall] = [this.#clock.now(), this.#clock.wall()]
    return this.#clients.snapshot((seenAt) => Math.round(wall - (now - seenAt)))
  }

  /** The snapshot without the clients. */
  summary(): Summary {
    this.#turnAt(this.#clock.now())
    return {
      version: 2,
      takenAt: this.#clock.wall(),
      since: this.#since,
      processes: 1,
      timeouts: {
        keepAliveTimeout: this.#source.idleTimeout(),
        keepAliveTimeoutBuffer: this.#source.policy.keepAliveTimeoutBuffer,
      },
      connections: this.#connections(),
      requests: this.#requestCounts(),
      appHints: this.#appHints(),
      histograms: this.#histograms(),
      idleGroups: this.#groupedGaps.groups(),
      idlePeriods: this.#periodGaps.periods(),
      returns: this.#clients.returns(this.#clock.now()),
      windows: this.#windows.counts(this.#totals()),
    }
  }

  /** Must run before counting: what was counted before belongs to slots and periods that have ended. */
  #turnAt(now: number): void {
    if (now < this.#windows.turnsAt) return
    this.#windows.turn(now, this.#totals())
    this.#periodGaps.turn(now)
  }

  #totals(): Counts {
    return {
      opened: this.#opened,
      closed: this.#closed,
      requests: this.#requests,
      reused: this.#reused,
      late: this.#late,
      dropped: this.#dropped,
    }
  }

  #connections(): Snapshot['connections'] {
    return {
      opened: this.#opened,
      closed: this.#closed,
      released: this.#released,
      open: this.#opened - this.#closed - this.#released,
      states: {
        new: this.#new,
        active: this.#active,
        idle: this.#idle,
        closing: this.#closing,
        upgraded: this.#upgraded,
      },
      reasons: this.#reasons.all(),
      closedBy: this.#closedBy.all(),
      appCloses: this.#appCloses.all(),
    }
  }

  #requestCounts(): Snapshot['requests'] {
    return {
      total: this.#requests,
      answered: this.#answered,
      reused: this.#reused,
      concurrent: this.#concurrent,
      refused: this.#refused,
      refusedRetryable: this.#refusedRetryable,
      dropped: this.#dropped,
      late: this.#late,
      lateAfterClose: this.#lateAfterClose,
      nearMisses: this.#nearMisses,
    }
  }

  #appHints(): Snapshot['appHints'] {
    if (this.#hints === 0) return noHints
    return { responses: this.#hints, least: this.#minHint, most: this.#maxHint }
  }

  #histograms(): Snapshot['histograms'] {
    const { reused, clientClosed, cutOff } = this.#idleGap
    return {
      idleGap: {
        reused: reused.histogram(),
        clientClosed: clientClosed.histogram(),
        cutOff: cutOff.histogram(),
      },
      idleNow: this.#idleNow(),
      age: this.#age.histogram(),
      requestsPerConnection: this.#requestsPerConnection.histogram(),
      requestsAtOnce: this.#requestsAtOnce.histogram(),
      firstRequest: this.#firstRequest.histogram(),
      tlsHandshake: this.#tlsHandshake.histogram(),
    }
  }

  #idleNow(): Histogram {
    const bins = new Bins()
    let left = maxIdleTimes
    for (const time of this.#source.idleTimes()) {
      if (left-- === 0) break
      bins.add(time)
    }
    return bins.histogram()
  }
}

/** A client that closes within this time after the response, in ms, does not intend to reuse the connection. */
const soonAfter = 1_000

/** Whether the client closed the connection right after its only request. */
function isThrownAway(
  { requests, waitsSince }: Ended<Client>,
  { reason }: Explanation,
  now: number,
): boolean {
  if (requests !== 1) return false
  if (reason === 'client-asked') return true
  return (reason === 'client-idle' || reason === 'client-reset') && now - waitsSince < soonAfter
}
