import { describe, expect, it } from 'vitest'
import type { KeepAliveOptions } from '../../../src/policy/options.ts'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { Pool } from '../../../src/pool/pool.ts'
import { FakeTime, type Happened, WaitingMember } from '../../support/waiting-members.ts'

function setUp(options: KeepAliveOptions = {}) {
  const time = new FakeTime()
  const happened: Happened[] = []
  const warnings: number[] = []
  const clock = { now: () => time.now(), wall: () => 0 }
  const pool = new Pool<WaitingMember>(resolvePolicy(options), clock, (evicted) => warnings.push(evicted))
  /** One more connection opens and becomes idle. */
  const come = (name: string, timed = true): WaitingMember => {
    const member = new WaitingMember(name, time, happened, timed)
    pool.open.add(member)
    pool.wait(member)
    pool.review()
    return member
  }
  return { time, happened, warnings, pool, come }
}

describe('a last look', () => {
  it.each([
    ['where nobody waits for it', 'leisurelyLook', 20, 600],
    ['where somebody waits for it', 'promptLook', 5, 400],
  ] as const)('%s closes few one by one, and many within its window', (_, name, pace, window) => {
    const { time, pool } = setUp()
    const look = (count: number): number[] => {
      const begun = performance.now()
      const closed: number[] = []
      for (let i = 0; i < count; i++)
        pool[name].look({ bytesRead: 0, destroyed: false }, () => closed.push(performance.now() - begun))
      time.pass(2_000)
      return closed
    }
    const few = look(4)
    expect(few).toHaveLength(4)
    few.slice(1).forEach((at, i) => {
      const pause = at - few[i]!
      expect(pause).toBeGreaterThanOrEqual(pace)
      // A loop turn takes 1 ms here.
      expect(pause).toBeLessThanOrEqual(pace + 1)
    })
    const many = look(2_000)
    expect(many).toHaveLength(2_000)
    expect(many.at(-1)).toBeLessThanOrEqual(window)
    expect(many.at(-1)).toBeGreaterThan(0.8 * window)
  })
})

describe('an idle connection', () => {
  const timeouts = { keepAliveTimeout: 1_000, keepAliveTimeoutBuffer: 300 }

  it('is notified when idle timeout and buffer expire, if the pool keeps the timer', () => {
    const { time, happened, come } = setUp(timeouts)
    come('own', false)
    come('timed')
    time.pass(1_299)
    expect(happened).toEqual([])
    time.pass(5_000)
    expect(happened).toEqual([{ name: 'timed', what: 'due', waited: 1_300 }])
  })

  it('is evicted above the limit', () => {
    const { time, happened, warnings, come } = setUp({ ...timeouts, maxIdle: 1, minIdle: 0 })
    for (const name of ['first', 'second']) {
      come(name)
      time.pass(1)
    }
    expect(happened).toEqual([{ name: 'first', what: 'evicted', waited: 1 }])
    expect(warnings).toEqual([1])
  })

  it('is never evicted without a limit', () => {
    const { happened, come } = setUp({ ...timeouts, maxIdle: 0, minIdle: 0 })
    for (let i = 0; i < 100; i++) come(String(i))
    expect(happened).toEqual([])
  })

  it('has a shorter timeout while many are open', () => {
    const reduceTimeouts = { scalingThreshold: 1, saturationThreshold: 2, minTimeout: 100 }
    const { time, happened, pool, come } = setUp({ ...timeouts, reduceTimeouts })
    come('first')
    expect(pool.idleTimeout()).toBe(1_000)
    come('second')
    expect(pool.idleTimeout()).toBe(100)
    time.pass(399)
    expect(happened).toEqual([])
    time.pass(1)
    expect(happened.map(({ name, what }) => [name, what])).toEqual([
      ['first', 'idle-timeout'],
      ['second', 'idle-timeout'],
    ])
  })
})
