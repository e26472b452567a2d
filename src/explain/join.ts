import { assign } from './assign.ts'
import { type Cause, causeOf, causeTexts, lostBy, proven } from './causes.ts'
import { Ends } from './ends.ts'
import type { LoggedFailure } from './failure.ts'
import { firstFrom, offer, type Pending, pendingOf, suggest } from './pending.ts'
import type { ConnectionRecord } from './records.ts'
import { plainTarget, type Surveyed } from './survey.ts'

/** `exact`: proven; `likely`: the only cause that fits; `unknown`: more than one fits, or none. */
export type Certainty = 'exact' | 'likely' | 'unknown'

/** A failure with its cause. */
export interface Explained {
  /** When the proxy gave up, in Unix ms by its own clock. */
  readonly time: number
  /** The status that the client got; 0 where the log does not say. */
  readonly status: number
  readonly request: string
  readonly certainty: Certainty
  readonly cause: Cause
  readonly remedy: string
  /** The record of the connection that the request was sent on. */
  readonly connection: ConnectionRecord | null
}

/** A connection's close and the proxy's line are at most so far apart, beside the clocks: rounding, and a slow log. In ms. */
const slack = 1_500

/** So long after the server's FIN a proxy may still send, and so long after a failure it may still keep the connection. In ms. */
const soon = 5_000

/** What the proxy has closed itself it no longer uses: a later failure of its port is of a newer connection. In ms. */
const sameMoment = 500

/** Without a port: a lost request and the proxy's line are at most so far apart. In ms. */
const together = 300

/** Finds the records of failures: by the proxy's port and the time, or else by the time alone. */
export class Join {
  readonly #surveyed: Surveyed
  readonly #all: readonly Pending[]
  readonly #byPort = new Map<number, Pending[]>()
  readonly #unported: readonly Pending[]
  readonly #ends: Ends
  /** The longest that a failure without a port may be away from its line's time, in ms. */
  readonly #widest: number

  /** @param failures - a part of the log's. */
  constructor(failures: readonly LoggedFailure[], surveyed: Surveyed) {
    this.#surveyed = surveyed
    this.#all = failures
      .map((failure) => pendingOf(failure, plainTarget(failure.target), surveyed.skew))
      .sort((a, b) => a.from - b.from)
    const open = this.#all.filter(({ failure }) => proven[failure.symptom] === undefined)
    this.#unported = open.filter(({ failure }) => failure.port === 0)
    for (const pending of this.#all) {
      const { port } = pending.failure
      if (port === 0) continue
      const others = this.#byPort.get(port)
      if (others) others.push(pending)
      else this.#byPort.set(port, [pending])
    }
    this.#widest = this.#unported.reduce((widest, { from, to }) => Math.max(widest, to - from), 0)
    this.#ends = new Ends(this.#all, surveyed)
  }

  match(record: ConnectionRecord): void {
    this.#ends.see(record)
    const { remotePort, closedAt, age } = record
    const ofPort = this.#byPort.get(remotePort)
    if (ofPort) {
      for (let i = firstFrom(ofPort, closedAt - age - slack - this.#widest); i < ofPort.length; i++) {
        const pending = ofPort[i]!
        if (pending.from > closedAt + (record.closedBy === 'client' ? sameMoment : soon)) break
        if (pending.to < closedAt - age - slack || !this.#mayBe(pending, record)) continue
        // A connection that failed is closed soon: one that went on is another one.
        if (closedAt <= pending.to + soon) offer(pending, record)
      }
    }
    const lost = lostBy(record)
    if (lost === 0 || this.#unported.length === 0 || !this.#surveyed.timesAgree) return
    const capacity = { left: lost }
    for (
      let i = firstFrom(this.#unported, closedAt - together - this.#widest);
      i < this.#unported.length;
      i++
    ) {
      const pending = this.#unported[i]!
      if (pending.from > closedAt + together) break
      if (pending.to >= closedAt - together && this.#mayBe(pending, record))
        suggest(pending, record, capacity)
    }
  }

  /** In the order of time. */
  explain(): Explained[] {
    const { assigned, torn } = assign(this.#unported)
    this.#ends.finish()
    return this.#all.map((pending, at) => {
      const { symptom, port } = pending.failure
      const cause = proven[symptom]
      const joined = this.#joined(pending)
      if (cause !== undefined)
        return explained(
          pending,
          cause,
          pending.failure.isUsual ? 'likely' : 'exact',
          hadConnection(cause) ? pending.best : null,
        )
      if (port !== 0 && pending.best) {
        const found = joined === 'unknown' ? 'unknown' : causeOf(pending.best, symptom)
        if (found === 'unknown') return explained(pending, found, found, null)
        return explained(pending, found, joined, pending.best)
      }
      const given = assigned.get(pending)
      if (given?.isClear) return explained(pending, given.cause, 'likely', given.record)
      if (given || torn.has(pending)) return explained(pending, 'unknown', 'unknown', null)
      const { cause: end, certainty } = this.#ends.causeOf(pending, at)
      return explained(pending, end, certainty, null)
    })
  }

  /** How sure it is that its best record is of the very connection. */
  #joined(pending: Pending): Certainty {
    const { best, target, distance, isWithin, rival, rivalDistance, failure } = pending
    if (!best) return 'unknown'
    const isSame = target !== '' && target === best.target
    const isOnly = this.#surveyed.targets.size <= 1
    const rivals =
      rival !== undefined &&
      rivalDistance < 2 * distance + 100 &&
      causeOf(rival, failure.symptom) !== causeOf(best, failure.symptom)
    // The kit waits for the end of a connection on which it has seen a late request.
    const isNear = distance <= (best.late > 0 ? soon : slack)
    if ((isSame || isOnly) && isWithin && isNear && !rivals) return 'exact'
    // The connection may as well be one whose record was lost with its process.
    return this.#ends.mayHaveEnded(pending) ? 'unknown' : 'likely'
  }

  /** A target that records have is the very one; any other one may be the same by another name. */
  #mayBe({ target }: Pending, record: ConnectionRecord): boolean {
    return (
      target === '' || record.target === '' || target === record.target || !this.#surveyed.targets.has(target)
    )
  }
}

/** The others failed before there was one. */
const hadConnection = (cause: Cause): boolean =>
  cause === 'proxy-timeout' || cause === 'app-error' || cause === 'bad-response'

function explained(
  { failure: { time, status, request } }: Pending,
  cause: Cause,
  certainty: Certainty,
  connection: ConnectionRecord | undefined | null,
): Explained {
  return {
    time,
    status,
    request,
    certainty,
    cause,
    remedy: causeTexts[cause].remedy,
    connection: connection ?? null,
  }
}
