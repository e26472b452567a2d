import { sum } from '../stats/counts.ts'
import { binCount, boundOf, lowerBound } from '../stats/histogram.ts'
import type { Histogram, IdleGroups, IdlePeriods, Snapshot } from '../stats/snapshot.ts'
import { cellsOf, watchedCells } from './cells.ts'
import type { GroupCounts, Intervals } from './intervals.ts'
import { exits, LifeTable } from './life-table.ts'

/** The upper bounds of the bins of all snapshots. */
export const snapshotBounds: readonly number[] = Array.from({ length: binCount }, (_, bin) => boundOf(bin))

/** The upper bounds of the groups' octaves: 1, 2, 4 … ms. */
const octaves: readonly number[] = snapshotBounds.filter((_, bin) => bin % 4 === 0)

/** Reads the idle intervals of a snapshot. */
export function intervalsOf(snapshot: Snapshot): Intervals {
  const { histograms, idleGroups, idlePeriods, timeouts, requests, takenAt, since, connections } = snapshot
  const { reused, clientClosed, cutOff } = histograms.idleGap
  const ended: Intervals = {
    bounds: snapshotBounds,
    reused: reused.bins,
    clientClosed: clientClosed.bins,
    cutOff: cutOff.bins,
    cutOffSums: cutOff.sums ?? [],
    clientClosedSums: clientClosed.sums ?? [],
    open: histograms.idleNow.bins,
    groups: countsOf(idleGroups),
    periods: idlePeriods && settled(idlePeriods, timeouts),
    groupBounds: octaves,
    requests: requests.total,
    requestsReused: requests.reused,
    nearMisses: requests.nearMisses,
    concurrent: requests.concurrent ?? 0,
    upgrades: connections.reasons.upgrade + connections.states.upgraded,
    keepAliveTimeout: timeouts.keepAliveTimeout,
    keepAliveTimeoutBuffer: timeouts.keepAliveTimeoutBuffer ?? 0,
    tlsHandshake: histograms.tlsHandshake,
    ...(takenAt > since && { duration: takenAt - since }),
  }
  const unlisted = connections.states.idle - histograms.idleNow.count
  return unlisted > 0 ? { ...ended, open: withUnlisted(ended, histograms.idleNow, unlisted) } : ended
}

/** Drops the first periods, in which long gaps could not have ended yet. */
function settled(periods: IdlePeriods, timeouts: Snapshot['timeouts']): GroupCounts[] {
  const kept = (timeouts.keepAliveTimeout ?? 0) + (timeouts.keepAliveTimeoutBuffer ?? 0)
  return countsOf(periods).slice(Math.ceil(kept / periods.length))
}

function countsOf({ reused, clientClosed, cutOff }: IdleGroups): GroupCounts[] {
  return reused.map((counts, group) => ({
    reused: counts,
    clientClosed: clientClosed[group] ?? [],
    cutOff: cutOff[group] ?? [],
  }))
}

/**
 * Adds the idle connections that the snapshot does not list: they have been idle for less time than the listed ones. In a
 * steady state their times are distributed as ∫ S dt, because an interval is seen at a time only if it lasted that long.
 */
function withUnlisted(ended: Intervals, idleNow: Histogram, unlisted: number): number[] {
  const cells = cellsOf(ended)
  const table = new LifeTable(watchedCells(cells, undefined), sum(cells.map(exits)))
  const youngest = idleNow.bins.findIndex((count) => count > 0)
  const upTo = Math.min(youngest < 0 ? table.horizon : Math.max(1, lowerBound(youngest)), table.horizon)
  const open = Array.from(snapshotBounds, (_, bin) => idleNow.bins[bin] ?? 0)
  const all = upTo > 0 ? table.at(upTo).here.waited : 0
  if (!(all > 0)) {
    open[0]! += unlisted
    return open
  }
  for (let bin = 0; lowerBound(bin) < upTo; bin++) {
    const [from, to] = [lowerBound(bin), Math.min(boundOf(bin), upTo)]
    open[bin]! += (unlisted * (table.at(to).here.waited - table.at(from).here.waited)) / all
  }
  return open
}
