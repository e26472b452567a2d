import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytes, count, duration, number, percent, printableJson, roughly, share } from '../../src/words.ts'

describe('a time', () => {
  test.each([
    [0, '0 ms'],
    [0.4, '0.4 ms'],
    [2.187, '2.2 ms'],
    [350, '350 ms'],
    [999.6, '1 s'],
    [1_000, '1 s'],
    [4_512, '4.51 s'],
    [63_004, '63 s'],
    [65_000, '65 s'],
    [100_400, '100.4 s'],
    [119_499, '119.5 s'],
    [119_999, '2 min'],
    [300_000, '5 min'],
    [310_000, '5 min 10 s'],
    [3_599_600, '1 h'],
    [7_200_000, '2 h'],
    [8_400_000, '2 h 20 min'],
    [3_610_000, '1 h 10 s'],
    [86_399_900, '1 d'],
    [172_790_000, '2 d'],
    [500_000_000, '5 d 18 h 53 min'],
    [9e9, '104 d 4 h'],
  ])('of %s ms is %s', (ms, text) => expect(duration(ms)).toBe(text))
})

test('a measured time has two digits', () => {
  expect([4.4, 5_983, 59_923, 65_432, 3_610_000].map(roughly)).toEqual([
    '4.4 ms',
    '6 s',
    '60 s',
    '65 s',
    '1 h',
  ])
})

describe('a share', () => {
  test.each([
    [0, '0%'],
    [1e-9, 'under 0.001%'],
    [0.00012, '0.012%'],
    [0.0004, '0.04%'],
    [0.0101, '1%'],
    [0.0526, '5.3%'],
    [0.314, '31%'],
    [0.9789, '98%'],
    [0.9974, '99.7%'],
    [0.9999, 'over 99.9%'],
    [0.1 + 0.2 + 0.7 - 2e-16, '100%'],
    [1, '100%'],
  ])('of %s is %s', (value, text) => expect(percent(value)).toBe(text))

  test('is never 0% for something, and never 100% for less than all', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-10, noNaN: true }), (value) => {
        expect(percent(value)).not.toMatch(/^(?:0|100)%$/)
      }),
    )
  })

  test('has three digits if the third one matters', () => {
    expect([0.0101, 0.314, 0.9789, 1].map((value) => percent(value, 3))).toEqual([
      '1.01%',
      '31.4%',
      '97.9%',
      '100%',
    ])
  })

  test('as evidence has three digits', () => {
    expect([share(1, 3), share(0, 0)]).toEqual([0.333, 0])
  })
})

test('numbers, bytes and counts', () => {
  expect([0, 0.04512, 3.214, 12.3, 99.4, 99.97, 1_336.5].map((value) => number(value))).toEqual([
    '0',
    '0.045',
    '3.2',
    '12',
    '99',
    '100',
    '1,337',
  ])
  expect([0.04512, 3.214, 12.34, 99.97, 1_336.5].map((value) => number(value, 3))).toEqual([
    '0.0451',
    '3.21',
    '12.3',
    '100',
    '1,337',
  ])
  expect([0, 812, 4_821, 999_600, 1_234_567, 3e15].map(bytes)).toEqual([
    '0 B',
    '812 B',
    '4.8 kB',
    '1 MB',
    '1.2 MB',
    '3,000 TB',
  ])
  expect([count(1, 'request'), count(0, 'request'), count(2_400, 'request'), count(3, 'address')]).toEqual([
    '1 request',
    '0 requests',
    '2,400 requests',
    '3 addresses',
  ])
})

test.each([undefined, 2])(
  'JSON has no raw control, bidi override or separator, and the same value: indent %s',
  (indent) => {
    const value = {
      'a\u009b31m': ['\u202e\u2066x', '\u2028\u2029', '\u007f\u0085\n\t"\\', '\u{e0001}', '\ud800', 'ü 😀'],
    }
    const text = printableJson(value, indent)
    expect(text.replaceAll('\n', '')).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+$/u)
    expect(text).toContain('\\u009b31m')
    expect(text).toContain('ü 😀')
    expect(text.includes('\n')).toBe(indent !== undefined)
    expect(JSON.parse(text)).toEqual(value)
  },
)
