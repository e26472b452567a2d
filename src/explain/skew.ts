/** Differences between the two clocks that are looked for: a time zone, and a day. In ms. */
const widest = 26 * 3_600_000

/** In ms. */
const bin = 50

const bins = (2 * widest) / bin

/** Pairs are counted up to so many: by then they have told. */
const enough = 50_000_000

/** Pairs kept for the median. */
const kept = 50_000

/** What is by chance is counted in this neighborhood, in bins. */
const neighborhood = 10_000 / bin

/** Clocks that are synchronized differ by less, and so do the ends of one connection on both sides. In ms. */
const near = 600

/** Zones differ by whole quarters of an hour. In ms. */
const quarter = 900_000

/** Failures at so many times, at least, tell of another clock: one burst of them is like any other burst. */
const leastTimes = 3

/** Failures within this time are one burst. In ms. */
const burst = 10_000

/** By how much one clock is ahead, and whether times that agree then are no chance. */
export interface Difference {
  readonly ms: number
  readonly isSure: boolean
}

interface Peak {
  readonly at: number
  readonly pairs: number
  /** Pairs that are to be expected there by chance. */
  readonly byChance: number
}

/**
 * Finds by how much the clock of a log is ahead of the clock of the records. Pairs that belong together have all the same
 * difference; others have any.
 */
export class Skew {
  pairs = 0
  /** How many bins the difference of one pair may be in. */
  readonly #width: number
  readonly #counts = new Uint16Array(bins + 1)
  /** Each so many pairs one, so that they are of the whole file. */
  #kept: { readonly difference: number; readonly time: number }[] = []
  #stride = 1

  /** @param precision - of the log's times, in ms. */
  constructor(precision: number) {
    this.#width = Math.ceil(precision / bin) + 1
  }

  /**
   * @param time - of the failure, in Unix ms.
   * @param closedAt - of the record.
   */
  add(time: number, closedAt: number): void {
    const difference = time - closedAt
    if (Math.abs(difference) >= widest || this.pairs >= enough) return
    this.pairs++
    const at = Math.floor((difference + widest) / bin)
    if (this.#counts[at]! < 65_535) this.#counts[at]!++
    if (this.pairs % this.#stride !== 0) return
    this.#kept.push({ difference, time })
    if (this.#kept.length < kept) return
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0)
    this.#stride *= 2
  }

  /**
   * @param least - so many pairs of one difference are no chance.
   * @param leastZoned - so many are none where the difference is that of a time zone.
   */
  find(least: number, leastZoned: number): Difference {
    if (this.pairs === 0) return { ms: 0, isSure: false }
    const middle = Math.floor(widest / bin)
    const reach = near / bin + this.#width
    const zero = this.#highest(middle - reach, middle + reach)
    const best = this.#highest(0, bins)
    const isZero = isMore(zero, 5) || (zero.pairs > 0 && zero.byChance <= 0.1)
    if (isZero && zero.pairs * 2 >= best.pairs) {
      const ms = this.#median(zero)
      if (Math.abs(ms) < Math.max(300, (this.#width * bin) / 2)) return { ms: 0, isSure: true }
      return isMore(zero, 5) ? { ms, isSure: true } : { ms: 0, isSure: false }
    }
    const ms = this.#median(best)
    const isZone = Math.abs(ms - Math.round(ms / quarter) * quarter) <= 3_000
    const needed = isZone ? leastZoned : least
    const isRare = best.byChance <= 0.1 && best.pairs >= needed
    const isFound =
      (isRare || (isMore(best, 8) && best.pairs >= needed)) &&
      this.#times(best) >= Math.min(needed, leastTimes)
    return isFound ? { ms, isSure: true } : { ms: 0, isSure: isZero }
  }

  /** The place with the most pairs. */
  #highest(from: number, to: number): Peak {
    const first = Math.max(0, from)
    const last = Math.min(bins, to) - this.#width
    let pairs = 0
    for (let i = first; i < first + this.#width; i++) pairs += this.#counts[i]!
    let at = first
    let most = pairs
    for (let i = first + 1; i <= last; i++) {
      pairs += this.#counts[i + this.#width - 1]! - this.#counts[i - 1]!
      if (pairs > most) {
        most = pairs
        at = i
      }
    }
    return { at, pairs: most, byChance: this.#byChance(at) }
  }

  #byChance(at: number): number {
    const apart = this.#width + near / bin
    let pairs = 0
    let count = 0
    for (let i = Math.max(0, at - neighborhood); i < Math.min(bins, at + neighborhood); i++) {
      if (Math.abs(i - at) <= apart) continue
      pairs += this.#counts[i]!
      count++
    }
    return (pairs / Math.max(1, count)) * this.#width
  }

  #inside({ at }: Peak): { readonly difference: number; readonly time: number }[] {
    const from = at * bin - widest
    return this.#kept.filter(({ difference }) => difference >= from && difference < from + this.#width * bin)
  }

  #median(peak: Peak): number {
    const inside = this.#inside(peak)
      .map(({ difference }) => difference)
      .sort((a, b) => a - b)
    return Math.round(inside[inside.length >> 1] ?? (peak.at + this.#width / 2) * bin - widest)
  }

  /** At how many times failures have that difference. */
  #times(peak: Peak): number {
    return new Set(this.#inside(peak).map(({ time }) => Math.floor(time / burst))).size
  }
}

/** So many times the standard deviation of what comes by chance (Poisson). */
const isMore = ({ pairs, byChance }: Peak, times: number): boolean =>
  pairs - byChance >= times * Math.sqrt(byChance + 1)
