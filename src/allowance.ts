/** How often something may be done that costs: some times at once, then once each millisecond. */
export class Allowance {
  readonly #atOnce: number
  #left: number
  #seenAt = Number.NEGATIVE_INFINITY

  /** @param atOnce - how many times at once. */
  constructor(atOnce: number) {
    this.#atOnce = atOnce
    this.#left = atOnce
  }

  /**
   * @param now - monotonic, in ms.
   * @returns whether it may be done once more now. Then it counts as done.
   */
  take(now: number): boolean {
    this.#left = Math.min(this.#atOnce, this.#left + now - this.#seenAt)
    this.#seenAt = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
