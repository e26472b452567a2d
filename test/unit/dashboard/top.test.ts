import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Top } from '../../../src/dashboard/top.ts'

test('keeps the first few of all, in order, as sorting would', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: 1, max: 8 }), (values, most) => {
      const top = new Top<number>(most, (a, b) => a > b)
      for (const value of values) top.add(value)
      expect(top.kept()).toEqual(values.toSorted((a, b) => b - a).slice(0, most))
    }),
  )
})
