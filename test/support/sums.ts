import { expect } from 'vitest'
import type { ConnectionInfo, KeepAlive } from '../../src/index.ts'
import type { Snapshot } from '../../src/stats/snapshot.ts'

export const sum = (counts: object = []): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

/** Requests on some connections together. */
export const requestsOf = (connections: readonly Pick<ConnectionInfo, 'requests'>[]): number =>
  connections.reduce((total, { requests }) => total + requests, 0)

/** The sums that hold within a snapshot at any moment. */
function addUp({ connections, requests, histograms, idleGroups, returns, clients }: Snapshot): void {
  const { idleGap, age, requestsPerConnection, firstRequest } = histograms
  expect(connections.opened).toBe(connections.open + connections.closed + connections.released)
  expect(sum(connections.states)).toBe(connections.open)
  expect(sum(connections.reasons)).toBe(connections.closed)
  expect(sum(connections.closedBy)).toBe(connections.closed)
  expect(sum(connections.appCloses)).toBe(connections.reasons.app)
  expect([age.count, requestsPerConnection.count]).toEqual([connections.closed, connections.closed])
  expect(firstRequest.count).toBeLessThanOrEqual(requests.total - requests.reused)
  // By HTTP/2 a session is reused without having been idle.
  expect(requests.reused - requests.concurrent).toBeLessThanOrEqual(idleGap.reused.count)
  expect(requests.concurrent).toBeLessThanOrEqual(requests.reused)
  expect(requests.refusedRetryable).toBeLessThanOrEqual(requests.refused)
  expect(requests.lateAfterClose).toBeLessThanOrEqual(requests.late)
  for (const { count, bins } of [...Object.values(idleGap), age, requestsPerConnection, firstRequest])
    expect(sum(bins)).toBe(count)
  for (const by of ['reused', 'clientClosed', 'cutOff'] as const)
    expect(sum(idleGroups[by].map(sum)), by).toBe(idleGap[by].count)
  // Of connections whose past is not known nobody says how long they wait.
  expect(histograms.idleNow.count).toBeLessThanOrEqual(Math.min(connections.states.idle, 1_000))
  expect(returns.gaps.count + returns.forgotten.count + returns.waiting.count).toBe(returns.timedOut)
  expect(returns.timedOut).toBeLessThanOrEqual(
    connections.reasons['idle-timeout'] + connections.states.closing + connections.released,
  )
  clientsAddUp({ connections, requests, clients })
}

function clientsAddUp({
  connections,
  requests,
  clients,
}: Pick<Snapshot, 'connections' | 'requests' | 'clients'>): void {
  const all = [...clients.rows, clients.other]
  const together = (name: 'connections' | 'requests' | 'reused'): number =>
    all.reduce((total, row) => total + row[name], 0)
  expect(together('connections')).toBe(connections.opened)
  expect(together('requests')).toBe(requests.total)
  expect(together('reused')).toBe(requests.reused)
  for (const [reason, count] of Object.entries(connections.reasons)) {
    const reasons = all.map((row) => row.reasons[reason as keyof Snapshot['connections']['reasons']] ?? 0)
    expect(sum(reasons), reason).toBe(count)
  }
}

/** Rule: the numbers add up. They do at any moment, and for a kit that is in use too. */
export function numbersAddUp(kit: KeepAlive): void {
  const snapshot = kit.snapshot()
  const live = kit.connections()
  addUp(snapshot)
  expect(live).toHaveLength(snapshot.connections.open)
  expect(live.filter(({ state }) => state === 'idle')).toHaveLength(snapshot.connections.states.idle)
}
