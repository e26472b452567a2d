import { List } from './list.ts'
import type { Member } from './member.ts'

/**
 * The connections that wait for a request, longest first. Those whose idle timeout the pool keeps are apart: the timeout
 * is the same for all of them, so the first is the one that is due first.
 */
export class IdleQueue<T extends Member<T>> {
  readonly #timed = new List<T>()
  readonly #others = new List<T>()

  get size(): number {
    return this.#timed.size + this.#others.size
  }

  /** The connection that has waited longest. */
  get first(): T | undefined {
    return longer(this.#timed.first, this.#others.first)
  }

  /** The connection whose idle timeout passes first. */
  get firstDue(): T | undefined {
    return this.#timed.first
  }

  add(element: T): void {
    if (!element.list) (element.timed ? this.#timed : this.#others).add(element)
  }

  remove(element: T): void {
    element.list?.remove(element)
  }

  /** All waiting connections, the longest wait first. */
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

function longer<T extends Member<T>>(a: T | undefined, b: T | undefined): T | undefined {
  return a && b ? (a.waitsSince <= b.waitsSince ? a : b) : (a ?? b)
}
