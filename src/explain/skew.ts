/** Differences between the two clocks that are looked for: a time zone, and a day. In ms. */
const widest = 26 * 3_600_000

/** A difference falls into a bin of this length, in ms. */
const bin = 1_000

const bins = (2 * widest) / bin

/** Pairs are counted up to so many: by then they have told. */
const enough = 2_000_000

/** Differences kept for the median. */
const kept = 20_000

/** Within this much, clocks are taken to agree until many pairs say otherwise. In ms. */
const near = 3_000

/**
 * Finds by how much the clock of a log is ahead of the clock of the records. Pairs that belong together have all the same
 * difference; others have any.
 */
export class Skew {
  readonly #counts = new Int32Array(bins)
  readonly #differences: number[] = []
  pairs = 0

  /** @param difference - the log's time less the record's, in ms. */
  add(difference: number): void {
    if (Math.abs(difference) >= widest || this.pairs >= enough) return
    this.pairs++
    this.#counts[Math.floor((difference + widest) / bin)]!++
    if (this.#differences.length < kept) this.#differences.push(difference)
  }

  /**
   * @param least - so many pairs of one difference are no chance.
   * @param leastZoned - so many are none where the difference is that of a time zone.
   * @returns ms; 0 where the clocks agree, or too little is known.
   */
  find(least: number, leastZoned: number): number {
    const atZero = this.#around(0, near)
    let highest = 0
    let at = 1
    for (let i = 1; i < bins - 1; i++) {
      const height = this.#counts[i - 1]! + 2 * this.#counts[i]! + this.#counts[i + 1]!
      if (height > highest) {
        highest = height
        at = i
      }
    }
    const best = this.#counts[at - 1]! + this.#counts[at]! + this.#counts[at + 1]!
    const center = (at + 0.5) * bin - widest
    const isFar = Math.abs(center) > near
    if (isFar) {
      const isZone = Math.abs(center - Math.round(center / quarter) * quarter) <= near
      return best > 2 * atZero && best >= (isZone ? leastZoned : least) ? this.#median(center, 1.5 * bin) : 0
    }
    const fine = this.#median(0, near)
    return this.#around(fine, 500) * 4 >= atZero * 3 && atZero >= 5 && Math.abs(fine) >= 300 ? fine : 0
  }

  #around(center: number, width: number): number {
    let count = 0
    const from = Math.floor((center - width + widest) / bin)
    const to = Math.floor((center + width + widest) / bin)
    for (let i = Math.max(0, from); i <= Math.min(bins - 1, to); i++) count += this.#counts[i]!
    return count
  }

  #median(center: number, width: number): number {
    const inside = this.#differences.filter((each) => Math.abs(each - center) <= width).sort((a, b) => a - b)
    return Math.round(inside[inside.length >> 1] ?? center)
  }
}

/** Zones differ by whole quarters of an hour. */
const quarter = 900_000
