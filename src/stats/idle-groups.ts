import type { IdleEnd } from '../connection/observer.ts'
import { addUp, binCount, trimmed } from './histogram.ts'
import type { IdleGroups } from './snapshot.ts'

/** Number of groups of clients: a power of two. */
export const groupCount = 16

/** One more than the number of octaves: the first count is for gaps below 1 ms. */
const octaveCount = octaveOf(binCount - 1) + 1

/** Octave 0 is below 1, octave n is [2^(n − 1), 2^n). */
function octaveOf(bin: number): number {
  return (bin + 3) >> 2
}

const ends = ['reused', 'clientClosed', 'cutOff'] as const

/**
 * Idle gaps by group and octave. The more the counts differ between groups, the more alike are the gaps within one group.
 */
export class GroupedGaps {
  readonly count: number
  readonly #reused: Float64Array
  readonly #clientClosed: Float64Array
  readonly #cutOff: Float64Array

  /** @param count - number of groups: a power of two. */
  constructor(count: number = groupCount) {
    this.count = count
    this.#reused = new Float64Array(count * octaveCount)
    this.#clientClosed = new Float64Array(count * octaveCount)
    this.#cutOff = new Float64Array(count * octaveCount)
  }

  /**
   * @param bin - the bin of the gap in a histogram.
   * @param group - any whole number; used modulo the number of groups.
   */
  add(by: IdleEnd, bin: number, group: number): void {
    this.#of(by)[(group & (this.count - 1)) * octaveCount + octaveOf(bin)]!++
  }

  /** Merges each two neighbors into one group. The groups are then in the first half, and the second half is empty. */
  halve(): void {
    for (const by of ends) {
      const counts = this.#of(by)
      for (let group = 0; group < this.count; group++)
        for (let octave = 0; octave < octaveCount; octave++) {
          const from = counts[group * octaveCount + octave]!
          counts[group * octaveCount + octave] = 0
          counts[(group >> 1) * octaveCount + octave]! += from
        }
    }
  }

  groups(): IdleGroups {
    const lists = (by: IdleEnd): number[][] =>
      Array.from({ length: this.count }, (_, group) =>
        trimmed(this.#of(by).subarray(group * octaveCount, (group + 1) * octaveCount)),
      )
    return { reused: lists('reused'), clientClosed: lists('clientClosed'), cutOff: lists('cutOff') }
  }

  /** Not an object with keys: V8 looks such a key up again each time. */
  #of(by: IdleEnd): Float64Array {
    if (by === 'reused') return this.#reused
    return by === 'clientClosed' ? this.#clientClosed : this.#cutOff
  }
}

/** Adds group by group. Groups are random in each process, so the merged groups are random too. */
export function mergeIdleGroups(all: readonly IdleGroups[]): IdleGroups {
  const length = Math.max(groupCount, ...all.map(({ reused }) => reused.length))
  const lists = (by: IdleEnd): number[][] =>
    Array.from({ length }, (_, group) => addUp(all.map((groups) => groups[by][group] ?? [])))
  return { reused: lists('reused'), clientClosed: lists('clientClosed'), cutOff: lists('cutOff') }
}
