import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Top } from '../../../src/dashboard/top.ts'

test('keeps the first few of all, in order, as sorting would', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: 1, max: 8 }), (values, most) => {
      const top = new Top<number>(most, (a, b) => a > b)
      for (const value of values) top.add(value)
      const kept = values.toSorted((a, b) => b - a).slice(0, most)
      // The end first, then the rest.
      const end = kept.slice(-Math.min(2, kept.length))
      expect(top.takeLast(2)).toEqual(end)
      expect(top.takeLast(100)).toEqual(kept.slice(0, kept.length - end.length))
      expect(top.takeLast(1)).toEqual([])
    }),
  )
})
