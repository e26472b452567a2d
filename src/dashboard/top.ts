/**
 * The first few of any number of things, in order, in memory for those few: a heap whose root is the last of those kept.
 */
export class Top<T> {
  readonly #most: number
  readonly #before: (a: T, b: T) => boolean
  readonly #heap: T[] = []

  /** @param before - whether the first one comes before the second. */
  constructor(most: number, before: (a: T, b: T) => boolean) {
    this.#most = most
    this.#before = before
  }

  /** The last so many of those kept, in order; they are taken out. It costs as much as so many of them do, not all. */
  takeLast(count: number): T[] {
    const heap = this.#heap
    const taken: T[] = []
    while (taken.length < count && heap.length > 0) {
      taken.push(heap[0]!)
      const end = heap.pop()!
      if (heap.length === 0) break
      heap[0] = end
      this.#sink()
    }
    return taken.reverse()
  }

  add(one: T): void {
    const heap = this.#heap
    if (heap.length < this.#most) this.#rise(heap.push(one) - 1)
    else if (this.#most > 0 && this.#before(one, heap[0]!)) {
      heap[0] = one
      this.#sink()
    }
  }

  #rise(from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(this.#heap[parent]!, this.#heap[at]!)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(): void {
    const { length } = this.#heap
    for (let at = 0; ; ) {
      let last = at
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < length && this.#before(this.#heap[last]!, this.#heap[child]!)) last = child
      if (last === at) return
      this.#swap(at, last)
      at = last
    }
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap
    const one = heap[a]!
    heap[a] = heap[b]!
    heap[b] = one
  }
}
