import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KeepAliveError, keepAlive, mergeSnapshots } from '../../../src/index.ts'
import { closeReasons } from '../../../src/reasons.ts'
import type { Snapshot } from '../../../src/stats/snapshot.ts'
import { LedgerBench } from '../../support/ledger.ts'

const step = fc.record({
  act: fc.constantFrom('open', 'exchange', 'close', 'wait', 'late'),
  at: fc.nat(1_000),
})

/** Snapshots of ledgers with random traffic; times are whole numbers, so that sums are exact. */
const snapshot: fc.Arbitrary<Snapshot> = fc.array(step, { maxLength: 60 }).map((steps) => {
  const bench = new LedgerBench({ clients: 2_000 })
  const live: ReturnType<LedgerBench['open']>[] = []
  for (const { act, at } of steps) {
    const record = live[at % (live.length || 1)]
    if (act === 'open') live.push(bench.open(`10.0.0.${at % 50}`))
    else if (act === 'wait') bench.clock.pass(at)
    else if (act === 'late') record?.arriveLate(1, at % 2 === 0)
    else if (record && act === 'exchange') bench.exchange(record)
    else if (record) {
      bench.end(record, closeReasons[at % closeReasons.length]!, 'server')
      live.splice(live.indexOf(record), 1)
    }
  }
  return bench.snapshot()
})

describe('merging snapshots', () => {
  test('does not depend on order and grouping', () => {
    fc.assert(
      fc.property(snapshot, snapshot, snapshot, (a, b, c) => {
        const together = mergeSnapshots([a, b, c])
        expect(mergeSnapshots([mergeSnapshots([a, b]), c])).toEqual(together)
        expect(mergeSnapshots([a, mergeSnapshots([b, c])])).toEqual(together)
        expect(mergeSnapshots([c, a, b])).toEqual(together)
        expect(together.processes).toBe(3)
      }),
    )
  })

  test('one snapshot gives an equal one, and does not modify it', () => {
    fc.assert(
      fc.property(snapshot, (given) => {
        const before = structuredClone(given)
        expect(mergeSnapshots([given])).toEqual(given)
        mergeSnapshots([given, given])
        expect(given).toEqual(before)
      }),
    )
  })

  test('no snapshot gives zeros, which add nothing', () => {
    const none = mergeSnapshots([])
    expect(none).toMatchObject({ processes: 0, takenAt: 0, since: 0, requests: { total: 0 } })
    expect(none.timeouts).toEqual({ keepAliveTimeout: null, keepAliveTimeoutBuffer: null })
    const one = new LedgerBench().snapshot()
    expect(mergeSnapshots([none, one])).toEqual(one)
  })

  test('adds up all fields', () => {
    const make = (address: string): Snapshot => {
      const bench = new LedgerBench()
      const record = bench.open(address)
      bench.exchange(record)
      bench.clock.pass(500)
      bench.exchange(record)
      bench.end(record, 'client-idle', 'client')
      return bench.snapshot()
    }
    const merged = mergeSnapshots([make('192.0.2.1'), make('192.0.2.1'), make('192.0.2.2')])
    expect(merged).toMatchObject({
      processes: 3,
      timeouts: { keepAliveTimeout: 65_000, keepAliveTimeoutBuffer: 1_000 },
      connections: { opened: 3, closed: 3, open: 0, reasons: { 'client-idle': 3 }, closedBy: { client: 3 } },
      requests: { total: 6, reused: 3, answered: 6 },
      histograms: { idleGap: { reused: { count: 3, sum: 1_500 } }, age: { count: 3, sum: 1_500 } },
      windows: { minute: { opened: 3, requests: 6 }, quarterHour: { closed: 3, reused: 3 } },
    })
    expect(merged.clients.rows).toMatchObject([
      { address: '192.0.2.1', connections: 2, requests: 4, reused: 2, reasons: { 'client-idle': 2 } },
      { address: '192.0.2.2', connections: 1, requests: 2 },
    ])
  })

  test('covers all times, and omits a timeout that differs', () => {
    const [early, late] = [new LedgerBench(), new LedgerBench({ idleTimeout: 5_000 })]
    late.clock.pass(1_000)
    const { takenAt, since, timeouts } = mergeSnapshots([late.snapshot(), early.snapshot()])
    expect({ takenAt, since }).toEqual({ takenAt: late.clock.wall(), since: early.snapshot().since })
    expect(timeouts).toEqual({ keepAliveTimeout: null, keepAliveTimeoutBuffer: 1_000 })
  })

  test('keeps the 1,000 largest client rows, and all sums', () => {
    const each = Array.from({ length: 4 }, (_, process) => {
      const bench = new LedgerBench({ clients: 2_000 })
      for (let n = 0; n < 500; n++) bench.open(`10.${process}.${n >> 8}.${n & 255}`)
      bench.open('192.0.2.1')
      return bench.snapshot()
    })
    const { rows, other } = mergeSnapshots(each).clients
    expect(rows).toHaveLength(1_000)
    expect(rows[0]).toMatchObject({ address: '192.0.2.1', connections: 4 })
    expect(other).toMatchObject({ address: null, connections: 4 * 501 - 4 - 999 })
  })

  test.each([
    ['of which a part is missing', { connections: undefined }],
    ['of which a histogram is missing', { histograms: {} }],
    ['that was taken at no time', { takenAt: Number.POSITIVE_INFINITY }],
    ['that began at no time', { since: Number.NaN }],
  ])('refuses one %s', (_, damage) => {
    const good = new LedgerBench().snapshot()
    const merging = (): Snapshot => mergeSnapshots([good, { ...good, ...damage } as Snapshot])
    expect(merging).toThrow('mergeSnapshots() takes whole snapshots')
    expect(merging).toThrow(KeepAliveError)
  })

  test('adds names that only a later release knows', () => {
    const plain = new LedgerBench().snapshot()
    const later = structuredClone(plain) as { requests: Record<string, number> } & Snapshot
    later.requests.early = 5
    expect(mergeSnapshots([plain, later]).requests).toMatchObject({ early: 5, total: 0 })
  })
})

