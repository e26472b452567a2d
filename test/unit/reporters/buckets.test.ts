import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Buckets, boundsOf, cumulativeCounts, sumOf } from '../../../src/reporters/buckets.ts'
import { countsOf } from '../../support/histogram.ts'

const times: Buckets = { first: 0, last: 13, of: 'seconds' }
const requests: Buckets = { first: 0, last: 4, of: 'whole numbers' }

it('has bounds that are short numbers', () => {
  expect(boundsOf(times).join(' ')).toBe(
    '0.001 0.002 0.004 0.008 0.016 0.032 0.064 0.128 0.256 0.512 1.024 2.048 4.096 8.192',
  )
  expect(boundsOf(requests)).toEqual([0, 1, 3, 7, 15])
})

describe('the counts are exact', () => {
  it('of whole numbers', () => {
    const values = fc.array(fc.nat(40))
    fc.assert(
      fc.property(values, (numbers) => {
        expect(cumulativeCounts(countsOf(...numbers), requests)).toEqual(
          boundsOf(requests).map((bound) => numbers.filter((value) => value <= bound).length),
        )
      }),
    )
  })

  it('of times, those equal to a bound counted above it', () => {
    const values = fc.array(fc.oneof(fc.double({ min: 0, max: 20_000, noNaN: true }), fc.nat(10_000)))
    fc.assert(
      fc.property(values, (ms) => {
        expect(cumulativeCounts(countsOf(...ms), times)).toEqual(
          boundsOf(times).map((bound) => ms.filter((value) => value < Math.round(bound * 1000)).length),
        )
      }),
    )
  })
})

it('gives sums in the unit of the bounds', () => {
  expect(sumOf(countsOf(1500, 250), times)).toBe(1.75)
  expect(sumOf(countsOf(3, 4), requests)).toBe(7)
})
