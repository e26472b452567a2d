import { expect, test } from 'vitest'
import { printableJson } from '../../src/words.ts'

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
