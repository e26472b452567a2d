import { binOf, lowerBound } from './histogram.ts'
import type { Histogram } from './snapshot.ts'

/** An idle timeout of clients, inferred from the idle gaps that clients ended. Times in ms. */
export interface InferredTimeout {
  readonly timeout: number
  /** The standard deviation of the gaps, without the background around them. */
  readonly spread: number
  /** How many gaps support it: those above the background of the neighboring bins. */
  readonly count: number
  /** All gaps that clients ended, from 256 ms on. */
  readonly of: number
  /** At how many moments these gaps ended, without those of the background; `undefined` where unknown. */
  readonly moments: number | undefined
}

/** Shorter gaps, in ms, come from clients that have finished, not from a timer. */
const minTimeout = 256

/** Fewer gaps are not a mode. */
const minGaps = 20

/** A mode has this many times the background. */
const standsOut = 2

/** A mode is narrower than gaps that are spread evenly over its bins, by this factor. */
const narrower = 0.6

/** Maximum number of bins that one timer fills. */
const maxWidth = 3

/**
 * When neighboring bins are a mode: their minimum share of all gaps, and their maximum standard deviation, relative to the
 * mean and in ms. Gaps that are spread evenly deviate by 5% over one bin and by 10% over two. So the first rule asks for a
 * peak that is narrower than any bin. The second rule is for short timers that tick coarsely or fire late.
 */
const kinds: readonly { readonly share: number; readonly deviation: number; readonly max: number }[] = [
  { share: 0.3, deviation: 0.025, max: Number.POSITIVE_INFINITY },
  { share: 0.8, deviation: 0.08, max: 150 },
]

/**
 * How late the mean is, in standard deviations. It is 0 for a timer that is early as often as late, and 1 for a timer
 * that is never early and late by an exponential time.
 */
const lateness = 0.5

/**
 * The idle timeouts of the clients, most gaps first: at most three. The result is empty if the gaps are spread as those of
 * people who leave.
 *
 * The bins alone are too wide to tell a timer from the background, or to place it. So this takes the sums and the sums of
 * squares of each bin: they give the exact mean and deviation of a few bins together.
 *
 * @param gaps - idle gaps, in ms, that clients ended by closing.
 * @param kept - how long the server keeps idle connections, in ms. Gaps that pile up just below are cut off by the server.
 */
export function inferTimeouts(gaps: Histogram, kept: number = Number.POSITIVE_INFINITY): InferredTimeout[] {
  const { bins, sums, squares } = gaps
  if (sums === undefined || squares === undefined) return []
  const first = binOf(minTimeout)
  const of = bins.slice(first).reduce((sum, count) => sum + count, 0)
  const peaks: Peak[] = []
  for (let from = first; from < bins.length; from++) {
    for (let to = from + 1; to <= Math.min(from + maxWidth, bins.length); to++) {
      const peak = measure({ bins, sums, squares }, from, to)
      if (peak && isMode(peak, of) && !isCut(peak, kept)) peaks.push(peak)
    }
  }
  peaks.sort((a, b) => weight(b) - weight(a))
  const modes: Peak[] = []
  for (const peak of peaks) if (!modes.some((mode) => isAdjacent(mode, peak))) modes.push(peak)
  return modes.map(({ mean, deviation, count, background, from, to }) => ({
    timeout: mean - deviation * lateness,
    spread: deviation,
    count: Math.round(count),
    of,
    moments: gaps.moments && Math.max(0, Math.max(...gaps.moments.slice(from, to)) - background),
  }))
}

/** The bins from `from` to before `to`, taken together, without the background. */
interface Peak {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly mean: number
  readonly deviation: number
  /** Of each bin. */
  readonly background: number
}

/**
 * The background is as dense as the fuller one of the neighboring bins, and spread evenly. A peak must stand out from it,
 * and be denser in one place than elsewhere. Any other peak is chance, and its mean and deviation mean nothing.
 */
function measure({ bins, sums, squares }: Moments, from: number, to: number): Peak | undefined {
  const [low, high] = [lowerBound(from), lowerBound(to)]
  const background = Math.max(bins[from - 1] ?? 0, bins[to] ?? 0)
  const all = moments(total(bins, from, to), total(sums, from, to), total(squares, from, to))
  if (all.deviation > narrower * ((high - low) / Math.sqrt(12))) return undefined
  const others = { count: 0, sum: 0, square: 0 }
  for (let bin = from; bin < to; bin++) {
    const [a, b] = [lowerBound(bin), lowerBound(bin + 1)]
    others.count += background
    others.sum += (background * (a + b)) / 2
    others.square += (background * (a * a + a * b + b * b)) / 3
  }
  const peak = moments(all.count - others.count, all.sum - others.sum, all.square - others.square)
  return peak.count > 0 && peak.count >= standsOut * others.count
    ? { from, to, background, ...peak }
    : undefined
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
  // Below 0 because of rounding, or where the background is thinner inside than in the neighboring bins.
  return { count, sum, square, mean, deviation: Math.sqrt(Math.max(0, square / count - mean ** 2)) }
}

/** One more bin must bring 1/9 more gaps; otherwise it only adds background. */
function weight({ from, to, count }: Peak): number {
  return count * 0.9 ** (to - from)
}

function isMode({ count, mean, deviation }: Peak, of: number): boolean {
  if (count < minGaps) return false
  return kinds.some(
    (kind) => count >= kind.share * of && deviation <= Math.min(kind.deviation * mean, kind.max),
  )
}

/** Gaps that are spread evenly up to a limit have it 1.7 deviations above their mean; less if they grow towards it. */
function isCut({ mean, deviation }: Peak, kept: number): boolean {
  return mean + 2 * deviation >= kept
}

/** Neighboring peaks are one timer whose gaps lie on both sides of a bin's bound. */
function isAdjacent(one: Peak, other: Peak): boolean {
  return one.from <= other.to && other.from <= one.to
}

/**
 * Whether a client's timeout is the one that we advertise. undici takes 2 s off, Node's http.Agent 1 s, Firefox nothing.
 */
export function followsHint(peer: InferredTimeout, keepAliveTimeout: number): boolean {
  const seconds = Math.floor(keepAliveTimeout / 1_000)
  return [0, 1, 2].some((off) => Math.abs((seconds - off) * 1_000 - peer.timeout) <= 300)
}
