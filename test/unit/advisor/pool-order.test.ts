import { describe, expect, test } from 'vitest'
import { advise } from '../../../src/advisor/advise.ts'
import { type Order, servePools } from '../../support/pools.ts'
import { exponential, lognormal, mixture, uniform } from '../../support/random.ts'

const duration = 300_000
const traffic = {
  'Poisson requests': { between: exponential(50), service: exponential(400) },
  'few requests': { between: exponential(200), service: exponential(200) },
  'a steady beat': { between: uniform(40, 60), service: lognormal(200, 1) },
  bursts: {
    between: mixture([0.95, exponential(10)], [0.05, exponential(3_000)]),
    service: exponential(300),
  },
}

/** The advisor's estimate for 1 s from data at 66 s, and the result of a server with 1 s. */
const compare = (name: keyof typeof traffic, order: Order) => {
  const law = { ...traffic[name], order, duration }
  const advice = advise(servePools({ ...law, kept: 66_000 }), { timeouts: [1] })
  const { idleGap } = servePools({ ...law, kept: 1_000 }).histograms
  const started = idleGap.reused.count + idleGap.cutOff.count
  return {
    advice,
    said: advice.curve.find(({ timeout }) => timeout === 1)!.reuse,
    truth: idleGap.reused.count / started,
  }
}

describe.each(Object.keys(traffic) as (keyof typeof traffic)[])('%s', (name) => {
  test('a LIFO pool: the curve is exact', () => {
    const { advice, said, truth } = compare(name, 'lifo')
    expect(Math.abs(said - truth)).toBeLessThan(0.01)
    expect(advice.warnings.map(({ code }) => code)).not.toContain('pool-rotates')
  })

  test.each(['fifo', 'random'] as const)(
    'of a pool by %s: the curve is a lower bound, with a warning',
    (order) => {
      const { advice, said, truth } = compare(name, order)
      expect(said).toBeLessThan(truth + 0.005)
      expect(advice.warnings).toContainEqual({
        code: 'pool-rotates',
        message: expect.stringContaining('lower bound'),
      })
    },
  )
})

test('many clients with one connection each are not a pool, however similar their gaps', () => {
  const alike = { between: uniform(4_900, 5_100), service: uniform(1, 5) }
  const snapshot = servePools({ ...alike, order: 'lifo', clients: 40, kept: 66_000, duration })
  expect(snapshot.histograms.idleGap.reused.count).toBeGreaterThan(1_000)
  expect(advise(snapshot).warnings.map(({ code }) => code)).not.toContain('pool-rotates')
})
