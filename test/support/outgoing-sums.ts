import { expect } from 'vitest'
import type { OutgoingRow, OutgoingSnapshot } from '../../src/outgoing.ts'
import { sum } from './sums.ts'

/** The sums that hold within a snapshot of outgoing connections at any moment. */
export function outgoingAddsUp({ origins, other }: OutgoingSnapshot): void {
  for (const row of [...origins, other]) rowAddsUp(row)
}

function rowAddsUp({ origin, connections, requests, idleGaps, idleNow, age, via }: OutgoingRow): void {
  const name = String(origin)
  expect(connections.opened, name).toBe(connections.open + connections.closed + connections.released)
  expect(sum(connections.states), name).toBe(connections.open)
  expect(Math.min(...Object.values(connections.states)), name).toBeGreaterThanOrEqual(0)
  expect(sum(connections.closedBy), name).toBe(connections.closed)
  expect(sum(connections.askedBy), name).toBeLessThanOrEqual(connections.closed)
  expect(age.count, name).toBe(connections.closed)
  expect(sum(via), name).toBe(requests.total)
  expect(requests.lost, name).toBeLessThanOrEqual(requests.reused)
  // A request that is not the first either ended an idle gap or came behind another in a pipeline or on HTTP/2.
  expect(idleGaps.reused.count, name).toBeLessThanOrEqual(requests.reused)
  expect(idleNow.count, name).toBe(connections.states.idle)
  for (const { count, bins } of [...Object.values(idleGaps), age, idleNow])
    expect(sum(bins), name).toBe(count)
}
