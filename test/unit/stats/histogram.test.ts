import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  binCount,
  binOf,
  boundOf,
  countBetween,
  lowerBound,
  mergeHistograms,
  SpreadBins,
} from '../../../src/stats/histogram.ts'
import type { Histogram } from '../../../src/stats/snapshot.ts'
import { countsOf } from '../../support/histogram.ts'

const allBins = Array.from({ length: binCount }, (_, bin) => bin)

describe('the bins', () => {
  test('are a quarter of an octave each, from below 1 to above 2^23', () => {
    expect(lowerBound(0)).toBe(0)
    expect(boundOf(0)).toBe(1)
    expect(boundOf(4)).toBe(2)
    expect(boundOf(92)).toBe(2 ** 23)
    expect(boundOf(93)).toBe(Infinity)
    for (const bin of allBins.slice(0, -1)) expect(boundOf(bin)).toBeCloseTo(2 ** (bin / 4), 8)
  })

  test('each hold their lower bound and not their upper one', () => {
    for (const bin of allBins) {
      expect(binOf(lowerBound(bin))).toBe(bin)
      if (bin === binCount - 1) continue
      const belowUpper = boundOf(bin) * (1 - Number.EPSILON / 2)
      expect(belowUpper).toBeLessThan(boundOf(bin))
      expect(binOf(belowUpper)).toBe(bin)
    }
  })

  test('accept any value', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, noNaN: true }), (value) => {
        const bin = binOf(value)
        expect(lowerBound(bin)).toBeLessThanOrEqual(value)
        if (value < Infinity) expect(value).toBeLessThan(boundOf(bin))
      }),
    )
    expect([-1, -Infinity, Number.NaN, Infinity, 2 ** 40].map(binOf)).toEqual([0, 0, 0, 93, 93])
  })
})

const value = fc.oneof(fc.nat(10_000_000), fc.nat(100))
const values = fc.array(value, { maxLength: 50 })

describe('a histogram', () => {
  test('counts every value in its bin', () => {
    fc.assert(
      fc.property(values, (given) => {
        const { count, sum, bins } = countsOf(...given)
        expect(count).toBe(given.length)
        expect(sum).toBe(given.reduce((total, each) => total + each, 0))
        expect(bins.reduce((total, each) => total + each, 0)).toBe(count)
        for (const each of given) expect(bins[binOf(each)]).toBeGreaterThan(0)
        expect(bins.at(-1)).not.toBe(0)
      }),
    )
  })

  test('drops trailing zeros, and contains only plain numbers', () => {
    expect(countsOf()).toEqual({ count: 0, sum: 0, bins: [] })
    const histogram = countsOf(0.5, 1, 1, 2.4)
    expect(histogram).toEqual({ count: 4, sum: 5, bins: [1, 2, 0, 0, 0, 0, 1] })
    expect(JSON.parse(JSON.stringify(histogram))).toEqual(histogram)
  })
})

describe('merging', () => {
  test('is the same as counting together', () => {
    fc.assert(
      fc.property(fc.array(values), (parts) => {
        expect(mergeHistograms(parts.map((part) => countsOf(...part)))).toEqual(countsOf(...parts.flat()))
      }),
    )
  })

  test('does not depend on order and grouping', () => {
    fc.assert(
      fc.property(values, values, values, (...parts) => {
        const [a, b, c] = parts.map((part) => countsOf(...part)) as [Histogram, Histogram, Histogram]
        const together = mergeHistograms([a, b, c])
        expect(mergeHistograms([mergeHistograms([a, b]), c])).toEqual(together)
        expect(mergeHistograms([a, mergeHistograms([b, c])])).toEqual(together)
        expect(mergeHistograms([c, a, b])).toEqual(together)
        expect(mergeHistograms([a])).toEqual(a)
      }),
    )
  })

  test('interpolates within a bin', () => {
    const histogram = { count: 20, sum: 0, bins: [10, 10] }
    expect(countBetween(histogram, 0, 2)).toBe(20)
    expect(countBetween(histogram, 0.5, 1)).toBe(5)
    expect(countBetween(histogram, 2, Infinity)).toBe(0)
  })
})

test('moments are counted by bin; merging takes the max of the processes', () => {
  const [one, other] = [new SpreadBins(), new SpreadBins()]
  // A mass close, then two more closes, and another bin.
  for (const at of [0, 10, 999, 1_000, 5_000]) one.addAt(6, at)
  one.addAt(60, 0)
  other.addAt(6, 0)
  const { moments } = one.histogram()
  expect(moments![binOf(6)]).toBe(3)
  expect(moments![binOf(60)]).toBe(1)
  expect(mergeHistograms([one.histogram(), other.histogram()]).moments).toEqual(moments)
})
