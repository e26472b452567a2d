import type { Counts } from './snapshot.ts'

/** All counts before anything has happened. */
export const noCounts: Counts = { opened: 0, closed: 0, requests: 0, reused: 0, late: 0, dropped: 0 }

/** Counts by name, stored by index: a lookup by name costs several times more per connection. */
export class NamedCounts<K extends string> {
  readonly #names: readonly K[]
  readonly #counts: number[]

  constructor(names: readonly K[]) {
    this.#names = names
    this.#counts = names.map(() => 0)
  }

  /** @param at - the index of the name. */
  count(at: number): void {
    this.#counts[at]!++
  }

  add(other: NamedCounts<K>): void {
    for (const [at, count] of other.#counts.entries()) this.#counts[at]! += count
  }

  all(): Record<K, number> {
    return Object.fromEntries(this.#names.map((name, at) => [name, this.#counts[at]])) as Record<K, number>
  }

  /** Only the counts that are not 0. */
  some(): Partial<Record<K, number>> {
    const some: Partial<Record<K, number>> = {}
    for (let at = 0; at < this.#counts.length; at++) {
      const count = this.#counts[at]!
      if (count !== 0) some[this.#names[at]!] = count
    }
    return some
  }
}

/** Adds counts by name. A name that is missing in one of them counts as 0 there. */
export function addUp<T extends object>(start: T, all: readonly T[]): T {
  const total: Record<string, number> = { ...(start as Record<string, number>) }
  for (const counts of all)
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count
  return total as T
}

export const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
