import { KeepAliveError } from '../errors.ts'
import { binCount } from '../stats/histogram.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import type { GroupCounts, Intervals } from './intervals.ts'

/** Limits for hostile input, far above what any source needs. */
const maxBins = 10_000
const maxGroups = 1_000

/** Checks values from outside, so that no estimate is computed from values that are not numbers. */
export function checkIntervals(intervals: Intervals): Intervals {
  const { bounds, reused, clientClosed, cutOff, open, groupBounds } = intervals
  checkBounds('bounds', bounds)
  const checkAll = (counts: GroupCounts, of: string, max: number): void => {
    checkCounts(`${of}reused`, counts?.reused, max)
    checkCounts(`${of}clientClosed`, counts?.clientClosed, max)
    checkCounts(`${of}cutOff`, counts?.cutOff, max)
  }
  checkAll({ reused, clientClosed, cutOff }, '', bounds.length)
  for (const name of ['open', 'cutOffSums', 'clientClosedSums'] as const)
    if (intervals[name] !== undefined) checkCounts(name, intervals[name], bounds.length)
  if (open !== undefined) checkCounts('open', open, bounds.length)
  if (groupBounds !== undefined) checkBounds('groupBounds', groupBounds)
  for (const name of ['groups', 'periods'] as const) {
    const groups = intervals[name]
    if (groups === undefined) continue
    if (!Array.isArray(groups) || groups.length > maxGroups)
      throw wrong(name, `must be a list of at most ${maxGroups}`, groups)
    for (const [i, group] of groups.entries())
      checkAll(group, `${name}[${i}].`, (groupBounds ?? bounds).length)
  }
  for (const name of ['requests', 'requestsReused'] as const)
    if (!isAmount(intervals[name])) throw wrong(name, 'must be a number, 0 or more', intervals[name])
  for (const name of [
    'concurrent',
    'upgrades',
    'duration',
    'keepAliveTimeout',
    'keepAliveTimeoutBuffer',
    'gapError',
    'nearMisses',
  ] as const) {
    const value = intervals[name] ?? 0
    if (!isAmount(value)) throw wrong(name, 'must be a number, 0 or more', value)
  }
  const { tlsHandshake = { count: 0, sum: 0 } } = intervals
  if (!isAmount(tlsHandshake?.count) || !isAmount(tlsHandshake.sum))
    throw wrong('tlsHandshake', 'must have a count and a sum', tlsHandshake)
  return intervals
}

/** Checks the part of a snapshot about clients that came back. */
export function checkReturns(returns: Snapshot['returns']): Snapshot['returns'] {
  const { timedOut, gaps } = (returns ?? {}) as Partial<Snapshot['returns']>
  if (!isAmount(timedOut) || !isAmount(gaps?.count))
    throw wrong('returns', 'must have timedOut and gaps', returns)
  checkCounts('returns.gaps.bins', gaps?.bins, binCount)
  for (const name of ['forgotten', 'waiting'] as const)
    if (returns[name] !== undefined) checkCounts(`returns.${name}.bins`, returns[name]?.bins, binCount)
  const forgotten = returns.forgotten?.count ?? 0
  if (!isAmount(forgotten)) throw wrong('returns.forgotten.count', 'must be a number, 0 or more', forgotten)
  return returns
}

/** Checks the parts of the client table that the advisor uses. */
export function checkClients(clients: Snapshot['clients']): void {
  const { rows, other } = (clients ?? {}) as Partial<Snapshot['clients']>
  if (!Array.isArray(rows)) throw wrong('clients.rows', 'must be a list', rows)
  const reused = [...rows, other].map((row) => row?.reused)
  for (const count of reused) if (!isAmount(count)) throw wrong('clients', 'must have counts of reuse', count)
}

function checkBounds(name: string, bounds: unknown): asserts bounds is readonly number[] {
  const rule = 'must be an ascending list of numbers above 0'
  if (!Array.isArray(bounds) || bounds.length === 0 || bounds.length > maxBins)
    throw wrong(name, rule, bounds)
  let before = 0
  for (const bound of bounds) {
    if (!(typeof bound === 'number' && bound > before)) throw wrong(name, rule, bound)
    before = bound
  }
}

function checkCounts(name: string, counts: unknown, max: number): void {
  if (!Array.isArray(counts) || counts.length > max)
    throw wrong(name, `must be a list of at most ${max} counts`, counts)
  for (const count of counts) if (!isAmount(count)) throw wrong(name, 'must be counts', count)
}

/** Larger numbers do not count exactly any more, and their products overflow. */
const isAmount = (value: unknown): boolean =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER

function wrong(name: string, rule: string, value: unknown): KeepAliveError {
  const remedy = 'Pass a snapshot as snapshot() returned it, or intervals in the format of Intervals'
  return new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', { option: `intervals.${name}`, rule, value, remedy })
}
