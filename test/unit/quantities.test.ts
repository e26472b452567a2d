import { expect, test } from 'vitest'
import { readShare, readSize, readTime, readWholeNumber } from '../../src/quantities.ts'

test.each([
  ['500ms', 500],
  ['0.5ms', 0.5],
  ['1.1s', 1_100],
  ['15 s', 15_000],
  ['5m', 300_000],
  ['5min', 300_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
])('the time %j is %s ms', (text, ms) => expect(readTime(text)).toBe(ms))

test.each(['15', '', 's', '-1s', '1e3s', '15 parsecs', '15S', '1.s', '15s ', '1constructor', '9'.repeat(40)])(
  '%j is no time',
  (text) => expect(readTime(text)).toBeUndefined(),
)

test.each([
  ['800kB', 800_000],
  ['1.5GB', 1.5e9],
  ['2MiB', 2 ** 21],
  ['12 B', 12],
  ['12', undefined],
  ['5X', undefined],
])('the size %j is %s', (text, bytes) => expect(readSize(text)).toBe(bytes))

test.each([
  ['0.95', 0.95],
  ['95%', 0.95],
  ['95 %', 0.95],
  ['1', 1],
  ['1.5', undefined],
  ['101%', undefined],
  ['', undefined],
])('the share %j is %s', (text, share) => expect(readShare(text)).toBe(share))

test.each([
  ['1000', 1_000],
  ['0', 0],
  ['1e3', undefined],
  ['-1', undefined],
  ['1.5', undefined],
])('the number %j is %s', (text, number) => expect(readWholeNumber(text)).toBe(number))
