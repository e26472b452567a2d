/** The first few of any number of things, in order, in memory for those few. */
export class Top<T> {
  readonly #most: number
  readonly #before: (a: T, b: T) => boolean
  readonly #kept: T[] = []

  /** @param before - whether the first one comes before the second. */
  constructor(most: number, before: (a: T, b: T) => boolean) {
    this.#most = most
    this.#before = before
  }

  get kept(): readonly T[] {
    return this.#kept
  }

  add(one: T): void {
    const kept = this.#kept
    if (kept.length === this.#most) {
      if (!this.#before(one, kept[kept.length - 1]!)) return
      kept.pop()
    }
    let low = 0
    let high = kept.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#before(one, kept[middle]!)) high = middle
      else low = middle + 1
    }
    kept.splice(low, 0, one)
  }
}
