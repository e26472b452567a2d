/** So many places at the front may be empty before they are given up. */
const mostEmpty = 1_024

/** First in, first out, at a cost that does not grow with its size, as that of `Array.prototype.shift` does. */
export class Queue<T> {
  #elements: (T | undefined)[] = []
  #first = 0

  get size(): number {
    return this.#elements.length - this.#first
  }

  get first(): T | undefined {
    return this.#elements[this.#first]
  }

  get last(): T | undefined {
    return this.size > 0 ? this.#elements.at(-1) : undefined
  }

  push(element: T): void {
    this.#elements.push(element)
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined
    const element = this.#elements[this.#first]
    this.#elements[this.#first++] = undefined
    if (this.#first > mostEmpty && this.#first > this.#elements.length / 2) {
      this.#elements = this.#elements.slice(this.#first)
      this.#first = 0
    }
    return element
  }

  /** Empties it. */
  clear(): T[] {
    const left = this.#elements.slice(this.#first) as T[]
    this.#elements = []
    this.#first = 0
    return left
  }
}
