import { Bins, binOf, MomentBins } from '../../src/stats/histogram.ts'
import { GroupedGaps } from '../../src/stats/idle-groups.ts'
import type { Snapshot } from '../../src/stats/snapshot.ts'
import { type Draw, seeded } from './random.ts'
import { snapshotOf } from './snapshots.ts'

/** How one client behaves. Times in ms. */
export interface Manner {
  /** From a response until the client's next request. */
  readonly gap: Draw
  /** When the client closes an idle connection. */
  readonly timeout: number
}

/** A law of traffic: many clients of several kinds, drawn by their weights. */
export interface Law {
  readonly manners: readonly (readonly [weight: number, manner: Manner])[]
  /** The probability that a gap is at most this long, by kind. */
  readonly within: (gap: number, manner: number) => number
  /** Requests of one client. */
  readonly requests: Draw
  /** When something other than our timeout cuts an interval off; never if left out. */
  readonly cut?: Draw
}

/** Simulates an idle timeout, as the ledger counts it. */
export function serve(law: Law, clients: number, kept: number, seed: number): Snapshot {
  const random = seeded(seed)
  const gaps = { reused: new Bins(), clientClosed: new MomentBins(), cutOff: new MomentBins() }
  const grouped = new GroupedGaps()
  let requests = 0
  let idle = 0
  for (let client = 0; client < clients; client++) {
    const [, { gap, timeout }] = pick(law.manners, random)
    const count = Math.max(1, Math.round(law.requests(random)))
    for (let request = 0; request < count; request++) {
      const wait = gap(random)
      const cut = Math.min(kept, law.cut?.(random) ?? kept)
      const length = Math.min(wait, timeout, cut)
      const by = length === cut ? 'cutOff' : length === wait ? 'reused' : 'clientClosed'
      gaps[by].add(length)
      grouped.add(by, binOf(length), client)
      requests++
      idle += length
    }
  }
  const { reused, clientClosed, cutOff } = gaps
  return {
    ...snapshotOf({
      timeouts: { keepAliveTimeout: kept - 1_000, keepAliveTimeoutBuffer: 1_000 },
      requests: { total: requests, reused: reused.histogram().count },
      histograms: {
        idleGap: {
          reused: reused.histogram(),
          clientClosed: clientClosed.histogram(),
          cutOff: cutOff.histogram(),
        },
      },
    }),
    idleGroups: grouped.groups(),
    since: 0,
    // The time that 100 connections need to be idle this long.
    takenAt: Math.round(idle / 100),
  }
}

/** The share of idle intervals that a request ends within a timeout, computed from the law. */
export function trueReuse({ manners, within }: Law, kept: number): number {
  const weights = manners.reduce((sum, [weight]) => sum + weight, 0)
  return manners.reduce(
    (sum, [weight, { timeout }], i) => sum + (weight / weights) * within(Math.min(kept, timeout), i),
    0,
  )
}

function pick<T>(
  parts: readonly (readonly [weight: number, part: T])[],
  random: () => number,
): readonly [number, T] {
  let left = random() * parts.reduce((sum, [weight]) => sum + weight, 0)
  for (const part of parts) {
    left -= part[0]
    if (left < 0) return part
  }
  return parts.at(-1)!
}
