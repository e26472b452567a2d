import { expect, test } from 'vitest'
import { drawCap } from '../../../src/policy/jitter.ts'

const lowest = (): number => 0
const highest = (): number => 1 - Number.EPSILON / 2

test.each([
  [0, 0.1, 0, 0],
  [100, 0, 100, 100],
  [100, 0.1, 90, 100],
  [1000, 0.25, 750, 1000],
  [15, 0.1, 14, 15],
  [1, 0.9, 1, 1],
  [10, 1, 1, 10],
  [Number.MAX_SAFE_INTEGER, 1, 1, Number.MAX_SAFE_INTEGER],
])('a cap of %d with jitter %d is from %d to %d', (cap, jitter, from, to) => {
  expect(drawCap(cap, jitter, lowest)).toBe(from)
  expect(drawCap(cap, jitter, highest)).toBe(to)
})

test('the cap is in its range for any random number', () => {
  expect(drawCap(100, 0.1, () => 1)).toBe(100)
})

test('every value of the range is equally likely', () => {
  const draws = Array.from({ length: 1100 }, (_, i) => drawCap(100, 0.1, () => i / 1100))
  for (let cap = 90; cap <= 100; cap++) expect(draws.filter((drawn) => drawn === cap)).toHaveLength(100)
})
