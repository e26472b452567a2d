import type { IdleEnd } from '../connection/observer.ts'
import { addUp } from './histogram.ts'
import { GroupedGaps, mergeIdleGroups } from './idle-groups.ts'
import type { IdlePeriods, Snapshot } from './snapshot.ts'

/** Maximum number of periods. At least half of them are used once 16 s have passed. */
const maxPeriods = 32

/** The length of the first periods, in ms. */
const firstLength = 1_000

/**
 * Idle gaps by the period in which they ended. All periods have the same length. When all periods are used, each two
 * neighbors are merged and the length doubles. So the whole observation always has 16 to 32 periods.
 */
export class PeriodGaps {
  readonly #gaps = new GroupedGaps(maxPeriods)
  readonly #start: number
  #length = firstLength
  #period = 0

  /** @param now - the start of the observation, in ms. */
  constructor(now: number) {
    this.#start = now
  }

  /** Must be called before a gap is counted that ended a second or more after the gap before. */
  turn(now: number): void {
    while (now - this.#start >= maxPeriods * this.#length) {
      this.#gaps.halve()
      this.#length *= 2
    }
    this.#period = Math.max(0, Math.floor((now - this.#start) / this.#length))
  }

  /** @param bin - the bin of the gap in a histogram. */
  add(by: IdleEnd, bin: number): void {
    this.#gaps.add(by, bin, this.#period)
  }

  periods(): IdlePeriods {
    return { length: this.#length, ...this.#gaps.groups() }
  }
}

/**
 * Adds periods that cover the same time. The first period of a process that started later is moved back accordingly.
 *
 * @returns `undefined` if any snapshot has no periods: the sum would describe only some of the processes.
 */
export function mergeIdlePeriods(
  all: readonly Pick<Snapshot, 'since' | 'takenAt' | 'idlePeriods'>[],
): IdlePeriods | undefined {
  const periods = all.flatMap(({ since, idlePeriods }) => (idlePeriods ? [{ since, ...idlePeriods }] : []))
  if (all.length === 0 || periods.length < all.length) return undefined
  const since = Math.min(...all.map((each) => each.since))
  const takenAt = Math.max(...all.map((each) => each.takenAt))
  let length = Math.max(firstLength, ...periods.map((each) => each.length))
  while (takenAt - since >= maxPeriods * length) length *= 2
  const shifted = periods.map((process) => {
    const first = process.since - since
    const lists = (by: IdleEnd): number[][] => {
      const merged: number[][] = []
      for (const [i, counts] of process[by].entries()) {
        const at = Math.floor((first + i * process.length) / length)
        merged[at] = addUp([merged[at] ?? [], counts])
      }
      return Array.from({ length: maxPeriods }, (_, at) => merged[at] ?? [])
    }
    return { reused: lists('reused'), clientClosed: lists('clientClosed'), cutOff: lists('cutOff') }
  })
  return { length, ...mergeIdleGroups(shifted) }
}
