/** First in, first out, at a cost that does not grow with its size, as that of `Array.prototype.shift` does. */
export class Queue<T extends object> {
  /** Those that came last, in their order. */
  #pushed: T[] = []
  /** Those before them, the first at the end: made of `#pushed`, all at once, each time that none is left here. */
  #next: T[] = []

  get size(): number {
    return this.#next.length + this.#pushed.length
  }

  get first(): T | undefined {
    return this.#next.at(-1) ?? this.#pushed[0]
  }

  get last(): T | undefined {
    return this.#pushed.at(-1) ?? this.#next[0]
  }

  push(element: T): void {
    this.#pushed.push(element)
  }

  shift(): T | undefined {
    if (this.#next.length === 0) {
      this.#next = this.#pushed.reverse()
      this.#pushed = []
    }
    return this.#next.pop()
  }

  /** Empties the queue. Returns its elements, the first one first. */
  clear(): T[] {
    const left = [...this.#next.reverse(), ...this.#pushed]
    this.#next = []
    this.#pushed = []
    return left
  }
}
