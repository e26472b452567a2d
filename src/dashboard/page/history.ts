import { Rings, type Sample, type SamplesByRange } from '../samples.ts'

/** The samples of the last 6 hours, as they come. */
export class Recent {
  #rings = new Rings()

  get samples(): SamplesByRange {
    return this.#rings.all
  }

  begin(samples: SamplesByRange): void {
    this.#rings = new Rings(samples)
  }

  add(sample: Sample | undefined): void {
    if (sample) this.#rings.add(sample)
  }
}
