import { describe, expect, test } from 'vitest'
import { History } from '../../../src/dashboard/history.ts'
import { mostSamples, Rings, ranges, type Sample, sampleEvery } from '../../../src/dashboard/samples.ts'
import { snapshotOf } from '../../support/snapshots.ts'

const totals = (takenAt: number, opened: number, idle: number, drained: number) => ({
  ...snapshotOf({
    connections: { opened, open: opened - drained, states: { idle }, reasons: { drain: drained } },
    requests: { total: opened * 3, reused: opened * 2 },
  } as never),
  takenAt,
})

test('a sample has what happened since the one before', () => {
  const history = new History(totals(0, 10, 1, 0), 1_000)
  history.take(totals(5_000, 14, 3, 2), 6_000)
  expect(history.take(totals(10_500, 15, 4, 2), 11_500)).toEqual({
    at: 10_500,
    length: 5_500,
    open: 13,
    idle: 4,
    opened: 1,
    requests: 3,
    reused: 2,
    reasons: {},
  })
  expect(history.samples[0]!.map(({ opened, reasons }) => [opened, reasons])).toEqual([
    [4, { drain: 2 }],
    [1, {}],
  ])
})

describe('ranges', () => {
  const start = 1_700_000_040_000
  const sample = (i: number, given: Partial<Sample> = {}): Sample => ({
    at: start + i * sampleEvery,
    length: sampleEvery,
    open: 1,
    idle: 0,
    opened: 1,
    requests: 3,
    reused: 2,
    reasons: { drain: 1 },
    ...given,
  })
  const filled = (count: number): Rings => {
    const rings = new Rings()
    for (let i = 0; i < count; i++) rings.add(sample(i, { open: i % 24 === 5 ? 90 : 1 }))
    return rings
  }

  test('each covers its time, and no more is kept however long it goes on', () => {
    const rings = filled(10_000)
    expect(rings.all.map(({ length }) => length)).toEqual([mostSamples, mostSamples, mostSamples])
    const last = start + 9_999 * sampleEvery
    rings.all.forEach((ring, i) => {
      const { length, step } = ranges[i]!
      expect(last - ring[0]!.at).toBeLessThan(length)
      expect(last - ring[0]!.at).toBeGreaterThan(length - 2 * step)
    })
  })

  test('the same happened in each of them, and a short peak is in all', () => {
    // 15 minutes: the longest that all ranges know whole.
    const rings = filled(mostSamples)
    for (const [i, ring] of rings.all.entries()) {
      const sum = (value: (sample: Sample) => number): number =>
        ring.reduce((total, each) => total + value(each), 0)
      expect([
        sum(({ opened }) => opened),
        sum(({ requests }) => requests),
        sum(({ reused }) => reused),
        sum(({ reasons }) => reasons.drain!),
        sum(({ length }) => length),
      ]).toEqual([180, 540, 360, 180, 900_000])
      expect(Math.max(...ring.map(({ open }) => open))).toBe(90)
      const steps = ring.map(({ at }) => Math.floor(at / ranges[i]!.step))
      expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b))
    }
  })

  test('the one that is known already is not taken twice', () => {
    const rings = new Rings(filled(3).all)
    rings.add(sample(2))
    expect(rings.all.map((ring) => ring.reduce((total, { opened }) => total + opened, 0))).toEqual([3, 3, 3])
  })

  test('time goes on from where the clock was set back to', () => {
    const rings = filled(100)
    rings.add(sample(40))
    rings.add(sample(41))
    expect(rings.all[0]!.slice(-3).map(({ at }) => (at - start) / sampleEvery)).toEqual([39, 40, 41])
    for (const ring of rings.all) {
      const times = ring.map(({ at }) => at)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    }
  })
})
