import { expect, test } from 'vitest'
import { newEntry } from '../../../../src/cli/advise/logs/entry.ts'
import { Gaps } from '../../../../src/cli/advise/logs/gaps.ts'
import { Waits } from '../../../../src/cli/advise/logs/waits.ts'
import { sum } from '../../../support/sums.ts'

/** Many connections at once, each with a second request after all the others had their first. */
function read(connections: number, cap: number): Gaps {
  const gaps = new Gaps()
  const waits = new Waits(gaps, 15_000, 1, cap)
  const entry = newEntry()
  for (const number of [1, 2])
    for (let connection = 1; connection <= connections; connection++) {
      const time = number * 5_000 + connection / connections
      waits.request({ ...entry, connection, number, start: time, end: time })
    }
  waits.finish()
  return gaps
}

test('with more connections than it may remember, the oldest are cut off where they are', () => {
  const few = read(100, 200).intervals()
  expect([few.reused, few.cutOff, few.open].map(sum)).toEqual([100, 0, 100])
  const many = read(1_000, 200).intervals()
  expect(sum(many.reused)).toBe(0)
  // Each of the 2,000 requests begins an interval, and none is forgotten.
  expect(sum(many.open)).toBe(2_000)
})

test('groups are of clients, unless there are too few', () => {
  const counts = (client: (connection: number) => number): number[] => {
    const gaps = new Gaps()
    for (let connection = 1; connection <= 5_000; connection++)
      gaps.add('reused', 50, client(connection), connection)
    return gaps.intervals().groups!.map(({ reused }) => sum(reused))
  }
  for (const groups of [
    counts((connection) => connection % 700),
    counts(() => 7),
    counts((connection) => connection % 3),
  ]) {
    expect(sum(groups)).toBe(5_000)
    expect(Math.min(...groups)).toBeGreaterThan(150)
  }
})
