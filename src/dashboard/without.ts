import { byConnections } from '../stats/clients.ts'
import type { ClientRow, Counts, Histogram, Snapshot, Summary } from '../stats/snapshot.ts'

/** A summary without what some of its connections have counted. */
export function without(all: Summary, part: Summary): Summary {
  const { idleGap, ...others } = all.histograms
  return {
    ...all,
    connections: {
      ...less(all.connections, part.connections),
      states: less(all.connections.states, part.connections.states),
      reasons: less(all.connections.reasons, part.connections.reasons),
      closedBy: less(all.connections.closedBy, part.connections.closedBy),
    },
    requests: less(all.requests, part.requests),
    histograms: {
      ...mapped(others, (histogram, name) => lessHistogram(histogram, part.histograms[name])),
      idleGap: mapped(idleGap, (histogram, name) => lessHistogram(histogram, part.histograms.idleGap[name])),
    },
    idleGroups: mapped(all.idleGroups, (groups, name) =>
      groups.map((counts, group) => lessList(counts, part.idleGroups[name][group])),
    ),
    returns: {
      timedOut: Math.max(0, all.returns.timedOut - part.returns.timedOut),
      gaps: lessHistogram(all.returns.gaps, part.returns.gaps),
    },
    windows: mapped(all.windows, (counts, name) => less<Counts>(counts, part.windows[name])),
  }
}

/** Client rows without what some of their connections have counted; those of which nothing is left are left out. */
export function clientsWithout(all: Snapshot['clients'], part: Snapshot['clients']): Snapshot['clients'] {
  const own = new Map(part.rows.map((row) => [row.address, row]))
  const rows = all.rows.flatMap((row) => {
    const mine = own.get(row.address)
    if (mine === undefined) return row
    const left = lessRow(row, mine)
    return left.connections > 0 || left.requests > 0 ? left : []
  })
  // A client that has lost its row in the one table may still have one in the other.
  const listed = new Set(all.rows.map((row) => row.address))
  const others = part.rows.filter(({ address }) => !listed.has(address))
  return {
    rows: own.size > 0 ? rows.sort(byConnections) : rows,
    other: [part.other, ...others].reduce(lessRow, all.other),
  }
}

function lessRow(row: ClientRow, mine: ClientRow): ClientRow {
  return { ...less(row, mine), reasons: less(row.reasons, mine.reasons), lastSeen: row.lastSeen }
}

/**
 * Takes numbers off by name. Never below 0: a connection may have been set aside a moment after it was counted, and
 * a window may hold the one without the other.
 */
function less<T extends object>(all: T, part: T): T {
  const left: Record<string, unknown> = { ...(all as Record<string, unknown>) }
  for (const [name, value] of Object.entries(part)) {
    const from = left[name]
    if (typeof value === 'number' && typeof from === 'number') left[name] = Math.max(0, from - value)
  }
  return left as T
}

function lessHistogram(all: Histogram, part: Histogram): Histogram {
  if (part.count === 0) return all
  const { sums, squares } = all
  return {
    ...less(all, part),
    bins: lessList(all.bins, part.bins),
    ...(sums && { sums: lessList(sums, part.sums) }),
    ...(squares && { squares: lessList(squares, part.squares) }),
  }
}

function lessList(all: readonly number[], part: readonly number[] = []): number[] {
  return all.map((value, i) => Math.max(0, value - (part[i] ?? 0)))
}

function mapped<T extends object, V>(
  parts: T,
  map: (value: T[keyof T], name: keyof T) => V,
): { [K in keyof T]: V } {
  return Object.fromEntries(
    (Object.keys(parts) as (keyof T)[]).map((name) => [name, map(parts[name], name)]),
  ) as { [K in keyof T]: V }
}
