import { describe, expect, test } from 'vitest'
import { choices, closesChart } from '../../../src/dashboard/page/closes.ts'
import { dotLabels } from '../../../src/dashboard/page/dot-labels.ts'
import { gapsChart, placeOf } from '../../../src/dashboard/page/gaps.ts'
import { labelRows, ticksThatFit } from '../../../src/dashboard/page/labels.ts'
import { requestsChart } from '../../../src/dashboard/page/requests.ts'
import { between, type Mark, steps } from '../../../src/dashboard/page/spec.ts'
import { svgOf } from '../../../src/dashboard/page/svg.ts'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { closeReasons } from '../../../src/reasons.ts'
import { snapshotOf } from '../../support/snapshots.ts'

describe('axes', () => {
  test.each([0, 1, 3, 7, 12, 99, 1_000, 123_456])('to %s end at or above it, in few steps', (most) => {
    const ticks = steps(most, String)
    expect(ticks[0]!.at).toBe(0)
    expect(ticks.at(-1)!.at).toBeGreaterThanOrEqual(most)
    expect(ticks.length).toBeLessThanOrEqual(6)
  })

  test.each([[[]], [[5]], [[0.831, 0.84]], [[0, 1]], [[27.1, 31.2, 29]]])('around %j', (values) => {
    const { min, max, ticks } = between(values, String)
    expect(max).toBeGreaterThan(min)
    expect(ticks.length).toBeLessThanOrEqual(8)
    for (const value of values) expect(value >= min && value <= max).toBe(true)
  })
})

describe('labels of marks', () => {
  const axis = { min: 0, max: 100 }
  const mark = (at: number, label: string): Mark => ({ at, label, colour: 'ink' })

  test.each([300, 600, 1_000])('cover no other, and no line crosses them, at %s px', (width) => {
    const marks = [mark(80, 'advertised 65 s'), mark(81, 'our timeout 66 s'), mark(78, 'peers close at 60 s')]
    const { rows, anchor, count } = labelRows(marks, axis, width)
    expect(count).toBe(3)
    const xs = marks.map(({ at }) => (at / 100) * width)
    rows.forEach(({ row }, i) => {
      rows.forEach((other, j) => {
        const isUnder = anchor === 'right' ? xs[j]! < xs[i]! : xs[j]! > xs[i]!
        if (isUnder) expect(other.row).toBeGreaterThan(row)
      })
    })
  })

  test('share a row where there is room', () => {
    expect(labelRows([mark(20, 'a'), mark(80, 'b')], axis, 1_000).count).toBe(1)
    expect(labelRows([], axis, 1_000).count).toBe(0)
  })
})

describe('labels of dots', () => {
  const bounds = { left: 0, top: 0, right: 400, bottom: 200 }
  const at = (x: number, y: number) => ({ x, y, width: 110 })

  test.each([
    ['one over the other', [at(200, 100), at(200, 100), at(200, 100)]],
    ['side by side', [at(200, 100), at(210, 98), at(190, 102)]],
    ['in the corners', [at(0, 0), at(400, 0), at(0, 200), at(400, 200)]],
  ])('cover no other and stay within, for dots %s', (_where, dots) => {
    const boxes = dotLabels(dots, bounds).map(({ left, middle }, i) => ({
      left,
      right: left + dots[i]!.width,
      top: middle - 7,
      bottom: middle + 7,
    }))
    for (const [i, a] of boxes.entries()) {
      expect(a.left >= 0 && a.right <= 400 && a.top >= 0 && a.bottom <= 200).toBe(true)
      for (const b of boxes.slice(i + 1))
        expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false)
      for (const { x, y } of dots)
        expect(x > a.left && x < a.right && y > a.top && y < a.bottom, 'covers a dot').toBe(false)
    }
  })

  test('have a place even where there is none', () => {
    expect(dotLabels([{ x: 5, y: 5, width: 900 }], bounds)).toHaveLength(1)
  })
})

test('ticks whose labels would run into each other are left out', () => {
  const axis = steps(1_000_000, String)
  const left = (width: number) =>
    ticksThatFit({ min: 0, max: 1_000_000, ticks: axis }, width).map(({ at }) => at)
  expect(left(1_000)).toEqual(axis.map(({ at }) => at))
  expect(left(150).length).toBeLessThan(axis.length)
  expect(left(150)[0]).toBe(0)
})

