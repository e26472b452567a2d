import { describe, expect, test } from 'vitest'
import { binOf, countBetween, lowerEdge } from '../../../src/stats/bin-edges.ts'

describe('bins', () => {
  test('begin where they should', () => {
    for (let bin = 0; bin < 94; bin++) expect(binOf(lowerEdge(bin))).toBe(bin)
    expect([0.5, 1, 1.18, 1.19, 2 ** 23, 2 ** 40].map((value) => binOf(value))).toEqual([0, 1, 1, 2, 93, 93])
  })

  test('that are cut count by the part inside', () => {
    const histogram = { count: 20, sum: 0, bins: [10, 10] }
    expect(countBetween(histogram, 0, 2)).toBe(20)
    expect(countBetween(histogram, 0.5, 1)).toBe(5)
    expect(countBetween(histogram, 2, Infinity)).toBe(0)
  })
})
