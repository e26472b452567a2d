import { describe, expect, test } from 'vitest'
import type { WorkerLine } from '../../../src/dashboard/messages.ts'
import { nameOf, sourceOf, tellSource, workerCells } from '../../../src/dashboard/page/workers.ts'
import { Rings, type Sample } from '../../../src/dashboard/samples.ts'
import { AllWorkers } from '../../../src/dashboard/workers/all.ts'
import { mergeHistories, mergeSummaries } from '../../../src/dashboard/workers/merge.ts'
import type { Heard, OtherWorkers } from '../../../src/dashboard/workers/others.ts'
import { toldClients } from '../../../src/dashboard/workers/self.ts'
import type { ClientRow } from '../../../src/stats/snapshot.ts'
import { snapshotOf } from '../../support/snapshots.ts'

const start = 1_700_000_040_000

const sample = (at: number, given: Partial<Sample> = {}): Sample => ({
  at: start + at,
  length: 5_000,
  open: 10,
  idle: 4,
  opened: 1,
  requests: 3,
  reused: 2,
  reasons: { drain: 1 },
  ...given,
})

const history = (...samples: Sample[]) => {
  const rings = new Rings()
  for (const each of samples) rings.add(each)
  return rings.all
}

const counts = { opened: 0, closed: 0, requests: 0, reused: 0, late: 0, dropped: 0 }

const line = (pid: number, given: Partial<WorkerLine> = {}): WorkerLine => ({
  pid,
  id: pid,
  since: 0,
  open: 3,
  idle: 2,
  requests: 40,
  minute: { ...counts, opened: 30 },
  quarterHour: { ...counts, requests: 40, reused: 30 },
  age: 0,
  ...given,
})

describe('histories of workers', () => {
  test('are added up by step, however their samples lie in it', () => {
    const [finest] = mergeHistories([
      history(sample(50), sample(5_050, { open: 12 })),
      history(sample(900, { open: 1 }), sample(5_060, { open: 2, length: 5_700 })),
    ])
    expect(finest).toEqual([
      sample(900, { open: 11, idle: 8, opened: 2, requests: 6, reused: 4, reasons: { drain: 2 } }),
      sample(5_060, {
        open: 14,
        idle: 8,
        opened: 2,
        requests: 6,
        reused: 4,
        reasons: { drain: 2 },
        length: 5_700,
      }),
    ])
  })

  test('a worker that took no sample in a step is still there, one that has ended is not', () => {
    const [finest] = mergeHistories([
      history(sample(50), sample(5_050), sample(10_050), sample(15_050)),
      history(sample(50, { open: 5 }), sample(10_050, { open: 7, opened: 8 })),
    ])
    expect(finest!.map(({ open, opened }) => [open, opened])).toEqual([
      [15, 2],
      [15, 1],
      [17, 9],
      [10, 1],
    ])
  })

  test('no more than a history has is kept', () => {
    const many = Array.from({ length: 400 }, (_, i) => sample(i * 5_000))
    for (const ring of mergeHistories([
      history(...many),
      history(...many.map((each) => ({ ...each, at: each.at - 400_000 }))),
    ]))
      expect(ring.length).toBeLessThanOrEqual(180)
  })
})

test('summaries are added up', () => {
  const summary = mergeSummaries([
    snapshotOf({ connections: { opened: 5, open: 2 } }),
    snapshotOf({ connections: { opened: 7, open: 1 } }),
  ])
  expect(summary).toMatchObject({ processes: 2, connections: { opened: 12, open: 3 } })
  expect(summary).not.toHaveProperty('clients')
})

