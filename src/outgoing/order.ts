import type { OutgoingRow } from './snapshot.ts'

/** Those with most connections first. */
export function byConnections(a: OutgoingRow, b: OutgoingRow): number {
  return b.connections.opened - a.connections.opened || b.requests.total - a.requests.total
}
