import { KeepAliveError } from '../errors.ts'
import { optionRules } from '../policy/options.ts'
import { appCloses, type CloseReason, closeReasons, closers } from '../reasons.ts'
import { byConnections } from './clients.ts'
import { addUp, NamedCounts, noCounts, sum } from './counts.ts'
import { mergeHistograms } from './histogram.ts'
import { mergeIdleGroups } from './idle-groups.ts'
import { mergeIdlePeriods } from './idle-periods.ts'
import type { ClientRow, Histogram, Snapshot } from './snapshot.ts'
import { checkVersion, snapshotVersion } from './snapshot-version.ts'

type Clients = Snapshot['clients']

/**
 * Adds the snapshots of several processes. Counts, histograms, windows and client rows are added. The times span all
 * processes. An idle timeout that differs between processes is `null`. The result keeps as many client rows as the longest
 * table has, and at least 1,000; the other rows are added to `other`. Without any snapshot, all counts are zero.
 *
 * @throws KeepAliveError `ERR_KEEPALIVE_SNAPSHOT_VERSION` for a snapshot of another version,
 * `ERR_KEEPALIVE_OPTION_TYPE` for a snapshot with a missing part.
 * @example
 * mergeSnapshots(await Promise.all(workers.map(askForSnapshot)))
 */
export function mergeSnapshots(snapshots: readonly Snapshot[]): Snapshot {
  for (const snapshot of snapshots) {
    checkVersion(snapshot, 'mergeSnapshots()')
    if (!Number.isFinite(snapshot.takenAt) || !Number.isFinite(snapshot.since)) throw notWhole()
  }
  try {
    return merge(snapshots)
  } catch (cause) {
    throw cause instanceof TypeError ? notWhole(cause) : cause
  }
}

function notWhole(cause?: TypeError): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    subject: 'mergeSnapshots()',
    rule: 'takes whole snapshots',
    remedy: 'Pass what snapshot() or mergeSnapshots() returned in each process',
    ...(cause && { cause }),
  })
}

function merge(snapshots: readonly Snapshot[]): Snapshot {
  // A merge of no snapshots describes no process: its times must not count.
  const given = snapshots.filter(({ processes }) => processes > 0)
  const each = <T>(part: (snapshot: Snapshot) => T): T[] => given.map(part)
  const periods = mergeIdlePeriods(given)
  return {
    version: snapshotVersion,
    takenAt: Math.max(0, ...each(({ takenAt }) => takenAt)),
    since: given.length === 0 ? 0 : Math.min(...each(({ since }) => since)),
    processes: sum(each(({ processes }) => processes)),
    timeouts: {
      keepAliveTimeout: common(each(({ timeouts }) => timeouts.keepAliveTimeout)),
      keepAliveTimeoutBuffer: common(each(({ timeouts }) => timeouts.keepAliveTimeoutBuffer)),
    },
    connections: mergeConnections(each(({ connections }) => connections)),
    requests: addUp(
      noRequests,
      each(({ requests }) => requests),
    ),
    appHints: mergeHints(each(({ appHints }) => appHints)),
    histograms: mergeAllHistograms(each(({ histograms }) => histograms)),
    idleGroups: mergeIdleGroups(each(({ idleGroups }) => idleGroups)),
    ...(periods && { idlePeriods: periods }),
    returns: {
      timedOut: sum(each(({ returns }) => returns.timedOut)),
      gaps: mergeHistograms(each(({ returns }) => returns.gaps)),
      forgotten: mergeHistograms(each(({ returns }) => returns.forgotten ?? none)),
      waiting: mergeHistograms(each(({ returns }) => returns.waiting ?? none)),
      notLookedUp: sum(each(({ returns }) => returns.notLookedUp ?? 0)),
    },
    windows: {
      minute: addUp(
        noCounts,
        each(({ windows }) => windows.minute),
      ),
      quarterHour: addUp(
        noCounts,
        each(({ windows }) => windows.quarterHour),
      ),
    },
    clients: mergeClients(each(({ clients }) => clients)),
  }
}

/** For the parts that snapshots of an earlier release do not have. */
const none: Histogram = { count: 0, sum: 0, bins: [] }

