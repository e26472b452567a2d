import { describe, expect, test } from 'vitest'
import { binOf } from '../../../src/stats/histogram.ts'
import { LedgerBench, type LedgerOptions } from '../../support/ledger.ts'
import { timeRatio } from '../../support/time-ratio.ts'

const bench = (options?: LedgerOptions): LedgerBench => new LedgerBench(options)

/** The bins of a histogram that holds just these values. */
function binsOf(...values: number[]): number[] {
  const bins: number[] = []
  for (const value of values) bins[binOf(value)] = (bins[binOf(value)] ?? 0) + 1
  return Array.from(bins, (count) => count ?? 0)
}

describe('an idle gap', () => {
  test.each([
    ['reused', 'a request', (b: LedgerBench, record) => b.begin(record)],
    ['reused', 'an upgrade', (_, record) => record.upgrade()],
    ['clientClosed', "the client's close", (b, record) => b.end(record, 'client-idle', 'client')],
    ['clientClosed', "the client's reset", (b, record) => b.end(record, 'client-reset', 'client')],
    ['cutOff', 'the idle timeout', (_, record) => record.close('idle-timeout')],
    ['cutOff', 'eviction', (_, record) => record.close('evicted')],
    ['cutOff', 'drain', (_, record) => record.close('drain')],
    ['cutOff', 'the network', (b, record) => b.end(record, 'error', 'network')],
    ['cutOff', 'detach', (_, record) => record.release()],
  ] as [keyof ReturnType<LedgerBench['snapshot']>['histograms']['idleGap'], string, Ending][])(
    'is %s by %s',
    (by, _, ending) => {
      const b = bench()
      const record = b.open()
      b.exchange(record)
      b.clock.pass(300)
      ending(b, record)
      b.clock.pass(5)
      if (record.state !== 'closed') b.end(record, 'client-abort', 'client')
      const { idleGap } = b.snapshot().histograms
      const empty = { count: 0, sum: 0, bins: [] }
      const none = { reused: empty, clientClosed: empty, cutOff: empty }
      expect(idleGap).toMatchObject({ ...none, [by]: { count: 1, sum: 300, bins: binsOf(300) } })
    },
  )
})

type Ending = (b: LedgerBench, record: ReturnType<LedgerBench['open']>) => void

describe('a near miss', () => {
  test.each([
    [65_000, 64_999, 0],
    [65_000, 65_500, 1],
    [0, 1_000_000, 0],
  ])('with an idle timeout of %d ms and a gap of %d: %d', (idleTimeout, gap, nearMisses) => {
    const b = bench({ idleTimeout })
    const record = b.open()
    b.exchange(record)
    b.clock.pass(gap)
    b.exchange(record)
    expect(b.snapshot().requests).toMatchObject({ reused: 1, nearMisses })
  })

  test('is measured against the timeout in force', () => {
    const b = bench()
    const record = b.open()
    b.exchange(record)
    b.clock.pass(20_000)
    b.idleTimeout = 10_000
    b.exchange(record)
    expect(b.snapshot()).toMatchObject({
      requests: { nearMisses: 1 },
      timeouts: { keepAliveTimeout: 10_000, keepAliveTimeoutBuffer: 1_000 },
    })
  })
})

test('a closed connection adds its age, its requests and its time to the first request', () => {
  const b = bench()
  const record = b.open()
  b.clock.pass(40)
  b.exchange(record)
  b.exchange(record)
  b.exchange(record)
  b.clock.pass(160)
  b.end(record, 'client-idle', 'client')
  b.end(b.open(), 'never-used', 'client')
  expect(b.snapshot().histograms).toMatchObject({
    age: { count: 2, sum: 200, bins: binsOf(0, 200) },
    requestsPerConnection: { count: 2, sum: 3, bins: binsOf(0, 3) },
    firstRequest: { count: 1, sum: 40, bins: binsOf(40) },
  })
})

test('a connection that was attached during a request has no gap before it', () => {
  const b = bench()
  const record = b.open(undefined, true)
  expect(b.snapshot().connections.states).toMatchObject({ new: 0, active: 1 })
  b.exchange(record)
  expect(b.snapshot()).toMatchObject({
    requests: { total: 1, reused: 0 },
    histograms: { firstRequest: { count: 0 } },
    connections: { states: { active: 0, idle: 1 } },
  })
})

test('late requests are classified by the last response', () => {
  const b = bench()
  b.open().arriveLate(2, true)
  b.open().arriveLate(1, false)
  expect(b.snapshot().requests).toMatchObject({ late: 3, lateAfterClose: 2 })
})

test('has the times of the snapshot, of the start, and of the last request of a client', () => {
  const b = bench()
  const begun = b.clock.wall()
  const record = b.open('192.0.2.7')
  b.clock.pass(1_000)
  b.exchange(record)
  b.clock.pass(500)
  const { takenAt, since, clients, processes } = b.snapshot()
  expect({ takenAt, since, processes }).toEqual({ takenAt: begun + 1_500, since: begun, processes: 1 })
  expect(clients.rows).toMatchObject([{ address: '192.0.2.7', lastSeen: begun + 1_000 }])
})

test('windows drop old counts, totals do not', () => {
  const b = bench()
  const record = b.open()
  b.exchange(record)
  b.exchange(record)
  b.clock.pass(10 * 60_000)
  b.exchange(record)
  record.drop(3)
  const snapshot = b.snapshot()
  expect(snapshot.requests.total).toBe(3)
  expect(snapshot.windows).toEqual({
    minute: { opened: 0, closed: 0, requests: 1, reused: 1, late: 0, dropped: 3 },
    quarterHour: { opened: 1, closed: 0, requests: 3, reused: 2, late: 0, dropped: 3 },
  })
})

test('is plain JSON', () => {
  const b = bench()
  b.exchange(b.open())
  const snapshot = b.snapshot()
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
})

test('a snapshot costs the same with 1,000 and with 100,000 connections', () => {
  const withConnections = (count: number): LedgerBench => {
    const b = bench()
    for (let n = 0; n < count; n++) {
      const record = b.open(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
      b.exchange(record, 3)
      b.exchange(record, 3)
    }
    expect(b.snapshot().connections.states.idle).toBe(count)
    return b
  }
  const [few, many] = [withConnections(1_000), withConnections(100_000)]
  // Visiting each connection would take 100 times as long; measured: 0.9 to 1 times.
  expect(
    timeRatio(
      () => many.snapshot(),
      () => few.snapshot(),
      101,
    ),
  ).toBeLessThan(2)
})
