import { Bins } from '../stats/histogram.ts'
import type { OutgoingConnection } from './connection.ts'
import { byConnections } from './order.ts'
import { type OpenNow, Row } from './row.ts'
import type { OutgoingRow } from './snapshot.ts'

/** The rows by origin: a fixed number, and one more for all origins that come when these are taken. */
export class Rows {
  readonly #most: number
  readonly #wall: () => number
  readonly #rows = new Map<string, Row>()
  readonly #other: Row

  constructor(most: number, wall: () => number) {
    this.#most = most
    this.#wall = wall
    this.#other = new Row(null, wall())
  }

  of(origin: string): Row {
    const known = this.#rows.get(origin)
    if (known) return known
    if (this.#rows.size >= this.#most) return this.#other
    const row = new Row(origin, this.#wall())
    this.#rows.set(origin, row)
    return row
  }

  /** @param open - some of the open connections, the oldest first. */
  snapshot(open: Iterable<OutgoingConnection>, now: number): { origins: OutgoingRow[]; other: OutgoingRow } {
    const byRow = new Map<Row, OpenNow>()
    for (const connection of open) {
      const { row, idleTime, age } = connection.at(now)
      let seen = byRow.get(row)
      if (!seen) {
        seen = { oldest: age, idle: new Bins() }
        byRow.set(row, seen)
      }
      if (idleTime !== undefined) seen.idle.add(idleTime)
    }
    const rows = Array.from(this.#rows.values(), (row) => row.toJson(byRow.get(row)))
    return { origins: rows.sort(byConnections), other: this.#other.toJson(byRow.get(this.#other)) }
  }
}
