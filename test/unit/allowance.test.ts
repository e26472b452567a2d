import { expect, test } from 'vitest'
import { Allowance } from '../../src/allowance.ts'

test('allows some at once, then one each millisecond, and never saves up more', () => {
  const allowance = new Allowance(3)
  const taken = (now: number, tries: number): number =>
    Array.from({ length: tries }, () => allowance.take(now)).filter(Boolean).length
  expect(taken(10, 5)).toBe(3)
  expect(taken(10.9, 5)).toBe(0)
  expect(taken(11, 5)).toBe(1)
  expect(taken(13, 5)).toBe(2)
  expect(taken(1_000, 5)).toBe(3)
})
