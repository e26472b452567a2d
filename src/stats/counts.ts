import type { Counts } from './snapshot.ts'

/** What there is before anything happened. */
export const noCounts: Counts = { opened: 0, closed: 0, requests: 0, reused: 0, late: 0, dropped: 0 }

/** A zero for each name. */
export function zeroes<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>
}

/** Adds counts by name; a name that only some of them have counts as 0 in the others. */
export function addUp<T extends object>(start: T, all: readonly T[]): T {
  const total: Record<string, number> = { ...(start as Record<string, number>) }
  for (const counts of all)
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count
  return total as T
}

export const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