describe('the idle gaps', () => {
  const bin = (at: number, count: number) => ({ count, sum: count, bins: [...Array(at).fill(0), count] })
  const policy = resolvePolicy({ keepAliveTimeout: 5_000 })

  test('nothing yet', () => {
    const chart = gapsChart(snapshotOf({ timeouts: { keepAliveTimeout: 5_000 } }), policy)
    expect(chart.summary).toBe(
      'No idle gap has ended yet. How long connections wait for their next request appears here.',
    )
    expect(chart.zone).toBeUndefined()
    expect(chart.marks!.map(({ label }) => label)).toEqual(['advertised 5 s', 'our timeout 6 s'])
    expect(chart.table.rows).toEqual([])
  })

  test('the danger zone begins where the server closes, not at what it advertises', () => {
    const given = {
      timeouts: { keepAliveTimeout: 5_000, keepAliveTimeoutBuffer: 1_000 },
      histograms: { idleGap: { cutOff: bin(51, 100), reused: bin(30, 900) } },
    }
    const chart = gapsChart(snapshotOf(given as never), resolvePolicy({ behind: 'nginx' }))
    expect(chart.zone).toEqual({
      from: placeOf(6_000),
      to: placeOf(60_000),
      label: 'danger zone: the peer still sends, the server may close',
    })
    expect(chart.summary).toContain('10% lie in the danger zone, from 6 s to 60 s')
  })

  test('the inferred timeout of a peer is marked; up to it only the buffer prevents the loss', () => {
    const at = 51 // 5,793 to 6,889 ms
    const clientClosed = {
      count: 100,
      sum: 600_000,
      bins: [...Array(at).fill(0), 100],
      sums: [...Array(at).fill(0), 600_000],
      squares: [...Array(at).fill(0), 100 * 6_000 ** 2],
      moments: [...Array(at).fill(0), 60],
    }
    const given = {
      timeouts: { keepAliveTimeout: 4_000, keepAliveTimeoutBuffer: 4_000 },
      histograms: { idleGap: { clientClosed, reused: bin(30, 900) } },
    }
    const chart = gapsChart(snapshotOf(given as never), policy)
    expect(chart.marks!.map(({ label }) => label)).toEqual([
      'advertised 4 s',
      'peers close at 6 s',
      'our timeout 8 s',
    ])
    expect(chart.zone).toMatchObject({ from: placeOf(4_000), label: expect.stringContaining('near miss') })
    expect(chart.zone!.to).toBeCloseTo(placeOf(6_000), 5)
    expect(chart.summary).toContain('are near misses, from 4 s to 6 s')
    const shown = chart.series.map(({ values }) => values.reduce<number>((sum, each) => sum + (each ?? 0), 0))
    expect(shown).toEqual([900, 100, 0])
    expect(chart.xs.every((x) => x >= chart.x.min && x <= chart.x.max)).toBe(true)
  })
})

test('requests per connection are taken together by octaves', () => {
  const chart = requestsChart({ count: 7, sum: 30, bins: [1, 2, 0, 0, 0, 1, 0, 3] })
  expect(chart.table.rows).toEqual([
    ['0', '1', '14%'],
    ['1', '2', '29%'],
    ['2–3', '4', '57%'],
  ])
})

test('every close reason is somebody\u2019s choice, once', () => {
  expect(choices.flatMap(({ reasons }) => reasons).sort()).toEqual([...closeReasons].sort())
})

test('closes are counted by time and reason', () => {
  const sample = (ago: number, reasons: object) => ({
    at: 1_000_000 - ago,
    length: 5_000,
    open: 0,
    idle: 0,
    opened: 0,
    requests: 0,
    reused: 0,
    reasons,
  })
  const chart = closesChart(
    [
      sample(890_000, { drain: 2 }),
      sample(30_000, { 'client-idle': 5 }),
      sample(10, { 'client-idle': 1, drain: 1 }),
    ],
    1_000_000,
  )
  expect(chart.series.map(({ label, values }) => [label, values[0], values[14]])).toEqual([
    ['drain 3 (server)', 2, 1],
    ['client-idle 6 (client)', 0, 6],
  ])
  expect(chart.summary).toBe('3 by the server, 6 by the client.')
})

test('a chart as a file escapes what it is given', () => {
  const chart = requestsChart({ count: 1, sum: 1, bins: [0, 1] })
  const svg = svgOf({ ...chart, title: '<script>&"\u0000' }, () => '#000000')
  expect(svg).toContain('&lt;script&gt;&amp;&quot;\ufffd')
  expect(svg).not.toContain('<script')
})
