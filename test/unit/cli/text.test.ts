import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutTo, hanging, widthOf, wrap } from '../../../src/cli/text.ts'

test.each([
  ['short', 10, 'short'],
  ['exactly10!', 10, 'exactly10!'],
  ['eleven char', 10, 'eleven ch…'],
  ['日本語の文', 5, '日本…'],
  ['日本語の文', 4, '日…'],
  ['👩‍👩‍👧‍👦 family', 4, '👩‍👩‍👧‍👦 …'],
  ['any', 1, '…'],
  ['any', 0, ''],
])('%j in %d columns is %j', (text, width, expected) => {
  expect(cutTo(text, width)).toBe(expected)
  expect(widthOf(cutTo(text, width))).toBeLessThanOrEqual(width)
})

describe('wrapping', () => {
  test('breaks between words', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four'])
  })

  test('keeps a number with its unit', () => {
    expect(wrap('within 45.3 s, 97 % and 5 things', 11)).toEqual([
      'within',
      '45.3 s,',
      '97 % and 5',
      'things',
    ])
  })

  test('breaks a word that is longer than a line', () => {
    expect(wrap('see abcdefghij k', 4)).toEqual(['see', 'abcd', 'efgh', 'ij k'])
  })

  test('does not break in a file', () => {
    const text = 'word '.repeat(1_000).trim()
    expect(wrap(text, Number.POSITIVE_INFINITY)).toEqual([text])
  })

  test('loses no letter, and no line is too wide', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.integer({ min: 2, max: 50 }),
        (text, width) => {
          const lines = wrap(text, width)
          expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
          const widest = Math.max(
            0,
            ...[...new Intl.Segmenter().segment(text)].map(({ segment }) => widthOf(segment)),
          )
          for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(Math.max(width, widest))
        },
      ),
    )
  })
})

test('a labeled text is indented below its label', () => {
  expect(hanging('error: ', 'one two three four five six seven', 2, 20)).toEqual([
    'error: one two three',
    '  four five six',
    '  seven',
  ])
})

test('a labeled text in a file is one line', () => {
  expect(hanging('error: ', 'one two', 2, Number.POSITIVE_INFINITY)).toEqual(['error: one two'])
})