test('takes snapshots of version 1, which know nothing of HTTP/2', () => {
  const { requests, histograms, ...more } = new LedgerBench().snapshot()
  const { concurrent: _concurrent, refusedRetryable: _retryable, ...counts } = requests
  const { requestsAtOnce: _atOnce, ...others } = histograms
  const first = { ...more, version: 1, requests: counts, histograms: others } as unknown as Snapshot
  const bench = new LedgerBench()
  bench.ledger.atOnce(1)
  bench.ledger.atOnce(2)
  bench.ledger.refused(true)
  bench.ledger.refused(false)
  const merged = mergeSnapshots([first, bench.snapshot()])
  expect(merged.version).toBe(2)
  expect(merged.requests).toMatchObject({ concurrent: 1, refused: 2, refusedRetryable: 1 })
  expect(merged.histograms.requestsAtOnce).toMatchObject({ count: 2, sum: 3 })
})

test.each([[{ version: 3 }], [{}], [null], [undefined], ['x']])('refuses %j', (foreign) => {
  expect(() => mergeSnapshots([new LedgerBench().snapshot(), foreign as unknown as Snapshot])).toThrow(
    expect.objectContaining({ code: 'ERR_KEEPALIVE_SNAPSHOT_VERSION', name: 'KeepAliveError' }),
  )
})

test("the app's hints span those of all processes, and health checks add up", () => {
  const [one, other] = [new LedgerBench(), new LedgerBench()]
  for (const seconds of [30, 5]) one.ledger.hinted(seconds)
  other.ledger.hinted(300)
  one.open('10.0.0.1').check()
  other.open('10.0.0.1').check()
  const merged = mergeSnapshots([one.snapshot(), new LedgerBench().snapshot(), other.snapshot()])
  expect(merged.appHints).toEqual({ responses: 3, least: 5, most: 300 })
  expect(merged.clients.rows).toMatchObject([{ connections: 2, healthChecks: 2 }])
  expect(merged.clients.rows[0]).not.toHaveProperty('avoidable')
  expect(mergeSnapshots([]).appHints).toEqual({ responses: 0, least: null, most: null })
})

test.each([
  ['the kit', keepAlive(), 'Call snapshot() on what you passed'],
  ['the function', keepAlive().snapshot, 'Pass what snapshot() returns'],
  ['a promise', Promise.resolve({}), 'Await the promise'],
  ['the JSON', '{"version":2}', 'JSON.parse()'],
  ['nothing', undefined, 'Pass what snapshot() returned'],
])('says what to pass in place of %s', (_, given, remedy) => {
  expect(() => mergeSnapshots([given as unknown as Snapshot])).toThrow(
    expect.objectContaining({ remedy: expect.stringContaining(remedy) }),
  )
})
