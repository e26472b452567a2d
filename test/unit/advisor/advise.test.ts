import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Advice, type AdviseOptions, advise, type Intervals } from '../../../src/advisor/index.ts'
import { KeepAliveError } from '../../../src/errors.ts'
import { emptySnapshot } from '../../support/empty-snapshot.ts'
import { countsOf, histogramOf } from '../../support/histogram.ts'
import { LedgerBench } from '../../support/ledger.ts'
import { exponential, mixture, sample, seeded } from '../../support/random.ts'
import { type Law, serve } from '../../support/traffic.ts'

/** A timeout of 31 s, and clients that return after 8 s on average and never close. */
const steady: Law = {
  manners: [[1, { gap: exponential(8_000), timeout: 1e9 }]],
  within: (gap) => 1 - Math.exp(-gap / 8_000),
  requests: () => 4,
}
const snapshot = serve(steady, 2_000, 31_000, 1)
const codes = ({ warnings }: Advice): string[] => warnings.map(({ code }) => code)
const on = (constraints: NonNullable<AdviseOptions['constraints']>): Advice =>
  advise(snapshot, { constraints })

describe('the recommended timeout', () => {
  test('is the min timeout that reaches the reuse target, in whole seconds', () => {
    const { recommended, curve, observed } = on({ reuseShare: 0.8 })
    const timeout = recommended.keepAliveTimeout!
    expect(timeout % 1_000).toBe(0)
    const at = (ms: number): number => curve.findLast((point) => point.timeout <= ms)!.reuse
    expect(at(timeout)).toBeGreaterThanOrEqual(0.8 * observed.reachableReuse)
    // One second or one bin less would be too short.
    expect(at((timeout + 1_000) / 1.2 - 2_000)).toBeLessThan(0.8 * observed.reachableReuse)
    expect(recommended.why).toContain('keeps 80% of the reachable reuse')
  })

  test('reaches 95% by default, and is a point of the curve', () => {
    const { recommended, curve } = on({})
    expect(recommended).toEqual(on({ reuseShare: 0.95 }).recommended)
    expect(curve.map(({ timeout }) => timeout)).toContain(recommended.keepAliveTimeout)
  })

  test('is at least 3 s, or clients that obey the header never reuse', () => {
    const { recommended } = on({ reuseShare: 0.1 })
    expect(recommended.keepAliveTimeout).toBe(3_000)
    expect(recommended.why).toContain('minimum for clients that obey')
  })

  test.each([
    [20_000, undefined, 25_000],
    [20_000, 2_000, 22_000],
    [20_000, 0, 20_000],
    [300_000, undefined, 310_000],
  ])('is above a proxy that closes after %d ms, by %s', (proxyIdleTimeout, proxyMargin, expected) => {
    const { recommended } = on({ proxyIdleTimeout, proxyMargin, reuseShare: 0.5 })
    expect(recommended.keepAliveTimeout).toBe(expected)
    expect(recommended.why).toContain("above the proxy's idle timeout")
  })

  test('follows the reuse target if it needs more than the proxy', () => {
    const { recommended } = on({ proxyIdleTimeout: 1_000, proxyMargin: 0 })
    expect(recommended).toEqual(on({}).recommended)
  })

  test('stays within a budget of connections, and of memory', () => {
    const { curve, recommended } = on({ maxIdleConnections: 60 })
    const chosen = curve.find(({ timeout }) => timeout === recommended.keepAliveTimeout)!
    expect(chosen.idleConnections).toBeLessThanOrEqual(60)
    expect(curve.find(({ timeout }) => timeout >= chosen.timeout + 1_000)!.idleConnections).toBeGreaterThan(
      60,
    )
    expect(recommended.why).toContain('maxIdleConnections (60 connections)')
    const byMemory = advise(snapshot, {
      constraints: { maxIdleMemory: 600_000, maxIdleConnections: 1_000 },
      costs: { idleConnection: 10_000 },
    })
    expect(byMemory.recommended.keepAliveTimeout).toBe(recommended.keepAliveTimeout)
    expect(byMemory.recommended.why).toContain('maxIdleMemory (600 kB)')
  })

  test('is limited by a budget, without a warning if no reuse was requested', () => {
    expect(codes(on({ maxIdleConnections: 60 }))).not.toContain('constraints-contradict')
  })

  test.each([
    [{ proxyIdleTimeout: 20_000, maxIdleConnections: 10 }, 'proxyIdleTimeout', 'maxIdleConnections', 25_000],
    [{ proxyIdleTimeout: 20_000, maxIdleMemory: 20_000 }, 'proxyIdleTimeout', 'maxIdleMemory', 25_000],
    [{ reuseShare: 0.99, maxIdleConnections: 60 }, 'reuseShare', 'maxIdleConnections', undefined],
  ])('%j: says which two contradict each other', (constraints, one, other, expected) => {
    const advice = on(constraints)
    const [warning, ...more] = advice.warnings.filter(({ code }) => code === 'constraints-contradict')
    expect(more).toEqual([])
    expect(warning!.message).toContain(`${one} asks for a timeout of at least`)
    expect(warning!.message).toContain(`${other} for at most`)
    if (expected !== undefined) expect(advice.recommended.keepAliveTimeout).toBe(expected)
    else expect(advice.recommended).toEqual(on({ maxIdleConnections: 60 }).recommended)
  })

  test('warns if the buffer alone exceeds the budget', () => {
    const { warnings, recommended } = on({ maxIdleConnections: 5 })
    expect(recommended.keepAliveTimeout).toBe(3_000)
    const contradiction = expect.stringContaining(
      'maxIdleConnections cannot be met with a keepAliveTimeoutBuffer of 1 s',
    )
    expect(warnings).toContainEqual({ code: 'constraints-contradict', message: contradiction })
  })

  test('warns if it is longer than the observed gaps', () => {
    const advice = on({ proxyIdleTimeout: 60_000 })
    expect(advice.recommended.keepAliveTimeout).toBe(65_000)
    expect(codes(advice)).toContain('beyond-horizon')
    expect(advice.curve.at(-1)!.timeout).toBe(30_000)
  })

  describe('is safe', () => {
    test('does not recommend less than the timeout in force if clients return later than that', () => {
      const law: Law = {
        manners: [[1, { gap: exponential(1_500), timeout: 1e9 }]],
        within: () => 0,
        requests: () => 4,
      }
      const snapshot = serve(law, 4_000, 31_000, 1)
      const nearMisses = (count: number) => ({
        ...snapshot,
        requests: { ...snapshot.requests, nearMisses: count },
      })
      expect(advise(nearMisses(4)).recommended.keepAliveTimeout).toBeLessThan(10_000)
      const { keepAliveTimeout, why } = advise(nearMisses(5)).recommended
      expect(keepAliveTimeout).toBe(30_000)
      expect(why).toContain('5 requests came after it')
    })

    /** Gaps of 100 ms with a timeout of 65 s; `left` of them are idle for long. */
    const busy = (clients: number, left = 0.01): Advice => {
      const gap = mixture([1 - left, exponential(100)], [left, exponential(500_000)])
      const law: Law = { manners: [[1, { gap, timeout: 1e9 }]], within: () => 0, requests: () => 4 }
      return advise({ ...serve(law, clients, 66_000, 5), takenAt: 1e7 })
    }
    /** The same, observed briefly: too few gaps above 1 s. */
    const aMoment = (intervals: number, takenAt: number): Intervals => ({
      bounds: [100, 200, 400, 800, 1_600, 3_200, Number.POSITIVE_INFINITY],
      reused: [intervals / 2, intervals / 4, intervals / 8, intervals / 8 - 10, 10],
      clientClosed: [],
      cutOff: [],
      duration: takenAt,
      requests: intervals,
      requestsReused: intervals,
      keepAliveTimeout: 30_000,
      keepAliveTimeoutBuffer: 0,
    })

    test('and is at least 3 s if only shorter gaps were observed', () => {
      const { recommended, observed, warnings } = advise({ ...aMoment(80_000, 1e6), keepAliveTimeout: null })
      expect(observed.horizon).toBeLessThan(1_000)
      expect(recommended.keepAliveTimeout).toBe(3_000)
      expect(warnings.map(({ code }) => code)).toContain('beyond-horizon')
    })

    test.each([
      ['too few intervals', advise(aMoment(800, 1e6))],
      ['too short a time', advise(aMoment(80_000, 60_000))],
    ])('and keeps the timeout in force after %s', (_, { recommended }) => {
      expect(recommended.keepAliveTimeout).toBe(30_000)
      expect(recommended.why).toContain('the traffic does not show that a shorter one is enough')
    })

    test('and keeps the timeout in force if many were still idle at the end of the observation', () => {
      const open = { ...aMoment(80_000, 1e6), open: [0, 0, 0, 0, 0, 20_000] }
      expect(advise(open).recommended.keepAliveTimeout).toBe(30_000)
    })

    test('and shortens the timeout if a shorter one is enough', () => {
      expect(busy(2_000).recommended.keepAliveTimeout).toBe(3_000)
      expect(advise(aMoment(80_000, 1e6)).recommended.keepAliveTimeout).toBe(3_000)
    })

    describe.each([
      ['no single timeout is in force, as in a merged snapshot', null],
      ['connections are kept for ever', 0],
    ])('and where %s', (_, keepAliveTimeout) => {
      test.each([
        ['too few intervals', { ...aMoment(800, 1e6), keepAliveTimeout }],
        ['too short a time', { ...aMoment(80_000, 2_000), keepAliveTimeout }],
        ['late requests', { ...aMoment(80_000, 1e6), keepAliveTimeout, nearMisses: 5 }],
      ])('recommends none after %s, but what a proxy needs', (_, intervals) => {
        const { keepAliveTimeout, why } = advise(intervals).recommended
        expect(keepAliveTimeout).toBeNull()
        expect(why).toContain('does not show that a short timeout is enough')
        const constraints = { proxyIdleTimeout: 10_000 }
        expect(advise(intervals, { constraints }).recommended.keepAliveTimeout).toBe(15_000)
      })

      test('depends on a budget, and on enough traffic', () => {
        const constraints = { maxIdleConnections: 1 }
        const few = { ...aMoment(800, 1e3), keepAliveTimeout }
        expect(advise(few, { constraints }).recommended.keepAliveTimeout).toBe(3_000)
        const many = { ...aMoment(80_000, 1e6), keepAliveTimeout }
        expect(advise(many).recommended.keepAliveTimeout).toBe(3_000)
      })
    })

    test('and ignores a budget and a proxy below 3 s', () => {
      for (const maxIdleConnections of [1, 5, 12, 20])
        expect(on({ maxIdleConnections }).recommended.keepAliveTimeout).toBeGreaterThanOrEqual(3_000)
      const constraints = { proxyIdleTimeout: 1_000, proxyMargin: 100 }
      expect(advise(emptySnapshot(), { constraints }).recommended.keepAliveTimeout).toBe(3_000)
    })

    test('and keeps the timeout in force behind a proxy without enough traffic', () => {
      const timeouts = { keepAliveTimeout: 65_000, keepAliveTimeoutBuffer: 1_000 }
      const constraints = { proxyIdleTimeout: 10_000 }
      const { recommended } = advise({ ...emptySnapshot(), timeouts }, { constraints })
      expect(recommended.keepAliveTimeout).toBe(65_000)
    })
  })

  test.each([
    ['constraints.proxyMargin', { constraints: { proxyIdleTimeout: 60_000, proxyMargin: 5 } }, 5],
    ['timeouts[1]', { timeouts: [600, 75, 30] }, 75],
  ])('warns that %s was meant in seconds', (option, options, value) => {
    const [first, ...more] = advise(snapshot, options).warnings
    expect(first!.code).toBe('seconds-meant')
    expect(first!.message).toMatch(
      new RegExp(`^${option.replaceAll(/[.[\]]/g, '\\$&')} is ${value} ms, but seconds`),
    )
    expect(more.map(({ code }) => code)).not.toContain('seconds-meant')
  })

  test.each([
    { constraints: { proxyIdleTimeout: 1_000, proxyMargin: 100 } },
    { constraints: { proxyIdleTimeout: 60_000, proxyMargin: 0 } },
    { timeouts: [100, 500] },
    { timeouts: [50, 1_000] },
    { costs: { handshake: 2 } },
  ])('takes %j for milliseconds', (options) => {
    expect(codes(advise(snapshot, options))).not.toContain('seconds-meant')
  })

  test('is undefined without traffic, except behind a proxy', () => {
    const empty = emptySnapshot()
    const { recommended, curve, warnings, observed } = advise(empty)
    expect(recommended.keepAliveTimeout).toBeNull()
    expect(curve).toEqual([])
    expect(warnings[0]).toMatchObject({ code: 'too-few-intervals' })
    expect(observed).toMatchObject({ horizon: 0, reachableReuse: 0, designEffect: null })
    const proxy = advise(empty, { constraints: { proxyIdleTimeout: 60_000 } })
    expect(proxy.recommended.keepAliveTimeout).toBe(65_000)
  })
})

