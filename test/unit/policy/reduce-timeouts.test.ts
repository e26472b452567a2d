import { describe, expect, it } from 'vitest'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { reducedTimeout } from '../../../src/policy/reduce-timeouts.ts'

const by = { scalingThreshold: 8_000, saturationThreshold: 10_000, minTimeout: 5_000 }

describe('the reduced idle timeout', () => {
  it.each([
    [0, 65_000],
    [8_000, 65_000],
    [8_500, 50_000],
    [9_000, 35_000],
    [10_000, 5_000],
    [100_000, 5_000],
  ])('with %d connections open is %d ms', (open, timeout) => {
    expect(reducedTimeout(65_000, open, by)).toBe(timeout)
  })
})

describe('the option', () => {
  it('is frozen', () => {
    expect(resolvePolicy({ reduceTimeouts: by }).reduceTimeouts).toEqual(by)
    expect(Object.isFrozen(resolvePolicy({ reduceTimeouts: by }).reduceTimeouts)).toBe(true)
    expect(resolvePolicy().reduceTimeouts).toBeUndefined()
  })

  it.each([
    ['no object', 5, 'ERR_KEEPALIVE_OPTION_TYPE', 'reduceTimeouts'],
    ['an unknown field', { ...by, least: 1 }, 'ERR_KEEPALIVE_UNKNOWN_OPTION', 'reduceTimeouts.least'],
    [
      'a missing field',
      { scalingThreshold: 1, saturationThreshold: 2 },
      'ERR_KEEPALIVE_OPTION_TYPE',
      'reduceTimeouts.minTimeout',
    ],
    [
      'thresholds the wrong way round',
      { ...by, saturationThreshold: 8_000 },
      'ERR_KEEPALIVE_OPTION_RANGE',
      'reduceTimeouts.saturationThreshold',
    ],
    [
      'a least timeout above the timeout',
      { ...by, minTimeout: 65_001 },
      'ERR_KEEPALIVE_OPTION_RANGE',
      'reduceTimeouts.minTimeout',
    ],
  ])('refuses %s', (_, reduceTimeouts, code, option) => {
    expect(() => resolvePolicy({ reduceTimeouts: reduceTimeouts as never })).toThrow(
      expect.objectContaining({ code, option }),
    )
  })

  it('rejects an infinite timeout', () => {
    expect(() => resolvePolicy({ keepAliveTimeout: 0, reduceTimeouts: by })).toThrow(
      expect.objectContaining({ code: 'ERR_KEEPALIVE_TIMEOUT_CONFLICT', option: 'keepAliveTimeout' }),
    )
  })
})
