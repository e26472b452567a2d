import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Cell, LifeTable } from '../../../src/advisor/life-table.ts'

const cell = (from: number, to: number, counts: Partial<Cell>): Cell => ({
  from,
  to,
  reused: 0,
  clientClosed: 0,
  cutOff: 0,
  cutAt: 0.5,
  closedAt: 0.5,
  ...counts,
})

const totalOf = (cells: readonly Cell[]): number =>
  cells.reduce((sum, { reused, clientClosed, cutOff }) => sum + reused + clientClosed + cutOff, 0)

const counts = fc.record({ reused: fc.nat(500), clientClosed: fc.nat(500) })

describe('a life table', () => {
  test('without censored intervals is the share itself, with the binomial variance', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 12 }), (list) => {
        const cells = list.map((each, i) => cell(i, i + 1, each))
        const total = totalOf(cells)
        fc.pre(total > 0)
        const { knots } = new LifeTable(cells, total)
        let reused = 0
        let ended = 0
        list.forEach((each, i) => {
          reused += each.reused
          ended += each.reused + each.clientClosed
          const share = reused / total
          expect(knots[i + 1]!.reused).toBeCloseTo(share, 10)
          expect(knots[i + 1]!.waiting).toBeCloseTo(1 - ended / total, 10)
          expect(knots[i + 1]!.variance).toBeCloseTo((share * (1 - share)) / total, 10)
        })
      }),
    )
  })

  // Calculated: of 100, 20 are reused in the first bin and 10 censored at its middle: 20 of 95 exposed.
  test('counts censored intervals for the part of the bin that was observed', () => {
    const cells = [cell(0, 10, { reused: 20, cutOff: 10 }), cell(10, 20, { reused: 35, clientClosed: 35 })]
    const [, first, second] = new LifeTable(cells, 100).knots
    expect(first).toMatchObject({ reused: 20 / 95, waiting: 75 / 95 })
    expect(second!.reused).toBeCloseTo(20 / 95 + (75 / 95) * 0.5, 12)
    expect(second!.waiting).toBeCloseTo(0, 12)
  })

  test('intervals that are censored at the end of a bin cover all of it', () => {
    const cells = [cell(0, 10, { reused: 30, cutOff: 70, cutAt: 1 })]
    expect(new LifeTable(cells, 100).knots[1]).toMatchObject({ reused: 0.3, waiting: 0.7 })
  })

  test('adds up the idle time', () => {
    // All 10 stay idle through the first bin; half are reused in the second one, on average by its middle.
    const cells = [cell(0, 8, {}), cell(8, 10, { reused: 5, cutOff: 5, cutAt: 1 })]
    const { knots } = new LifeTable(cells, 10)
    expect(knots[1]!.waited).toBe(8)
    expect(knots[2]!.waited).toBeGreaterThan(8 + 1.4)
    expect(knots[2]!.waited).toBeLessThan(8 + 1.5)
    const closed = [cell(0, 8, {}), cell(8, 10, { clientClosed: 10, closedAt: 0.75 })]
    expect(new LifeTable(closed, 10).knots[2]!.waited).toBe(9.5)
  })

  test('lies within the bin', () => {
    const table = new LifeTable(
      [cell(0, 8, { reused: 50 }), cell(8, 16, { reused: 25, clientClosed: 15 })],
      100,
    )
    const { here, before, after } = table.at(12)
    expect([before.at, here.at, after.at]).toEqual([8, 12, 16])
    // The hazard is constant in the bin, so more than half of the reuses come in its first half.
    expect(here.reused).toBeGreaterThan(0.5 + 0.125)
    expect(here.reused).toBeLessThan(0.75)
    expect(here.waiting).toBeCloseTo(0.5 * Math.sqrt(0.1 / 0.5), 10)
    expect(table.at(8)).toMatchObject({ here: { at: 8 }, before: { at: 8 }, after: { at: 8 } })
    expect(table.at(0).here).toMatchObject({ reused: 0, waiting: 1 })
    expect(table.at(1e9).here).toMatchObject({ at: 16 })
  })
})