describe('the curve', () => {
  test('extends to our timeout if all gaps were shorter', () => {
    const proxy: Law = { ...steady, manners: [[1, { gap: exponential(8_000), timeout: 12_000 }]] }
    const { curve, observed, recommended, warnings } = advise(serve(proxy, 2_000, 31_000, 1), {
      constraints: { proxyIdleTimeout: 12_000 },
      timeouts: [15_000],
    })
    expect(observed.horizon).toBe(30_000)
    const [before, after] = [15_000, 30_000].map((at) => curve.find(({ timeout }) => timeout === at)!)
    expect(after!.reuse).toBe(before!.reuse)
    expect(after!.idleConnections).toBeCloseTo(before!.idleConnections!, 6)
    expect(recommended.keepAliveTimeout).toBe(17_000)
    expect(warnings.map(({ code }) => code)).not.toContain('beyond-horizon')
  })

  test("has the rates that follow from the shares, and Little's law", () => {
    const { curve, observed } = advise(snapshot, { timeouts: [7_000], costs: { idleConnection: 20_000 } })
    const point = curve.find(({ timeout }) => timeout === 7_000)!
    const { requestsPerSecond, intervalsPerSecond } = observed
    expect(point.newConnectionsPerSecond).toBeCloseTo(
      requestsPerSecond! - intervalsPerSecond! * point.reuse,
      9,
    )
    // Exponential gaps of 8 s, kept for 8 s: ∫ e^(−t/8) dt = 8 (1 − 1/e).
    expect(point.idleConnections! / ((intervalsPerSecond! * 8 * (1 - Math.exp(-1))) as number)).toBeCloseTo(
      1,
      1,
    )
    expect(point.idleMemory).toBeCloseTo(point.idleConnections! * 20_000, 6)
  })

  test('counts upgrades on reused and on new connections', () => {
    const b = new LedgerBench()
    for (let n = 0; n < 200; n++) {
      const record = b.open(`10.0.0.${n}`)
      if (n >= 20) b.exchange(record)
      b.clock.pass(500)
      record.upgrade()
      if (n % 2 === 0) b.end(record, 'upgrade', 'client')
    }
    const { curve, observed } = advise(b.snapshot(), { timeouts: [1_000] })
    const { newConnectionsPerSecond: opened, ...point } = curve.at(-1)!
    expect((opened! * observed.duration!) / 1_000).toBeCloseTo(200, 6)
    expect(observed.requests).toBe(180)
    expect(point.newConnectionsPerSecondLow).toBeLessThanOrEqual(opened!)
    expect(point.newConnectionsPerSecondHigh).toBeGreaterThanOrEqual(opened!)
  })

  test('a request beside others of its HTTP/2 session needs no connection', () => {
    const make = (beside: number): LedgerBench => {
      const b = new LedgerBench()
      for (let n = 0; n < 200; n++) {
        const record = b.open(`10.0.0.${n}`)
        b.exchange(record)
        for (let i = 0; i < beside; i++) {
          b.ledger.requested(record.client as never, true, b.clock.now())
          b.ledger.atOnce(2)
        }
        b.clock.pass(500)
        b.exchange(record)
        b.end(record, 'client-idle', 'client')
      }
      return b
    }
    const opened = [0, 3].map((beside) => {
      const { curve } = advise(make(beside).snapshot(), { timeouts: [1_000] })
      return curve.at(-1)!.newConnectionsPerSecond
    })
    expect(opened[1]).toBe(opened[0])
    expect(opened[0]).toBeGreaterThan(0)
  })

  test('omits timeouts beyond the horizon', () => {
    const { curve } = advise(snapshot, { timeouts: [29_999, 30_000, 30_001, 0] })
    expect(curve.at(-1)!.timeout).toBe(30_000)
    expect(curve.map(({ timeout }) => timeout)).toContain(29_999)
    expect(curve.map(({ timeout }) => timeout)).not.toContain(0)
  })

  const list = fc.array(fc.nat(300), { maxLength: 12 })
  const intervals: fc.Arbitrary<Intervals> = fc.record({
    bounds: fc.constant([
      1,
      4,
      20,
      100,
      200,
      400,
      1_000,
      2_500,
      5_000,
      10_000,
      30_000,
      Number.POSITIVE_INFINITY,
    ]),
    reused: list,
    clientClosed: list,
    cutOff: list,
    open: list,
    requests: fc.nat(10_000),
    requestsReused: fc.nat(10_000),
    keepAliveTimeout: fc.option(fc.nat(40_000)),
    keepAliveTimeoutBuffer: fc.nat(2_000),
    duration: fc.option(fc.nat(1e7), { nil: undefined }),
    groups: fc.option(
      fc.array(fc.record({ reused: list, clientClosed: list, cutOff: list }), { maxLength: 20 }),
      { nil: undefined },
    ),
  })

  test('rises, and lies within its interval, for any counts', () => {
    fc.assert(
      fc.property(intervals, (given) => {
        const { curve, observed, recommended } = advise(given, { timeouts: [50, 3_000] })
        let before = { timeout: 0, reuse: 0, reuseLow: 0, reuseHigh: 0, idleConnections: 0 as number | null }
        for (const point of curve) {
          const { reuse, reuseLow, reuseHigh, timeout, idleConnections } = point
          expect(timeout).toBeGreaterThan(before.timeout)
          expect(timeout).toBeLessThanOrEqual(observed.horizon)
          expect(reuse).toBeGreaterThanOrEqual(before.reuse - 1e-9)
          expect(idleConnections ?? 0).toBeGreaterThanOrEqual((before.idleConnections ?? 0) - 1e-9)
          expect(reuseLow).toBeGreaterThanOrEqual(0)
          expect(reuseHigh).toBeLessThanOrEqual(1)
          expect(reuse).toBeGreaterThanOrEqual(reuseLow - 1e-9)
          expect(reuse).toBeLessThanOrEqual(reuseHigh + 1e-9)
          before = point
        }
        const { keepAliveTimeout } = recommended
        if (keepAliveTimeout !== null) expect(keepAliveTimeout).toBeGreaterThanOrEqual(3_000)
        if (keepAliveTimeout !== null) expect(Number.isInteger(keepAliveTimeout)).toBe(true)
        expect(() => JSON.stringify(observed)).not.toThrow()
      }),
    )
  })
})

