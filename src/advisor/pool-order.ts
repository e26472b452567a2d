import { sum } from '../stats/counts.ts'
import { binCount, boundOf, lowerBound } from '../stats/histogram.ts'
import type { Histogram, Snapshot } from '../stats/snapshot.ts'

/** A client with fewer idle connections on average gives its pool hardly any choice. */
const minIdle = 2

/** Fewer reuses do not show how gaps vary. */
const minReuses = 1_000

/** If more gaps than this share were cut off, the longest gaps are missing, and the gaps of any pool look alike. */
const maxCutOff = 0.05

/**
 * The deviation of the gaps divided by their mean. Simulated pools under a long timeout: 1.8 to 7 if the pool takes the
 * most recently used connection, 0.3 to 1 if it takes the one that was idle longest, 1 to 1.3 if it takes any.
 */
const maxVariation = 1.4

/** Clients that use their idle connections in turn or at random. */
export interface Rotation {
  /** Average number of idle connections of all clients. */
  readonly idle: number
  /** Number of clients with such a pool. */
  readonly clients: number
}

/**
 * Detects pools that do not take the most recently used connection, if most requests come from such pools: some clients
 * have many idle connections, and all gaps are alike. A pool that takes the most recently used one leaves others idle long.
 */
export function rotationOf({ histograms, clients, takenAt, since }: Snapshot): Rotation | undefined {
  const { reused, clientClosed, cutOff } = histograms.idleGap
  const all = reused.count + clientClosed.count + cutOff.count
  const duration = takenAt - since
  if (duration <= 0 || reused.count < minReuses || cutOff.count > maxCutOff * all) return undefined
  const idle = reused.sum / duration
  const { rows, other } = clients
  const total = sum(rows.map(({ reused: count }) => count)) + other.reused
  const pools = rows.filter((row) => (row.reused / total) * idle >= minIdle)
  if (pools.length === 0 || sum(pools.map((row) => row.reused)) < total / 2) return undefined
  return variationOf(reused) < maxVariation ? { idle, clients: pools.length } : undefined
}

/** The deviation divided by the mean. Gaps are assumed to be spread evenly over their bin. */
function variationOf({ bins, count }: Histogram): number {
  let total = 0
  let squares = 0
  bins.slice(0, binCount - 1).forEach((times, bin) => {
    const [from, to] = [lowerBound(bin), boundOf(bin)]
    total += (times * (from + to)) / 2
    squares += (times * (from * from + from * to + to * to)) / 3
  })
  const mean = total / count
  return Math.sqrt(Math.max(0, squares / count - mean * mean)) / mean
}
