import type { LoggedFailure } from './failure.ts'
import type { ConnectionRecord } from './records.ts'

/** A record that may stand for a failure without a port. Records with several lost requests may stand for several. */
export interface Candidate {
  readonly record: ConnectionRecord
  readonly capacity: { left: number }
}

/** A failure that looks for its record. Times by the records' clock. */
export interface Pending {
  readonly failure: LoggedFailure
  readonly target: string
  readonly from: number
  readonly to: number
  /** Its port's record, how far the close is from the failure, and whether the failure is within the connection's time. */
  best: ConnectionRecord | undefined
  distance: number
  isWithin: boolean
  /** Another record of the same port, nearly as near. */
  rival: ConnectionRecord | undefined
  rivalDistance: number
  /** Without a port. */
  candidates: Candidate[]
}

/** Candidates of one failure, at most. */
const mostCandidates = 16

/** @param skew - by how much the log's clock is ahead. */
export function pendingOf(failure: LoggedFailure, target: string, skew: number): Pending {
  return {
    failure,
    target,
    from: failure.time - skew,
    to: failure.until - skew,
    best: undefined,
    distance: Number.POSITIVE_INFINITY,
    isWithin: false,
    rival: undefined,
    rivalDistance: Number.POSITIVE_INFINITY,
    candidates: [],
  }
}

/** The clocks agree, and the network takes less than this. In ms. */
const tight = 300

/** A record of its port. */
export function offer(pending: Pending, record: ConnectionRecord): void {
  const { from, to, best } = pending
  const { closedAt, age } = record
  const distance = distanceTo(pending, closedAt)
  const isWithin = closedAt - age <= to + tight && closedAt >= from - tight
  const isBetter = isWithin === pending.isWithin ? distance < pending.distance : isWithin
  if (isBetter) {
    pending.rival = best
    pending.rivalDistance = pending.distance
    pending.best = record
    pending.distance = distance
    pending.isWithin = isWithin
  } else if (distance < pending.rivalDistance) {
    pending.rival = record
    pending.rivalDistance = distance
  }
}

/** A record that may be its. */
export function suggest(pending: Pending, record: ConnectionRecord, capacity: Candidate['capacity']): void {
  if (pending.candidates.length >= mostCandidates) return
  pending.candidates.push({ record, capacity })
}

function distanceTo({ from, to }: Pending, closedAt: number): number {
  if (closedAt < from) return from - closedAt
  return closedAt > to ? closedAt - to : 0
}

/** The first of a sorted list that begins at `time` or later. */
export function firstFrom(sorted: readonly Pending[], time: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]!.from < time) low = middle + 1
    else high = middle
  }
  return low
}