describe('idle connections', () => {
  // 1,000 are still idle at the end, longer than any that has ended. Without them the data has no long gaps.
  const begun = {
    ...serve({ ...steady, requests: () => 1 }, 1_000, 5_000, 3),
    timeouts: { keepAliveTimeout: 30_000, keepAliveTimeoutBuffer: 0 },
  }
  const cutAway = {
    ...begun,
    histograms: {
      ...begun.histograms,
      idleGap: { ...begun.histograms.idleGap, cutOff: emptySnapshot().histograms.age },
    },
  }
  const waiting = begun.histograms.idleGap.cutOff.count
  const openNow = (idle: number): typeof begun => ({
    ...cutAway,
    connections: { ...begun.connections, states: { ...begun.connections.states, idle } },
    histograms: { ...cutAway.histograms, idleNow: countsOf(...Array<number>(waiting).fill(5_500)) },
  })

  test('count as censored at their idle time', () => {
    const biased = advise(cutAway, { timeouts: [4_000] })
    const right = advise(openNow(waiting), { timeouts: [4_000] })
    const at = ({ curve }: Advice): number => curve.find(({ timeout }) => timeout === 4_000)!.reuse
    const truth = steady.within(4_000, 0)
    expect(at(biased) - truth).toBeGreaterThan(0.2)
    expect(Math.abs(at(right) - truth)).toBeLessThan(0.04)
    expect(right.observed.intervals).toMatchObject({ total: 1_000, open: waiting, cutOff: 0 })
  })

  test('that are not listed were idle for less time than the listed ones', () => {
    const { intervals } = advise(openNow(waiting + 300)).observed
    expect(intervals).toMatchObject({ total: 1_300, open: waiting + 300 })
  })
})

