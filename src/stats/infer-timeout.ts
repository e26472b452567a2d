import { binOf, lowerBound } from './histogram.ts'
import type { Histogram } from './snapshot.ts'

/** An idle timeout of the peers, as seen in the idle gaps that they ended. Times in ms. */
export interface InferredTimeout {
  readonly timeout: number
  /** The standard deviation of the gaps, as far as it can be told from the crowd around them. */
  readonly spread: number
  /** How many gaps it rests on: those beyond what the bins beside lead to expect. */
  readonly count: number
  /** How many there are at all, from 256 ms on. */
  readonly of: number
  /** At how many moments these gaps ended, without those that the crowd around them may have; `undefined` where unknown. */
  readonly moments: number | undefined
}

/** Shorter gaps are no timer's, but of clients that close when they are done, in ms. */
const shortestTimeout = 256

/** Fewer gaps are no mode. */
const leastGaps = 20

/** How many times the crowd around it a mode has to be. */
const standsOut = 2

/** How much narrower a mode is than gaps spread evenly over its bins. */
const narrower = 0.6

/** Bins that one timer may fill. */
const widest = 3

/**
 * What makes a mode of some neighbouring bins: their share of all gaps, and the greatest standard deviation within
 * them, as a share of their mean and in ms. Gaps spread evenly over one bin deviate by 5%, over two by 10%: the
 * first kind has to be sharper than any bin. The second is for short timers that tick coarsely or fire late.
 */
const kinds: readonly { readonly share: number; readonly deviation: number; readonly most: number }[] = [
  { share: 0.3, deviation: 0.025, most: Number.POSITIVE_INFINITY },
  { share: 0.8, deviation: 0.08, most: 150 },
]

/**
 * How late the mean is, in standard deviations: 0 where the timer errs to both sides alike, 1 where it is late by an
 * exponential time, never early.
 */
const lateness = 0.5

/**
 * The idle timeouts of the peers, the one with most gaps first: at most three, and none where the gaps are spread as
 * those of people who leave.
 *
 * The bins alone are too wide to tell a timer from a crowd or to place it: it takes the sums and the sums of squares
 * of the values in each, from which mean and deviation of a few bins together are exact.
 *
 * @param gaps - idle gaps in ms that the clients ended by closing.
 * @param kept - how long the server keeps idle connections, in ms: gaps that pile up below are cut off there.
 */
export function inferTimeouts(gaps: Histogram, kept: number = Number.POSITIVE_INFINITY): InferredTimeout[] {
  const { bins, sums, squares } = gaps
  if (sums === undefined || squares === undefined) return []
  const first = binOf(shortestTimeout)
  const of = bins.slice(first).reduce((sum, count) => sum + count, 0)
  const peaks: Peak[] = []
  for (let from = first; from < bins.length; from++) {
    for (let to = from + 1; to <= Math.min(from + widest, bins.length); to++) {
      const peak = measure({ bins, sums, squares }, from, to)
      if (peak && isMode(peak, of) && !isCut(peak, kept)) peaks.push(peak)
    }
  }
  peaks.sort((a, b) => worth(b) - worth(a))
  const modes: Peak[] = []
  for (const peak of peaks) if (!modes.some((mode) => touch(mode, peak))) modes.push(peak)
  return modes.map(({ mean, deviation, count, crowd, from, to }) => ({
    timeout: mean - deviation * lateness,
    spread: deviation,
    count: Math.round(count),
    of,
    moments: gaps.moments && Math.max(0, Math.max(...gaps.moments.slice(from, to)) - crowd),
  }))
}

/** Bins from `from` to before `to`, taken together, without the crowd that goes on through them. */
interface Peak {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly mean: number
  readonly deviation: number
  /** Of each bin. */
  readonly crowd: number
}

/**
 * The crowd is as dense as in the fuller one of the bins beside, and spread evenly. What does not stand out from it,
 * or is not denser in one place than elsewhere, is chance: then neither mean nor deviation mean anything.
 */
function measure({ bins, sums, squares }: Moments, from: number, to: number): Peak | undefined {
  const [low, high] = [lowerBound(from), lowerBound(to)]
  const crowd = Math.max(bins[from - 1] ?? 0, bins[to] ?? 0)
  const all = moments(total(bins, from, to), total(sums, from, to), total(squares, from, to))
  if (all.deviation > narrower * ((high - low) / Math.sqrt(12))) return undefined
  const others = { count: 0, sum: 0, square: 0 }
  for (let bin = from; bin < to; bin++) {
    const [a, b] = [lowerBound(bin), lowerBound(bin + 1)]
    others.count += crowd
    others.sum += (crowd * (a + b)) / 2
    others.square += (crowd * (a * a + a * b + b * b)) / 3
  }
  const peak = moments(all.count - others.count, all.sum - others.sum, all.square - others.square)
  return peak.count > 0 && peak.count >= standsOut * others.count ? { from, to, crowd, ...peak } : undefined
}

type Moments = Required<Pick<Histogram, 'bins' | 'sums' | 'squares'>>

function total(values: readonly number[], from: number, to: number): number {
  let sum = 0
  for (let bin = from; bin < to; bin++) sum += values[bin] ?? 0
  return sum
}

interface Spread {
  readonly count: number
  readonly sum: number
  readonly square: number
  readonly mean: number
  readonly deviation: number
}

function moments(count: number, sum: number, square: number): Spread {
  const mean = sum / count
  // Less than nothing by rounding, or where the crowd is thinner in here than beside.
  return { count, sum, square, mean, deviation: Math.sqrt(Math.max(0, square / count - mean ** 2)) }
}

/** One bin more has to bring a ninth more, or it only brings the crowd. */
function worth({ from, to, count }: Peak): number {
  return count * 0.9 ** (to - from)
}

function isMode({ count, mean, deviation }: Peak, of: number): boolean {
  if (count < leastGaps) return false
  return kinds.some(
    (kind) => count >= kind.share * of && deviation <= Math.min(kind.deviation * mean, kind.most),
  )
}

/** Gaps spread evenly up to an edge have it 1.7 deviations above their mean; nearer still if they grow towards it. */
function isCut({ mean, deviation }: Peak, kept: number): boolean {
  return mean + 2 * deviation >= kept
}

/** Neighbours too: what straddles an edge is one timer. */
function touch(one: Peak, other: Peak): boolean {
  return one.from <= other.to && other.from <= one.to
}

/**
 * Whether a peer's timeout is ours, as it was advertised: undici takes 2 s off, Node's http.Agent 1 s, Firefox
 * nothing.
 */
export function followsHint(peer: InferredTimeout, keepAliveTimeout: number): boolean {
  const seconds = Math.floor(keepAliveTimeout / 1_000)
  return [0, 1, 2].some((off) => Math.abs((seconds - off) * 1_000 - peer.timeout) <= 300)
}
