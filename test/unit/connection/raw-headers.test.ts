import { expect, test } from 'vitest'
import { findHeader } from '../../../src/connection/raw-headers.ts'

const rawHeaders = ['Host', 'connection', 'CONNECTION', 'a', 'Connections', 'b', 'connection', 'c']

test('finds names in any case, never values, one after the other', () => {
  expect(findHeader(rawHeaders, 'host')).toBe(1)
  expect(findHeader(rawHeaders, 'connection')).toBe(3)
  expect(findHeader(rawHeaders, 'connection', 4)).toBe(7)
  expect(findHeader(rawHeaders, 'connection', 8)).toBe(-1)
  expect(findHeader([], 'connection')).toBe(-1)
})
