/** What an element of the lists carries for them. */
export interface Link<T> {
  /** Since when it waits, by one clock for all. */
  readonly waitsSince: number
  /** Whether its time is kept by the list it is in. */
  readonly timed: boolean
  /** The list it is in. */
  list: { remove(element: T): void } | undefined
  previous: T | undefined
  next: T | undefined
}

/**
 * A linked list through its elements themselves: joining, leaving and finding the first cost the same at 10 and at
 * 100,000, and allocate nothing.
 */
class List<T extends Link<T>> {
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
}

/**
 * The connections that wait for a request, longest first. Those with an idle timeout are apart: it is the same for all
 * of them, so the first is the one that is due first.
 */
export class Waiting<T extends Link<T>> {
  readonly #timed = new List<T>()
  readonly #others = new List<T>()

  get size(): number {
    return this.#timed.size + this.#others.size
  }

  /** The one that has waited longest. */
  get first(): T | undefined {
    return longer(this.#timed.first, this.#others.first)
  }

  /** The one whose idle timeout is over first. */
  get firstDue(): T | undefined {
    return this.#timed.first
  }

  add(element: T): void {
    if (!element.list) (element.timed ? this.#timed : this.#others).add(element)
  }

  remove(element: T): void {
    element.list?.remove(element)
  }

  /** All of them, longest first. */
  *[Symbol.iterator](): Generator<T> {
    let timed = this.#timed.first
    let other = this.#others.first
    for (let next = longer(timed, other); next; next = longer(timed, other)) {
      if (next === timed) timed = timed.next
      else other = next.next
      yield next
    }
  }
}

function longer<T extends Link<T>>(a: T | undefined, b: T | undefined): T | undefined {
  return a && b ? (a.waitsSince <= b.waitsSince ? a : b) : (a ?? b)
}
