import type { IdleEnd } from '../connection/observer.ts'
import { addUp, binCount, trimmed } from './histogram.ts'
import type { IdleGroups } from './snapshot.ts'

/** How many groups of clients there are: a power of two. */
export const groupCount = 16

/** One more than the octaves: the first count is of gaps below 1 ms. */
const octaveCount = octaveOf(binCount - 1) + 1

/** Octave 0 is below 1, octave n is [2^(n − 1), 2^n). */
function octaveOf(bin: number): number {
  return (bin + 3) >> 2
}

const ends = ['reused', 'clientClosed', 'cutOff'] as const

/**
 * Idle gaps once more, by group and octave. Their counts vary the more between groups, the more alike the gaps within a group
 * are.
 */
export class GroupedGaps {
  readonly count: number
  readonly #reused: Float64Array
  readonly #clientClosed: Float64Array
  readonly #cutOff: Float64Array

  /** @param count - of groups: a power of two. */
  constructor(count: number = groupCount) {
    this.count = count
    this.#reused = new Float64Array(count * octaveCount)
    this.#clientClosed = new Float64Array(count * octaveCount)
    this.#cutOff = new Float64Array(count * octaveCount)
  }

  /**
   * @param bin - of the histograms.
   * @param group - any whole number: groups are this modulo their count.
   */
  add(by: IdleEnd, bin: number, group: number): void {
    this.#of(by)[(group & (this.count - 1)) * octaveCount + octaveOf(bin)]!++
  }

  /** Puts each two neighbors into one group, the first half of them; the second half is empty then. */
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

  /** Not by a key: V8 looks those up anew each time. */
  #of(by: IdleEnd): Float64Array {
    if (by === 'reused') return this.#reused
    return by === 'clientClosed' ? this.#clientClosed : this.#cutOff
  }
}

/** Adds up group by group: connections of several processes, in the same group, are still drawn at random. */
export function mergeIdleGroups(all: readonly IdleGroups[]): IdleGroups {
  const length = Math.max(groupCount, ...all.map(({ reused }) => reused.length))
  const lists = (by: IdleEnd): number[][] =>
    Array.from({ length }, (_, group) => addUp(all.map((groups) => groups[by][group] ?? [])))
  return { reused: lists('reused'), clientClosed: lists('clientClosed'), cutOff: lists('cutOff') }
}
