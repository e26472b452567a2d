import { type Cause, causeOf } from './causes.ts'
import type { Candidate, Pending } from './pending.ts'
import type { ConnectionRecord } from './records.ts'

/** What stands for a failure without a port. */
export interface Assigned {
  readonly record: ConnectionRecord
  readonly cause: Cause
  /** No other cause, and no other failure, is as near. */
  readonly isClear: boolean
}

interface Pair {
  readonly pending: Pending
  readonly candidate: Candidate
  /** Between the failure and the time at which it was to be expected, in ms. */
  readonly distance: number
}

/**
 * Gives each failure without a port the nearest record that tells of a lost request, each request once.
 *
 * @returns also which failures are left with records that may be theirs, but are given to others that are not clearly nearer.
 */
export function assign(pending: readonly Pending[]): {
  readonly assigned: ReadonlyMap<Pending, Assigned>
  readonly torn: ReadonlySet<Pending>
} {
  const pairs = pairsOf(pending).sort((a, b) => a.distance - b.distance)
  const given = new Map<Pending, Pair>()
  const owned = new Map<Candidate['capacity'], number>()
  for (const pair of pairs) {
    const { capacity } = pair.candidate
    if (given.has(pair.pending) || capacity.left === 0) continue
    capacity.left--
    given.set(pair.pending, pair)
    owned.set(capacity, pair.distance)
  }
  /** The nearest failure that a record might be of as well, and that got none. */
  const claims = new Map<Candidate['capacity'], number>()
  const torn = new Set<Pending>()
  const rivals = new Map<Pending, number>()
  for (const { pending, candidate, distance } of pairs) {
    const { capacity, record } = candidate
    const own = given.get(pending)
    if (!own) {
      if (!claims.has(capacity)) claims.set(capacity, distance)
      if (!isFarther(distance, owned.get(capacity) ?? 0)) torn.add(pending)
    } else if (!rivals.has(pending) && differ(own.candidate.record, record, pending))
      rivals.set(pending, distance)
  }
  const assigned = new Map<Pending, Assigned>()
  for (const [pending, { candidate, distance }] of given) {
    const rival = Math.min(claims.get(candidate.capacity) ?? Infinity, rivals.get(pending) ?? Infinity)
    const { record } = candidate
    const isClear = isFarther(rival, distance)
    assigned.set(pending, { record, cause: causeOf(record, pending.failure.symptom), isClear })
  }
  return { assigned, torn }
}

const differ = (one: ConnectionRecord, other: ConnectionRecord, { failure }: Pending): boolean =>
  causeOf(one, failure.symptom) !== causeOf(other, failure.symptom)

/** What network, busy machines and logs add to the one and not to the other, in ms. */
const jitter = 250

/** So far that it cannot be meant. */
const isFarther = (rival: number, nearest: number): boolean => rival > 4 * nearest + jitter

function pairsOf(pending: readonly Pending[]): Pair[] {
  const late = new Lag()
  const closed = new Lag()
  const of = ({ record }: Candidate): Lag => (record.late > 0 ? late : closed)
  for (const { from, to, candidates } of pending)
    if (to - from <= preciseEnough) for (const each of candidates) of(each).add(from - each.record.closedAt)
  late.settle()
  closed.settle()
  return pending.flatMap((each) =>
    each.candidates.map((candidate) => {
      const { ms } = of(candidate)
      const expected = candidate.record.closedAt + ms
      const distance = Math.max(0, each.from - expected, expected - each.to)
      return { pending: each, candidate, distance }
    }),
  )
}

/** Times finer than this show by how much one side is later, in ms. */
const preciseEnough = 10

const bin = 10
const widest = 320

/** Fewer pairs of one difference may be chance. */
const telling = 5

/**
 * The proxy sees a close later than the server makes it, or the server sees the end of a lost request later than the proxy: by
 * what the network takes. Pairs that belong together have all the same difference.
 */
class Lag {
  /** The failure's time less the record's, in ms; 0 until it is known. */
  ms = 0
  readonly #counts = new Int32Array((2 * widest) / bin + 2)

  add(difference: number): void {
    const at = Math.floor((difference + widest) / bin)
    if (at >= 0 && at < this.#counts.length) this.#counts[at]!++
  }

  settle(): void {
    let most = 0
    for (let i = 1; i < this.#counts.length; i++) {
      const count = this.#counts[i - 1]! + this.#counts[i]!
      if (count <= most || count < telling) continue
      most = count
      this.ms = i * bin - widest
    }
  }
}