describe('a new sample of all workers', () => {
  const others = (samples: (Sample | undefined)[]): OtherWorkers => {
    const heard = samples.map(
      (each, i): Heard => ({
        at: 0,
        state: {
          pid: i,
          id: i,
          summary: snapshotOf(),
          page: { open: 1, requests: 2 },
          ...(each && { sample: each }),
        },
      }),
    )
    return { heard } as unknown as OtherWorkers
  }

  test('waits until the others have told theirs', () => {
    const all = new AllWorkers(others([sample(5_090, { open: 1 })]))
    const own = sample(5_050)
    expect([all.sample(own), all.sample(own)]).toEqual([undefined, undefined])
    expect(all.sample(own)).toMatchObject({ open: 11, opened: 2 })
    expect(all.sample(undefined)).toBeUndefined()
    expect(all.samples[0]).toHaveLength(1)
  })

  test('has the connections of a busy worker, and nothing twice', () => {
    const all = new AllWorkers(others([sample(50, { open: 1 }), undefined]))
    const own = sample(5_050)
    for (let i = 0; i < 2; i++) all.sample(own)
    expect(all.sample(own)).toMatchObject({ open: 11, opened: 1, requests: 3 })
  })
})

describe('the beginning for a viewer', () => {
  const asked = (...answers: (readonly unknown[])[]): { others: OtherWorkers; times: () => number } => {
    let times = 0
    const all = async (): Promise<unknown> => answers[Math.min(times++, answers.length - 1)]!
    return { others: { heard: [], all } as unknown as OtherWorkers, times: () => times }
  }

  test('waits until all have taken the sample of the step under way', async () => {
    const [early, late] = [history(sample(50)), history(sample(50), sample(5_090))]
    const { others, times } = asked([early], [late])
    const all = new AllWorkers(others)
    await all.begin(() => late)
    expect(times()).toBe(2)
    expect(all.samples[0]!.map(({ open }) => open)).toEqual([20, 20])
  })

  test('does not wait for ever, and begins with its own where the others make no sense', async () => {
    const early = history(sample(50))
    const late = history(sample(50), sample(5_090))
    const busy = asked([early])
    const all = new AllWorkers(busy.others)
    await all.begin(() => late)
    expect(busy.times()).toBe(4)
    expect(all.samples[0]!.map(({ open }) => open)).toEqual([20, 10])
    await new AllWorkers(asked([]).others).begin(() => late)
    const broken = new AllWorkers(asked([[[null]]]).others)
    await broken.begin(() => early)
    expect(broken.samples).toEqual(early)
  })
})

test('a long client table is told in part, and its sums are right', () => {
  const row = (i: number): ClientRow => ({
    address: `client ${i}`,
    connections: 2,
    requests: 3,
    reused: 1,
    reasons: { drain: 1 },
    lastSeen: i,
  })
  const other = { ...row(0), address: null, connections: 7 }
  const told = toldClients({ rows: Array.from({ length: 10_004 }, (_, i) => row(i)), other })
  expect(told.rows).toHaveLength(10_000)
  expect(told.other).toEqual({
    ...row(10_003),
    address: null,
    connections: 15,
    requests: 15,
    reused: 5,
    reasons: { drain: 5 },
  })
  expect(toldClients({ rows: [row(1)], other })).toEqual({ rows: [row(1)], other })
})

describe('whose numbers they are', () => {
  const three = { rows: [line(11), line(12), line(13)] }

  test('of one process, of one worker, of several', () => {
    expect(sourceOf({ pid: 12 }, {})).toBe('process 12')
    expect(sourceOf({ pid: 12 }, { workers: { rows: [line(12)] } })).toBe('one worker, process 12')
    expect(sourceOf({ pid: 12 }, { workers: three })).toBe('sum of 3 workers')
    expect(nameOf(three, 12)).toBe('2 of 3, process 12')
    expect(tellSource(12, three)).toBe(
      'All numbers on this page are sums of 3 workers. This page comes from worker 2 of 3, process 12.',
    )
    expect(tellSource(12, { rows: [line(12)] })).toMatch(/one worker, process 12\. No other worker/)
    expect(tellSource(12, { rows: [line(12)], why: 'no folder' })).toBe(
      'All numbers are those of one worker, process 12: the page cannot reach the other workers (no folder). The tables may be those of another worker.',
    )
  })

  test('a worker has its own numbers, and says so when they are old', () => {
    expect(workerCells(line(11), 1, 120_000)).toEqual([
      '1, process 11',
      '3',
      '2',
      expect.stringMatching(/^75 ?%$/),
      '0.5',
      '40',
      '2 min',
    ])
    expect(workerCells(line(11, { age: 12_300 }), 1, 120_000)[0]).toBe('1, process 11: no answer for 12 s')
  })
})
