import { sum } from '../stats/counts.ts'
import { binCount, boundOf, lowerBound } from '../stats/histogram.ts'
import type { Histogram, Snapshot } from '../stats/snapshot.ts'

/** A client with fewer idle connections on average leaves hardly a choice which one to take. */
const leastIdle = 2

/** Fewer reuses do not show how gaps vary. */
const leastReuses = 1_000

/** With a larger share of gaps cut off, the longest gaps are missing, and any pool's gaps look alike. */
const mostCutOff = 0.05

/**
 * The deviation of the gaps by their mean. Simulated pools under a long timeout: 1.8 to 7 where the pool takes the connection
 * used last, 0.3 to 1 for the one idle longest, 1 to 1.3 for any.
 */
const mostVariation = 1.4

/** Clients that use their idle connections in turn or at random. */
export interface Rotation {
  /** Idle connections of all clients, on average. */
  readonly idle: number
  /** How many clients have a pool. */
  readonly clients: number
}

/**
 * Whether most requests come from pools that do not take the connection used last: some clients have many idle
 * connections, and the gaps of all are alike. A pool that takes the connection used last leaves others idle for long.
 */
export function rotationOf({ histograms, clients, takenAt, since }: Snapshot): Rotation | undefined {
  const { reused, clientClosed, cutOff } = histograms.idleGap
  const all = reused.count + clientClosed.count + cutOff.count
  const duration = takenAt - since
  if (duration <= 0 || reused.count < leastReuses || cutOff.count > mostCutOff * all) return undefined
  const idle = reused.sum / duration
  const { rows, other } = clients
  const total = sum(rows.map(({ reused: count }) => count)) + other.reused
  const pools = rows.filter((row) => (row.reused / total) * idle >= leastIdle)
  if (pools.length === 0 || sum(pools.map((row) => row.reused)) < total / 2) return undefined
  return variationOf(reused) < mostVariation ? { idle, clients: pools.length } : undefined
}

/** The deviation by the mean, gaps taken to be spread evenly over their bin. */
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
