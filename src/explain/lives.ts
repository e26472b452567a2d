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
}

/** A connection that tells the processes of one name apart: in each, a connection with a lower id opened earlier. */
interface Checkpoint {
  readonly id: number
  readonly openedAt: number
}

/** Records with the same pid, host and target. A container's process is number 1 after each restart. */
interface Line {
  life: Life
  before: Life | undefined
  checkpoints: Checkpoint[]
  /** The latest records: a new process is noticed only at the first id that is too low. */
  latest: { readonly openedAt: number; readonly closedAt: number }[]
  /** When the last connection closed beside those. */
  settledTo: number
  records: number
  /** How often another process seemed to begin. */
  begun: number
}

/** Processes remembered, at most. */
const most = 2_000

const mostCheckpoints = 32

const mostLatest = 64

/** Ages and times are rounded, and clocks are set. In ms. */
const tolerance = 50

/** Where processes begin so often, several are mixed without a name. */
const mixedFrom = 5

/** When the processes lived that wrote the records. */
export class Lives {
  readonly all: Life[] = []
  readonly #lines = new Map<string, Line>()

  /** Targets of which several processes are mixed, and their records do not say of which they are. */
  get mixed(): ReadonlySet<string> {
    const lines = [...this.#lines.values()]
    return new Set(
      lines
        .filter(({ begun, records }) => begun >= mixedFrom && begun * 20 > records)
        .map(({ life }) => life.target),
    )
  }

  see(record: ConnectionRecord): void {
    const opened = record.closedAt - record.age
    const life = this.#lifeOf(record, opened)
    if (!life) return
    life.from = Math.min(life.from, opened)
    life.to = Math.max(life.to, record.closedAt)
    if (record.reason === 'drain') life.drainedAt = Math.max(life.drainedAt, record.closedAt)
  }

  #lifeOf({ id, process, target, closedAt }: ConnectionRecord, opened: number): Life | undefined {
    const key = `${process} ${target}`
    const line = this.#lines.get(key)
    if (!line) {
      const life = this.#begin(target, opened)
      if (life)
        this.#lines.set(key, {
          ...{ life, before: undefined, records: 1, begun: 0 },
          checkpoints: [{ id, openedAt: opened }],
          ...{ latest: [{ openedAt: opened, closedAt }], settledTo: Number.NEGATIVE_INFINITY },
        })
      return life
    }
    line.records++
    const { checkpoints } = line
    line.latest.push({ openedAt: opened, closedAt })
    if (checkpoints.some((each) => id <= each.id && opened > each.openedAt + tolerance)) {
      const life = this.#begin(target, opened)
      if (!life) return undefined
      // Connections that opened since were taken for the old process's.
      const own = line.latest
        .filter(({ openedAt }) => openedAt < opened - tolerance)
        .map((each) => each.closedAt)
      line.life.to = Math.max(line.settledTo, ...own)
      line.latest = line.latest.filter(({ openedAt }) => openedAt >= opened - tolerance)
      life.to = Math.max(...line.latest.map((each) => each.closedAt))
      line.settledTo = Number.NEGATIVE_INFINITY
      line.before = line.life
      line.life = life
      line.begun++
      line.checkpoints = [{ id, openedAt: opened }]
      return life
    }
    if (checkpoints.some((each) => id > each.id && opened < each.openedAt - tolerance))
      return line.before ?? line.life
    if (line.latest.length > mostLatest)
      line.settledTo = Math.max(line.settledTo, line.latest.shift()!.closedAt)
    if (id > checkpoints.at(-1)!.id) {
      checkpoints.push({ id, openedAt: opened })
      if (checkpoints.length > mostCheckpoints)
        line.checkpoints = checkpoints.filter((_, i) => i % 2 === 0 || i > 24)
    }
    return line.life
  }

  #begin(target: string, opened: number): Life | undefined {
    if (this.all.length >= most) return undefined
    const life = { target, from: opened, to: opened, drainedAt: Number.NEGATIVE_INFINITY }
    this.all.push(life)
    return life
  }
}
