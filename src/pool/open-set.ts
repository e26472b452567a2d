import type { Member } from './member.ts'

/**
 * The connections that are open: an array, with each one's place in it. Not a Set: V8 makes the table of one anew each
 * time that it has filled up, empty places included. Once that is in old space so are all after it, and each that is
 * given up keeps alive what was open then, until the next full collection. Where connections are short, that is most of
 * what V8 has to collect.
 */
export class OpenSet<T extends Pick<Member<T>, 'place'>> {
  readonly #all: T[] = []

  get size(): number {
    return this.#all.length
  }

  add(element: T): void {
    element.place = this.#all.length
    this.#all.push(element)
  }

  delete(element: T): void {
    const { place } = element
    if (place < 0) return
    // The last one may be the element itself.
    const last = this.#all[this.#all.length - 1]!
    this.#all[place] = last
    last.place = place
    element.place = -1
    this.#all.pop()
  }

  /** A copy of the open connections, in no order: connections may open and close during the iteration. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#all.slice().values()
  }
}
