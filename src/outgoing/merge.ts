import { KeepAliveError } from '../errors.ts'
import { addUp, sum } from '../stats/counts.ts'
import { mergeHistograms } from '../stats/histogram.ts'
import type { Histogram } from '../stats/snapshot.ts'
import { checkVersion } from '../stats/snapshot-version.ts'
import { byConnections } from './order.ts'
import { type CallSite, type OutgoingRow, type OutgoingSnapshot, outgoingVersion } from './snapshot.ts'

/** As many rows as the longest table has, and no less. */
const leastRows = 1_000
const mostSites = 100

/**
 * Adds up the snapshots of several processes, by origin. At least 1,000 rows are kept; the others go into `other`. Without any
 * snapshot all is zero.
 *
 * @throws KeepAliveError `ERR_KEEPALIVE_SNAPSHOT_VERSION` for a snapshot of another version,
 * `ERR_KEEPALIVE_OPTION_TYPE` for one of which a part is missing.
 */
export function mergeOutgoing(snapshots: readonly OutgoingSnapshot[]): OutgoingSnapshot {
  for (const snapshot of snapshots) checkVersion(snapshot, 'mergeOutgoing()', [outgoingVersion])
  try {
    return merge(snapshots)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
      subject: 'mergeOutgoing()',
      rule: 'takes whole snapshots',
      remedy: 'Pass what trackOutgoing().snapshot() or mergeOutgoing() returned in each process',
      cause,
    })
  }
}

function merge(snapshots: readonly OutgoingSnapshot[]): OutgoingSnapshot {
  const given = snapshots.filter(({ processes }) => processes > 0)
  const most = Math.max(leastRows, ...given.map(({ origins }) => origins.length))
  const byOrigin = new Map<string | null, OutgoingRow[]>()
  for (const row of given.flatMap(({ origins }) => origins)) {
    const known = byOrigin.get(row.origin)
    if (known) known.push(row)
    else byOrigin.set(row.origin, [row])
  }
  const rows = Array.from(byOrigin, ([origin, some]) => mergeRows(origin, some)).sort(byConnections)
  const others = [...given.map(({ other }) => other), ...rows.splice(most)]
  return {
    version: outgoingVersion,
    takenAt: Math.max(0, ...given.map(({ takenAt }) => takenAt)),
    since: given.length === 0 ? 0 : Math.min(...given.map(({ since }) => since)),
    processes: sum(given.map(({ processes }) => processes)),
    origins: rows,
    other: mergeRows(null, others),
  }
}

/** One row of several. */
export function mergeRows(origin: string | null, rows: readonly OutgoingRow[]): OutgoingRow {
  const connections = rows.map((row) => row.connections)
  const histogram = (read: (row: OutgoingRow) => Histogram): Histogram => mergeHistograms(rows.map(read))
  const count = (
    name: 'opened' | 'closed' | 'released' | 'open' | 'failed' | 'agents' | 'besideIdle',
  ): number => sum(connections.map((part) => part[name]))
  const sites = mergeSites(rows.flatMap((row) => row.sites ?? []))
  return {
    origin,
    since: rows.length === 0 ? 0 : Math.min(...rows.map(({ since }) => since)),
    connections: {
      opened: count('opened'),
      closed: count('closed'),
      released: count('released'),
      open: count('open'),
      states: addUp(
        { new: 0, active: 0, idle: 0, upgraded: 0 },
        connections.map(({ states }) => states),
      ),
      closedBy: addUp(
        { us: 0, server: 0, network: 0 },
        connections.map(({ closedBy }) => closedBy),
      ),
      askedBy: addUp(
        { us: 0, server: 0 },
        connections.map(({ askedBy }) => askedBy),
      ),
      failed: count('failed'),
      agents: count('agents'),
      besideIdle: count('besideIdle'),
      oldest: Math.max(0, ...connections.map(({ oldest }) => oldest)),
    },
    requests: addUp(
      { total: 0, reused: 0, lost: 0 },
      rows.map(({ requests }) => requests),
    ),
    idleGaps: {
      reused: histogram(({ idleGaps }) => idleGaps.reused),
      serverClosed: histogram(({ idleGaps }) => idleGaps.serverClosed),
      cutOff: histogram(({ idleGaps }) => idleGaps.cutOff),
    },
    idleNow: histogram(({ idleNow }) => idleNow),
    age: histogram(({ age }) => age),
    advertisedTimeout: shortest(rows.flatMap(({ advertisedTimeout }) => advertisedTimeout ?? [])),
    ownTimeout: longest(rows.flatMap(({ ownTimeout }) => ownTimeout ?? [])),
    via: addUp(
      { http: 0, undici: 0 },
      rows.map(({ via }) => via),
    ),
    ...(sites.length > 0 && { sites }),
  }
}

const shortest = (timeouts: readonly number[]): number | null =>
  timeouts.length === 0 ? null : Math.min(...timeouts)

/** 0 is no limit, so the longest of all. */
function longest(timeouts: readonly number[]): number | null {
  if (timeouts.length === 0) return null
  return timeouts.includes(0) ? 0 : Math.max(...timeouts)
}

function mergeSites(sites: readonly CallSite[]): CallSite[] {
  const counts = new Map<string, number>()
  for (const { site, count } of sites) counts.set(site, (counts.get(site) ?? 0) + count)
  return Array.from(counts, ([site, count]) => ({ site, count }))
    .sort((a, b) => b.count - a.count)
    .slice(0, mostSites)
}
