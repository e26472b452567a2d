import { expect, test } from 'vitest'
import { adviseOn, figures } from '../../../src/dashboard/page/advice.ts'
import { perSecond, recentReuse, reuseOf, shareReused } from '../../../src/dashboard/page/rates.ts'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { busyScript } from '../../support/synthetic.ts'

test('reuse is a share of requests, and none without requests', () => {
  expect(reuseOf({ requests: 0, reused: 0 })).toBeUndefined()
  expect(reuseOf({ requests: 24, reused: 18 })).toBe(0.75)
  expect([shareReused({ requests: 0, reused: 0 }), shareReused({ requests: 4, reused: 4 })]).toEqual([
    '–',
    expect.stringMatching(/^100 ?%$/),
  ])
})

test('the advice for the timeout in force has the reuse that the requests have', () => {
  const script = busyScript(1_000)
  const summary = script.summary!
  const { advice, current } = adviseOn(summary, resolvePolicy(script.options), 2_000)
  const point = advice.curve.find(({ timeout }) => timeout === current)!
  const { total, reused } = summary.requests
  // What is idle now may be reused yet.
  expect(point.reuse).toBeGreaterThanOrEqual(reused / total)
  expect(point.reuse).toBeLessThanOrEqual((reused + summary.connections.states.idle) / total)
  expect(point.reuseLow).toBeLessThan(point.reuse)
  expect(point.reuseHigh).toBeGreaterThan(point.reuse)
  // What is not reused is a new connection.
  const { requestsPerSecond } = advice.observed
  for (const { reuse, newConnectionsPerSecond } of advice.curve)
    expect(reuse).toBeCloseTo(1 - newConnectionsPerSecond! / requestsPerSecond!, 2)
  expect(figures({ advice, current, tried: 2_000 }).rows[1]![0]).toBe('Reuse')
})

test('the tile and the headline have the same number, that of the last 15 minutes', () => {
  const { windows } = busyScript(1_000).summary!
  expect(recentReuse({ windows })).toBe(windows.quarterHour)
})

test('a rate is of the last minute, and of less where less is known', () => {
  expect(perSecond(120, 3_600_000)).toBe(2)
  expect(perSecond(120, 30_000)).toBe(4)
  expect(perSecond(3, 0)).toBe(3)
})