describe('beyond the horizon', () => {
  const returns = {
    ...emptySnapshot().returns,
    timedOut: 200,
    gaps: countsOf(...Array<number>(50).fill(40_000), ...Array<number>(50).fill(90_000)),
  }

  test('counts only what returning clients would have reused', () => {
    const { beyond, curve, observed } = advise({ ...snapshot, returns })
    const waiting = 1 - observed.reachableReuse
    expect(beyond).toMatchObject({ closed: 200, returned: 100 })
    const at = (timeout: number): number =>
      beyond!.points.findLast((point) => point.timeout <= timeout)!.reuse
    expect(at(60_000)).toBeCloseTo(observed.reachableReuse + waiting * 0.25, 6)
    expect(beyond!.points.at(-1)!.reuse).toBeCloseTo(observed.reachableReuse + waiting * 0.5, 6)
    expect(beyond!.points[0]!.timeout).toBeGreaterThanOrEqual(curve.at(-1)!.timeout)
    expect(curve).toEqual(advise(snapshot).curve)
  })

  test('is an upper bound if the client table is full, and says how many rows were dropped', () => {
    // 20,000 clients connect once, and half of them again after 70 to 90 s; a row is kept for about 80 s.
    const b = new LedgerBench({ idleTimeout: 30_000, clients: 10_000 })
    const random = seeded(3)
    const events: (readonly [number, () => void])[] = []
    for (let n = 0; n < 20_000; n++) {
      const at = n * 16
      const address = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
      let record: ReturnType<LedgerBench['open']> | undefined
      events.push([
        at,
        () => {
          record = b.open(address)
          b.exchange(record)
        },
      ])
      events.push([
        at + 31_000,
        () => {
          record!.close('idle-timeout')
          b.end(record!, 'idle-timeout', 'server')
        },
      ])
      if (random() < 0.5) events.push([at + 70_000 + 20_000 * random(), () => b.open(address)])
    }
    let now = 0
    for (const [at, happen] of events.sort(([one], [other]) => one - other)) {
      b.clock.pass(at - now)
      now = at
      happen()
    }
    const seen = b.snapshot()
    const { gaps, forgotten, waiting, timedOut, notLookedUp } = seen.returns
    expect(gaps.count + forgotten.count + waiting.count).toBe(timedOut)
    expect(notLookedUp).toBe(0)
    const { beyond, observed } = advise({ ...snapshot, returns: seen.returns, connections: seen.connections })
    expect(beyond).toMatchObject({ closed: timedOut, returned: gaps.count, forgotten: forgotten.count })
    expect(forgotten.count).toBeGreaterThan(5_000)
    const returnsBy = (timeout: number): number =>
      Math.min(0.5, Math.max(0, (0.5 * (timeout + 1_000 - 70_000)) / 20_000))
    for (const { timeout, reuse } of beyond!.points.filter((point) => point.timeout < 1e5))
      expect(reuse, `${timeout} ms`).toBeGreaterThan(
        observed.reachableReuse + (1 - observed.reachableReuse) * returnsBy(timeout) - 0.002,
      )
    expect(beyond!.points.length).toBeGreaterThan(2)
  })

  test('is undefined if most addresses were not looked up', () => {
    const fast = { ...snapshot.returns, ...returns, notLookedUp: 500 }
    const connections = { ...snapshot.connections, opened: 1_000 }
    expect(advise({ ...snapshot, returns: fast, connections }).beyond).toBeNull()
  })

  test('is undefined without client rows', () => {
    expect(advise(snapshot).beyond).toBeNull()
  })
})

