import { expect, test } from 'vitest'
import { advise } from '../../../src/advisor/index.ts'
import { KeepAliveError } from '../../../src/errors.ts'
import type { Snapshot } from '../../../src/stats/snapshot.ts'
import { LedgerBench } from '../../support/ledger.ts'

/** Enough reuse for everything that the advisor computes. */
function whole(): Snapshot {
  const bench = new LedgerBench({ idleTimeout: 5_000 })
  const records = Array.from({ length: 20 }, (_, client) => bench.open(`10.0.0.${client}`))
  for (let round = 0; round < 60; round++)
    for (const record of records) {
      bench.exchange(record)
      bench.clock.pass(20 + round * 5)
    }
  bench.end(records[0]!, 'idle-timeout', 'server')
  return bench.snapshot()
}

type Fields = Record<string, unknown>

/** The path of each field; in a list only of its first entry. */
function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return []
  const keys = Array.isArray(value) ? Object.keys(value).slice(0, 1) : Object.keys(value)
  return keys.flatMap((key) => [[...path, key], ...pathsOf((value as Fields)[key], [...path, key])])
}

function damage(snapshot: Snapshot, path: readonly string[], value: unknown): Snapshot {
  const copy = structuredClone(snapshot)
  let parent = copy as unknown as Fields
  for (const key of path.slice(0, -1)) parent = parent[key] as Fields
  parent[path.at(-1)!] = value
  return copy
}

function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOf) : []
}

test.each([
  ['missing', undefined],
  ['NaN', Number.NaN],
  ['negative', -1],
  ['infinite', Number.POSITIVE_INFINITY],
  ['far too large', 1e308],
  ['null', null],
  ['a string', 'x'],
  ['an object', {}],
])('a field that is %s is refused in words, or does no harm', (_, value) => {
  const snapshot = whole()
  const harmed = pathsOf(snapshot).flatMap((path) => {
    try {
      const advice = advise(damage(snapshot, path, value), { constraints: { maxIdleConnections: 1 } })
      const isSound = numbersOf(advice).every((number) => number >= 0 && Number.isFinite(number))
      const { keepAliveTimeout, why } = advice.recommended
      const isSafe = (keepAliveTimeout ?? 3_000) >= 3_000 && !/NaN|Infinity|undefined/.test(why)
      return isSound && isSafe ? [] : [path.join('.')]
    } catch (error) {
      return error instanceof KeepAliveError ? [] : [`${path.join('.')}: ${error}`]
    }
  })
  expect(harmed).toEqual([])
})
