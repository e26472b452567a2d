import { setTimeout as sleep } from 'node:timers/promises'
import type { Snapshot, Summary } from '../../stats/snapshot.ts'
import type { Update, WorkersLine } from '../messages.ts'
import { Rings, type Sample, type SamplesByRange, sampleEvery } from '../samples.ts'
import { addWorkers, mergeClientTables, mergeHistories, mergeSummaries, still } from './merge.ts'
import type { OtherWorkers, WorkerState } from './others.ts'
import { workerLine } from './self.ts'

/** Updates that a new sample waits for the others', which are taken at the same time and told a little later. */
const wait = 2

/** All workers take their samples at about the same time. In between some have theirs: then they are asked again, in ms. */
const betweenTries = 200
const mostTries = 4

const stepOf = ({ at }: Sample): number => Math.floor(at / sampleEvery)

/** Whether all have the same latest step: one that had it alone would be counted twice, or not at all. */
function endAlike(all: readonly SamplesByRange[]): boolean {
  const ends = new Set(all.flatMap(([finest]) => finest?.slice(-1).map(stepOf) ?? []))
  return all.length > 0 && ends.size <= 1
}

/** The numbers of this worker and the others, added up. */
export class AllWorkers {
  readonly #others: OtherWorkers
  #rings = new Rings()
  /** How many updates the sample to come has waited for. */
  #waited = 0

  constructor(others: OtherWorkers) {
    this.#others = others
  }

  refresh(): Promise<void> {
    return this.#others.refresh()
  }

  summary(own: Summary): Summary {
    const others = this.#others.heard.map(({ state }) => state.summary)
    return others.length === 0 ? own : mergeSummaries([own, ...others])
  }

  async clients(own: Snapshot['clients'], summary: Summary): Promise<Snapshot['clients']> {
    const others = await this.#others.all<Snapshot['clients']>('clients')
    try {
      return others.length === 0 ? own : mergeClientTables(summary, [own, ...others])
    } catch {
      return own
    }
  }

  page(own: Update['page']): Update['page'] {
    return this.#others.heard.reduce(
      (sum, { state: { page } }) => ({ open: sum.open + page.open, requests: sum.requests + page.requests }),
      own,
    )
  }

  /** @param now - Unix time in ms. */
  lines(own: WorkerState, now: number): WorkersLine {
    const all = [{ state: own, at: now }, ...this.#others.heard]
    const { why } = this.#others
    return {
      rows: all.map((heard) => workerLine(heard, now)).sort((a, b) => a.id - b.id),
      ...(why !== undefined && { why }),
    }
  }

  get samples(): SamplesByRange {
    return this.#rings.all
  }

  /** Begins with what all know so far. */
  async begin(own: () => SamplesByRange): Promise<void> {
    let all: SamplesByRange[] = []
    try {
      for (let tries = 0; tries < mostTries && !endAlike(all); tries++) {
        if (tries > 0) await sleep(betweenTries, undefined, { ref: false })
        const others = await this.#others.all<SamplesByRange>('history')
        all = [own(), ...others]
      }
      this.#rings = new Rings(mergeHistories(all))
    } catch {
      this.#rings = new Rings(own())
    }
    this.#waited = 0
  }

  /** The sample of all, for a new one of this worker; `undefined` as long as the others' are waited for. */
  sample(own: Sample | undefined): Sample | undefined {
    if (!own || this.#waited++ < wait) return undefined
    this.#waited = 0
    const sample = this.#others.heard.reduce<Sample>((sum, { state: { sample: other } }) => {
      if (!other) return sum
      return addWorkers(sum, stepOf(other) === stepOf(own) ? other : still(other, own.at))
    }, own)
    this.#rings.add(sample)
    return sample
  }

  close(): void {
    this.#others.close()
  }
}