describe('a warning', () => {
  const closing = (timeout: number): Advice => {
    const gaps = histogramOf(sample(() => timeout, 2_000, 1))
    const { idleGap } = snapshot.histograms
    return advise({
      ...snapshot,
      histograms: { ...snapshot.histograms, idleGap: { ...idleGap, clientClosed: gaps } },
    })
  }

  const rounded: Intervals = {
    bounds: [1_000, 10_000],
    reused: [0, 5_000],
    clientClosed: [],
    cutOff: [],
    requests: 5_000,
    requestsReused: 5_000,
  }

  test.each([
    ['the clients close at a time of their own', closing(25_000), 'client-timeout', 'about 25 s'],
    [
      'the clients close just before our timeout',
      closing(29_000),
      'clients-follow',
      'obey the Keep-Alive header',
    ],
    ['reuse still rises', advise(serve(steady, 2_000, 6_000, 1)), 'still-rising', 'may bring more'],
    [
      'the timeout is not known',
      advise({ ...snapshot, timeouts: { keepAliveTimeout: null, keepAliveTimeoutBuffer: null } }),
      'timeout-varied',
      'unknown',
    ],
    [
      'the length of the observation is unknown',
      advise({ ...snapshot, takenAt: 0 }),
      'no-rates',
      'does not say how long',
    ],
    ['it was short', advise({ ...snapshot, takenAt: 60_000 }), 'short-observation', 'less than 5 times'],
    [
      'times are rounded',
      advise({ ...rounded, gapError: 2_000 }),
      'times-rounded',
      'below 6 s is unreliable',
    ],
    [
      'there is a budget and no rate',
      advise({ ...snapshot, takenAt: 0 }, { constraints: { maxIdleConnections: 5 } }),
      'no-rates',
      'budget was not checked',
    ],
  ])('says that %s', (_, advice, code, words) => {
    expect(advice.warnings).toContainEqual({ code, message: expect.stringContaining(words) })
  })

  test('is absent if nothing is wrong', () => {
    expect(codes(advise(snapshot))).toEqual([])
    expect(codes(advise({ ...rounded, gapError: 1 }))).not.toContain('times-rounded')
  })
})

