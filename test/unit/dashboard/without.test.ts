import { expect, test } from 'vitest'
import { clientsWithout, without } from '../../../src/dashboard/without.ts'
import { Aside } from '../../../src/stats/aside.ts'
import { Ledger } from '../../../src/stats/ledger.ts'
import type { ClientRow } from '../../../src/stats/snapshot.ts'
import { TestClock } from '../../support/clock.ts'

function ledgers() {
  const clock = new TestClock()
  const policy = { clients: 10, maskAddresses: false, keepAliveTimeoutBuffer: 1_000 }
  const source = { clock, policy, idleTimeout: () => 5_000, idleTimes: () => [] }
  return { clock, all: new Ledger(source), aside: new Ledger(source) }
}

test('what was set aside leaves nothing behind, and the rest is as if it had never been', () => {
  const { clock, all, aside } = ledgers()
  const alone = ledgers().all
  for (const ledger of [all, alone]) {
    const client = ledger.opened('new', '192.0.2.1', clock.now())
    ledger.requested(client, false, clock.now())
    ledger.moved('new', 'active')
    ledger.answered()
    ledger.moved('active', 'idle')
  }
  const client = all.opened('new', '127.0.0.1', clock.now())
  all.requested(client, false, clock.now())
  all.moved('new', 'active')
  const own = new Aside(all, aside, { state: 'active', address: '127.0.0.1', requests: 1, now: clock.now() })
  own.answered()
  own.moved('active', 'idle')
  clock.pass(2_000)
  own.idleEnded('reused', 2_000, 3)
  own.requested(client, true, clock.now())
  own.moved('idle', 'active')
  own.late(1, false)
  own.moved('active', 'closed')
  own.closed(
    { openedAt: clock.now() - 2_000, requests: 2, client },
    { reason: 'client-idle', closedBy: 'client' },
    clock.now(),
  )

  expect(all.summary().requests.total).toBe(3)
  expect(aside.summary().requests).toMatchObject({ total: 2, reused: 1, late: 1 })
  const { takenAt: _, ...left } = without(all.summary(), aside.summary())
  expect(left).toEqual({ ...alone.summary(), takenAt: undefined, ...left })
  expect(left.connections).toEqual(alone.summary().connections)
  expect(left.requests).toEqual(alone.summary().requests)
  expect(left.windows.minute).toEqual(alone.summary().windows.minute)
  const { reused } = left.histograms.idleGap
  expect([reused.count, reused.sum, reused.bins.every((count) => count === 0)]).toEqual([0, 0, true])
  expect(left.idleGroups.reused.flat().every((count) => count === 0)).toBe(true)
  expect(clientsWithout(all.snapshot().clients, aside.snapshot().clients).rows).toEqual(
    alone.snapshot().clients.rows.map((row) => ({ ...row, lastSeen: expect.any(Number) })),
  )
})

test('a client that does both keeps what is its own', () => {
  const row: ClientRow = {
    address: '127.0.0.1',
    connections: 5,
    requests: 9,
    reused: 4,
    reasons: { drain: 2 },
    lastSeen: 7,
  }
  const other: ClientRow = { ...row, address: null, connections: 0, requests: 0, reused: 0, reasons: {} }
  const mine = { ...row, connections: 2, requests: 3, reused: 1, reasons: { drain: 1 } }
  expect(clientsWithout({ rows: [row], other }, { rows: [mine], other }).rows).toEqual([
    { ...row, connections: 3, requests: 6, reused: 3, reasons: { drain: 1 } },
  ])
})

test('a client that has lost its row since is taken off what all without one have', () => {
  const row: ClientRow = {
    address: '127.0.0.1',
    connections: 2,
    requests: 3,
    reused: 1,
    reasons: { drain: 1 },
    lastSeen: 7,
  }
  const other: ClientRow = {
    ...row,
    address: null,
    connections: 9,
    requests: 8,
    reused: 4,
    reasons: { drain: 5 },
  }
  const none: ClientRow = { ...row, address: null, connections: 1, requests: 0, reused: 0, reasons: {} }
  expect(clientsWithout({ rows: [], other }, { rows: [row], other: none })).toEqual({
    rows: [],
    other: { ...other, connections: 6, requests: 5, reused: 3, reasons: { drain: 4 } },
  })
})
