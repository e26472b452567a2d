import type { IdleEnd } from '../connection/observer.ts'
import { addUp, binCount, trimmed } from './histogram.ts'
import type { IdleGroups } from './snapshot.ts'

/** How many groups there are: a power of two. */
export const groupCount = 16

/** One more than the octaves: the first count is of gaps below 1 ms. */
const octaveCount = octaveOf(binCount - 1) + 1

/** Octave 0 is below 1, octave n is [2^(n − 1), 2^n). */
function octaveOf(bin: number): number {
  return (bin + 3) >> 2
}

/**
 * Idle gaps once more, by group and octave: groups of clients, or of connections, drawn at random. Their counts vary the
 * more, the more alike the gaps of one client are.
 */
export class GroupedGaps {
  readonly #reused = new Float64Array(groupCount * octaveCount)
  readonly #clientClosed = new Float64Array(groupCount * octaveCount)
  readonly #cutOff = new Float64Array(groupCount * octaveCount)

  /**
   * @param bin - of the histograms.
   * @param group - any whole number: groups are this modulo 16.
   */
  add(by: IdleEnd, bin: number, group: number): void {
    this.#of(by)[(group & (groupCount - 1)) * octaveCount + octaveOf(bin)]!++
  }

  groups(): IdleGroups {
    const lists = (by: IdleEnd): number[][] =>
      Array.from({ length: groupCount }, (_, group) =>
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
  const lists = (by: IdleEnd): number[][] =>
    Array.from({ length: groupCount }, (_, group) => addUp(all.map((groups) => groups[by][group] ?? [])))
  return { reused: lists('reused'), clientClosed: lists('clientClosed'), cutOff: lists('cutOff') }
}