describe('costs', () => {
  test('are given, measured or documented', () => {
    const tlsHandshake = { count: 4, sum: 10, bins: [] }
    const measured = advise({ ...snapshot, histograms: { ...snapshot.histograms, tlsHandshake } })
    expect(measured.observed.costs).toEqual({
      idleConnection: { value: 40_000, source: 'default' },
      handshake: { value: 2.5, source: 'measured' },
    })
    expect(advise(snapshot).observed.costs).toEqual({
      idleConnection: { value: 15_000, source: 'default' },
      handshake: { value: 0, source: 'default' },
    })
    const given = advise(snapshot, { costs: { idleConnection: 9_000, handshake: 3 } })
    expect(given.observed.costs).toEqual({
      idleConnection: { value: 9_000, source: 'given' },
      handshake: { value: 3, source: 'given' },
    })
  })
})

describe('impossible input', () => {
  const good: Intervals = {
    bounds: [1, 2],
    reused: [],
    clientClosed: [],
    cutOff: [],
    requests: 0,
    requestsReused: 0,
  }

  test.each([
    [
      { constraints: { proxyIdleTimeot: 5 } },
      'ERR_KEEPALIVE_UNKNOWN_OPTION',
      'Did you mean proxyIdleTimeout?',
    ],
    [
      { constraints: { proxyIdleTimeout: '60' } },
      'ERR_KEEPALIVE_OPTION_TYPE',
      'constraints.proxyIdleTimeout',
    ],
    [
      { constraints: { proxyIdleTimeout: 60 } },
      'ERR_KEEPALIVE_OPTION_RANGE',
      'times are in milliseconds: for 60 s write 60000',
    ],
    [
      { proxyIdleTimeout: 60_000 },
      'ERR_KEEPALIVE_UNKNOWN_OPTION',
      'Write it in constraints, as in { constraints: { proxyIdleTimeout: … } }',
    ],
    [
      { constraints: { handshake: 2 } },
      'ERR_KEEPALIVE_UNKNOWN_OPTION',
      'Write it in costs, as in { costs: { handshake: … } }',
    ],
    [{ constraints: { timeouts: [1] } }, 'ERR_KEEPALIVE_UNKNOWN_OPTION', 'Write it beside constraints'],
    [{ constraints: { reuseShare: 95 } }, 'ERR_KEEPALIVE_OPTION_RANGE', '10% is 0.1'],
    [{ costs: { handshake: Number.NaN } }, 'ERR_KEEPALIVE_OPTION_RANGE', 'costs.handshake'],
    [{ timeouts: [5, -1] }, 'ERR_KEEPALIVE_OPTION_RANGE', 'timeouts[1]'],
    [{ timeouts: 'x' }, 'ERR_KEEPALIVE_OPTION_TYPE', 'timeouts[0]'],
    [null, 'ERR_KEEPALIVE_OPTION_TYPE', 'advise() options'],
  ])('of options %j is refused', (options, code, words) => {
    expect(refusal(() => advise(snapshot, options as never))).toMatchObject({
      code,
      message: expect.stringContaining(words),
    })
  })

  test.each([
    [{ version: 3 }, 'ERR_KEEPALIVE_SNAPSHOT_VERSION', 'advise() takes snapshots of the versions 1 and 2'],
    [null, 'ERR_KEEPALIVE_SNAPSHOT_VERSION', 'advise() takes a snapshot, got null'],
    [{ version: 1 }, 'ERR_KEEPALIVE_OPTION_TYPE', 'a whole snapshot'],
    [{ ...good, bounds: [2, 1] }, 'ERR_KEEPALIVE_OPTION_TYPE', 'ascending'],
    [{ ...good, bounds: [] }, 'ERR_KEEPALIVE_OPTION_TYPE', 'intervals.bounds'],
    [{ ...good, reused: [1, 2, 3] }, 'ERR_KEEPALIVE_OPTION_TYPE', 'intervals.reused'],
    [{ ...good, cutOff: [-1] }, 'ERR_KEEPALIVE_OPTION_TYPE', 'intervals.cutOff'],
    [{ ...good, open: ['1'] }, 'ERR_KEEPALIVE_OPTION_TYPE', 'intervals.open'],
    [{ ...good, groups: [{}] }, 'ERR_KEEPALIVE_OPTION_TYPE', 'groups[0].reused'],
    [{ ...good, duration: Number.NaN }, 'ERR_KEEPALIVE_OPTION_TYPE', 'intervals.duration'],
    [{ ...good, gapError: -1 }, 'ERR_KEEPALIVE_OPTION_TYPE', 'intervals.gapError'],
  ])('of a source %# is refused', (source, code, words) => {
    expect(refusal(() => advise(source as never))).toMatchObject({
      code,
      message: expect.stringContaining(words),
    })
  })
})

