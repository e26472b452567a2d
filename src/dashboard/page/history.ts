import { mostSamples, type Sample } from '../history.ts'

/** The samples of the last quarter of an hour, as they come. */
export class Recent {
  #samples: Sample[] = []

  get samples(): readonly Sample[] {
    return this.#samples
  }

  begin(samples: readonly Sample[]): void {
    this.#samples = [...samples]
  }

  /** One that is known already is not taken twice. */
  add(sample: Sample | undefined): void {
    const last = this.#samples.at(-1)
    if (!sample || (last && sample.at <= last.at)) return
    this.#samples.push(sample)
    if (this.#samples.length > mostSamples) this.#samples.shift()
  }
}
