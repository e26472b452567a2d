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

/** Gives each failure without a port the nearest record that tells of a lost request, each request once. */
export function assign(pending: readonly Pending[]): Map<Pending, Assigned> {
  const pairs = pending.flatMap((each) => each.candidates.map((candidate) => ({ each, candidate })))
  pairs.sort((a, b) => a.candidate.distance - b.candidate.distance)
  const given = new Map<Pending, Candidate>()
  for (const { each, candidate } of pairs) {
    if (given.has(each) || candidate.capacity.left === 0) continue
    candidate.capacity.left--
    given.set(each, candidate)
  }
  /** The nearest failure that a record might be of as well, and that got none. */
  const claims = new Map<Candidate['capacity'], number>()
  for (const { each, candidate } of pairs)
    if (!given.has(each))
      claims.set(candidate.capacity, Math.min(claims.get(candidate.capacity) ?? Infinity, candidate.distance))
  const assigned = new Map<Pending, Assigned>()
  for (const [each, candidate] of given) {
    const { symptom } = each.failure
    const cause = causeOf(candidate.record, symptom)
    const others = each.candidates.filter(({ record }) => causeOf(record, symptom) !== cause)
    const rival = Math.min(
      claims.get(candidate.capacity) ?? Infinity,
      ...others.map(({ distance }) => distance),
    )
    assigned.set(each, { record: candidate.record, cause, isClear: isFarther(rival, candidate.distance) })
  }
  return assigned
}

/** So far that it cannot be meant: jitter of both sides is some ms. */
const isFarther = (rival: number, nearest: number): boolean => rival > 4 * nearest + 50
