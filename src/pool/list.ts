/** What an element carries for the list it is in. Written by the list alone. */
export interface Link<T> {
  list: { remove(element: T): void } | undefined
  previous: T | undefined
  next: T | undefined
}

/**
 * A linked list through its elements themselves: joining, leaving and finding the first cost the same at 10 and at
 * 100,000, and allocate nothing. An element is in one list at most.
 */
export class List<T extends Link<T>> {
  first: T | undefined = undefined
  #last: T | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  add(element: T): void {
    element.list = this
    element.previous = this.#last
    if (this.#last) this.#last.next = element
    else this.first = element
    this.#last = element
    this.#size++
  }

  remove(element: T): void {
    const { previous, next } = element
    if (previous) previous.next = next
    else this.first = next
    if (next) next.previous = previous
    else this.#last = previous
    element.previous = undefined
    element.next = undefined
    element.list = undefined
    this.#size--
  }

  *[Symbol.iterator](): Generator<T> {
    for (let element = this.first; element; element = element.next) yield element
  }
}
