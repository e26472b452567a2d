import type { ConnectionRecord } from './records.ts'

/** The time in which a process is known to have served, by its records. In Unix ms. */
export interface Life {
  readonly target: string
  /** When its first known connection opened. */
  from: number
  /** When its last known connection closed. */
  to: number
  /** When a drain last closed one; -Infinity where none did. */
  drainedAt: number
  records: number
}

/** Processes without a pid in their records: ids count up from 1 in each, which tells them apart. */
interface Unnamed {
  life: Life
  before: Life | undefined
  highest: number
  openedAt: number
}

/** Processes remembered, at most. */
const most = 2_000

/** Ages and times are rounded, and clocks are set. In ms. */
const tolerance = 50

/** When the processes lived that wrote the records. */
export class Lives {
  readonly all: Life[] = []
  readonly #named = new Map<string, Life>()
  readonly #unnamed = new Map<string, Unnamed>()

  see(record: ConnectionRecord): void {
    const opened = record.closedAt - record.age
    const life =
      record.process.trim() === '' ? this.#unnamedLife(record, opened) : this.#namedLife(record, opened)
    if (!life) return
    life.from = Math.min(life.from, opened)
    life.to = Math.max(life.to, record.closedAt)
    life.records++
    if (record.reason === 'drain') life.drainedAt = Math.max(life.drainedAt, record.closedAt)
  }

  #namedLife({ process, target }: ConnectionRecord, opened: number): Life | undefined {
    const key = `${process} ${target}`
    const known = this.#named.get(key)
    if (known) return known
    const life = this.#begin(target, opened)
    if (life) this.#named.set(key, life)
    return life
  }

  #unnamedLife({ id, target }: ConnectionRecord, opened: number): Life | undefined {
    const known = this.#unnamed.get(target)
    if (!known) {
      const life = this.#begin(target, opened)
      if (life) this.#unnamed.set(target, { life, before: undefined, highest: id, openedAt: opened })
      return life
    }
    // Of one process, a connection with a lower id opened earlier.
    if (id <= known.highest && opened > known.openedAt + tolerance) {
      const life = this.#begin(target, opened)
      if (life) this.#unnamed.set(target, { life, before: known.life, highest: id, openedAt: opened })
      return life
    }
    if (id > known.highest && opened < known.openedAt - tolerance) return known.before ?? known.life
    if (id > known.highest) {
      known.highest = id
      known.openedAt = opened
    }
    return known.life
  }

  #begin(target: string, opened: number): Life | undefined {
    if (this.all.length >= most) return undefined
    const life = { target, from: opened, to: opened, drainedAt: Number.NEGATIVE_INFINITY, records: 0 }
    this.all.push(life)
    return life
  }
}
