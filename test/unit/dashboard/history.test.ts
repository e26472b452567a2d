import { expect, test } from 'vitest'
import { History, mostSamples } from '../../../src/dashboard/history.ts'
import { snapshotOf } from '../../support/snapshots.ts'

const totals = (opened: number, idle: number, drained: number) =>
  snapshotOf({
    connections: { opened, open: opened - drained, states: { idle }, reasons: { drain: drained } },
    requests: { total: opened * 3, reused: opened * 2 },
  } as never)

test('a sample has what happened since the one before', () => {
  const history = new History(totals(10, 1, 0), 1_000)
  history.take(totals(14, 3, 2), 6_000)
  expect(history.take(totals(15, 4, 2), 11_500)).toEqual({
    at: 0,
    length: 5_500,
    open: 13,
    idle: 4,
    opened: 1,
    requests: 3,
    reused: 2,
    reasons: {},
  })
  expect(history.samples.map(({ opened, reasons }) => [opened, reasons])).toEqual([
    [4, { drain: 2 }],
    [1, {}],
  ])
})

test('a quarter of an hour is kept, and no more', () => {
  const history = new History(totals(0, 0, 0), 0)
  for (let i = 1; i <= mostSamples + 5; i++) history.take(totals(i * i, 0, 0), i * 5_000)
  expect(history.samples).toHaveLength(mostSamples)
  expect(history.samples[0]!.opened).toBe(6 * 6 - 5 * 5)
})
