import type { Snapshot, Summary } from '../../stats/snapshot.ts'
import type { Update, WorkersLine } from '../messages.ts'
import { Rings, type Sample, type SamplesByRange, sampleEvery } from '../samples.ts'
import { addWorkers, mergeClientTables, mergeHistories, mergeSummaries, still } from './merge.ts'
import type { OtherWorkers, WorkerState } from './others.ts'
import { workerLine } from './self.ts'

/** Updates that a new sample waits for the others', which are taken at the same time and told a little later. */
const wait = 2

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

  async begin(own: SamplesByRange): Promise<void> {
    const others = await this.#others.all<SamplesByRange>('history')
    this.#waited = 0
    try {
      this.#rings = new Rings(mergeHistories([own, ...others]))
    } catch {
      this.#rings = new Rings(own)
    }
  }

  /** The sample of all, for a new one of this worker; `undefined` as long as the others' are waited for. */
  sample(own: Sample | undefined): Sample | undefined {
    if (!own || this.#waited++ < wait) return undefined
    this.#waited = 0
    const step = (at: number): number => Math.floor(at / sampleEvery)
    const sample = this.#others.heard.reduce<Sample>((sum, { state: { sample: other } }) => {
      if (!other) return sum
      return addWorkers(sum, step(other.at) === step(own.at) ? other : still(other, own.at))
    }, own)
    this.#rings.add(sample)
    return sample
  }

  close(): void {
    this.#others.close()
  }
}