function refusal(act: () => unknown): KeepAliveError {
  try {
    act()
  } catch (error) {
    if (error instanceof KeepAliveError) return error
    throw error
  }
  throw new Error('it was taken')
}

test('runs in a browser: no import, direct or indirect, needs Node', () => {
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    const text = readFileSync(file, 'utf8')
    for (const [, isType, name] of text.matchAll(/^(?:import|export) (type )?[^']*?from '([^']+)'/gm)) {
      if (isType) continue
      expect(name, file).toMatch(/^\./)
      visit(join(dirname(file), name!))
    }
    expect(text.match(/^import '[^']+'/m), file).toBeNull()
  }
  visit(fileURLToPath(new URL('../../../src/advisor/index.ts', import.meta.url)))
  expect(seen.size).toBeGreaterThan(10)
})

test.each([
  ['without returns', { returns: undefined }],
  ['with returns that are none', { returns: { timedOut: 1 } }],
  ['with gaps that are no counts', { returns: { timedOut: 1, gaps: { count: 1, bins: ['x'] } } }],
  ['without TLS handshakes', { histograms: { ...snapshot.histograms, tlsHandshake: null } }],
])('a snapshot %s is refused in words', (_what, damage) => {
  const damaged = { ...snapshot, ...damage } as unknown as typeof snapshot
  expect(() => advise(damaged)).toThrow(KeepAliveError)
})
