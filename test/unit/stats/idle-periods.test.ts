import { describe, expect, test } from 'vitest'
import { PeriodGaps } from '../../../src/stats/idle-periods.ts'
import { mergeSnapshots } from '../../../src/stats/merge.ts'
import type { Snapshot } from '../../../src/stats/snapshot.ts'
import { LedgerBench } from '../../support/ledger.ts'

const sumOf = (lists: readonly (readonly number[])[]): number =>
  lists.flat().reduce((sum, count) => sum + count, 0)

/** One idle gap of 10 ms each second. */
function watch(seconds: number): Snapshot {
  const bench = new LedgerBench()
  const connection = bench.open()
  bench.exchange(connection)
  for (let second = 0; second < seconds; second++) {
    bench.clock.pass(10)
    bench.exchange(connection)
    bench.clock.pass(990)
    connection.begin()
    bench.ledger.answered()
    connection.rest()
  }
  return bench.snapshot()
}

describe('periods of time', () => {
  test.each([1, 31, 32, 33, 64, 1_000, 90_000])(
    'are at most 32 after %d s, and hold every gap',
    (seconds) => {
      const { idlePeriods, histograms, takenAt, since } = watch(seconds)
      expect(idlePeriods!.reused).toHaveLength(32)
      expect(sumOf(idlePeriods!.reused)).toBe(histograms.idleGap.reused.count)
      expect(32 * idlePeriods!.length).toBeGreaterThanOrEqual(takenAt - since)
      const filled = idlePeriods!.reused.filter((counts) => counts.length > 0).length
      expect(filled).toBeGreaterThanOrEqual(Math.min(seconds, 16))
    },
  )

  test('put what happens at one time into one period', () => {
    const gaps = new PeriodGaps(0)
    gaps.turn(5_000)
    gaps.add('reused', 1)
    gaps.turn(100_000)
    gaps.add('cutOff', 1)
    const { length, reused, cutOff } = gaps.periods()
    expect(length).toBe(4_000)
    expect(reused[1]).toEqual([0, 1])
    expect(cutOff[25]).toEqual([0, 1])
  })
})

describe('merged periods', () => {
  test('align by time, for any start and any length of the periods', () => {
    const one = watch(20)
    const two = { ...watch(100), since: one.since + 64_000, takenAt: one.since + 164_000 }
    const { idlePeriods, since, takenAt } = mergeSnapshots([one, two])
    expect(32 * idlePeriods!.length).toBeGreaterThanOrEqual(takenAt - since)
    expect(sumOf(idlePeriods!.reused)).toBe(sumOf(one.idlePeriods!.reused) + sumOf(two.idlePeriods!.reused))
    const begins = Math.floor(64_000 / idlePeriods!.length)
    expect(sumOf(idlePeriods!.reused.slice(begins))).toBe(sumOf(two.idlePeriods!.reused))
  })

  test('are omitted if a process has none, because they would not cover all processes', () => {
    const { idlePeriods: _, ...earlier } = watch(20)
    expect(mergeSnapshots([earlier, watch(20)]).idlePeriods).toBeUndefined()
  })
})