const noRequests: Snapshot['requests'] = {
  total: 0,
  answered: 0,
  reused: 0,
  concurrent: 0,
  refused: 0,
  refusedRetryable: 0,
  dropped: 0,
  late: 0,
  lateAfterClose: 0,
  nearMisses: 0,
}

const noStates: Snapshot['connections']['states'] = { new: 0, active: 0, idle: 0, closing: 0, upgraded: 0 }

function mergeConnections(all: readonly Snapshot['connections'][]): Snapshot['connections'] {
  const each = (name: 'opened' | 'closed' | 'released' | 'open'): number => sum(all.map((part) => part[name]))
  return {
    opened: each('opened'),
    closed: each('closed'),
    released: each('released'),
    open: each('open'),
    states: addUp(
      noStates,
      all.map(({ states }) => states),
    ),
    reasons: addUp(
      new NamedCounts(closeReasons).all(),
      all.map(({ reasons }) => reasons),
    ),
    closedBy: addUp(
      new NamedCounts(closers).all(),
      all.map(({ closedBy }) => closedBy),
    ),
    appCloses: addUp(
      new NamedCounts(appCloses).all(),
      all.map((part) => part.appCloses),
    ),
  }
}

function mergeHints(all: readonly Snapshot['appHints'][]): Snapshot['appHints'] {
  const said = all.filter(({ responses }) => responses > 0)
  if (said.length === 0) return { responses: 0, least: null, most: null }
  return {
    responses: sum(said.map(({ responses }) => responses)),
    least: Math.min(...said.map(({ least }) => least!)),
    most: Math.max(...said.map(({ most }) => most!)),
  }
}

function mergeAllHistograms(all: readonly Snapshot['histograms'][]): Snapshot['histograms'] {
  const each = (part: (histograms: Snapshot['histograms']) => Histogram): Histogram =>
    mergeHistograms(all.map(part))
  return {
    idleGap: {
      reused: each(({ idleGap }) => idleGap.reused),
      clientClosed: each(({ idleGap }) => idleGap.clientClosed),
      cutOff: each(({ idleGap }) => idleGap.cutOff),
    },
    idleNow: each(({ idleNow }) => idleNow),
    age: each(({ age }) => age),
    requestsPerConnection: each(({ requestsPerConnection }) => requestsPerConnection),
    requestsAtOnce: each(({ requestsAtOnce }) => requestsAtOnce ?? none),
    firstRequest: each(({ firstRequest }) => firstRequest),
    tlsHandshake: each(({ tlsHandshake }) => tlsHandshake),
  }
}

function mergeClients(all: readonly Clients[]): Clients {
  const cap = Math.max(optionRules.clients.default, ...all.map(({ rows }) => rows.length))
  const merged = new Map<string | null, ClientRow>()
  for (const row of all.flatMap(({ rows }) => rows)) {
    const known = merged.get(row.address)
    merged.set(row.address, known ? addRows(known, row) : row)
  }
  const rows = [...merged.values()].sort(byConnections)
  const others = [...all.map(({ other }) => other), ...rows.splice(cap)]
  return { rows, other: others.reduce(addRows, noRow) }
}

const noRow: ClientRow = { address: null, connections: 0, requests: 0, reused: 0, reasons: {}, lastSeen: 0 }

/** Adds the counts of `row` to those of `to`. */
export function addRows(to: ClientRow, row: ClientRow): ClientRow {
  const avoidable = (to.avoidable ?? 0) + (row.avoidable ?? 0)
  const healthChecks = (to.healthChecks ?? 0) + (row.healthChecks ?? 0)
  return {
    address: to.address,
    connections: to.connections + row.connections,
    requests: to.requests + row.requests,
    reused: to.reused + row.reused,
    reasons: addUp<Partial<Record<CloseReason, number>>>({}, [to.reasons, row.reasons]),
    lastSeen: Math.max(to.lastSeen, row.lastSeen),
    ...(avoidable > 0 && { avoidable }),
    ...(healthChecks > 0 && { healthChecks }),
  }
}

/** The value that all have in common, or `null`. */
function common(values: readonly (number | null)[]): number | null {
  const [first = null] = values
  return values.every((value) => value === first) ? first : null
}
