import type { Entry } from './entry.ts'

/** Lines of one log that follow each other are not further apart, and no request takes longer. In ms. */
const day = 86_400_000

/** So many lines that follow each other and agree are no mistake: the log has a gap, or is of several. */
const agreeing = 3

/**
 * Keeps out single lines with a time far from the others': one of them, in another century, would make the log that long.
 * What is far is held back until the lines after it agree or do not, so only a few are ever held.
 */
export class Outliers {
  readonly #pass: (entry: Entry) => void
  readonly #spoil: (line: string) => void
  /** When the last line that was passed on ended, in Unix ms; NaN before the first. */
  #time = Number.NaN
  #held: { readonly entry: Entry; readonly line: string }[] = []

  /**
   * @param pass - gets each entry that stands.
   * @param spoil - gets each line that does not.
   */
  constructor(pass: (entry: Entry) => void, spoil: (line: string) => void) {
    this.#pass = pass
    this.#spoil = spoil
  }

  /** @param entry - copied where it is held back. */
  take(entry: Entry, line: string): void {
    const { start, end } = entry
    if (!(end - start <= day)) {
      this.#spoil(line)
      return
    }
    if (Math.abs(end - this.#time) <= day) {
      if (this.#held.length > 0) this.#dismiss()
      this.#time = end
      this.#pass(entry)
      return
    }
    const before = this.#held.at(-1)
    if (before && Math.abs(end - before.entry.end) > day) this.#dismiss()
    this.#held.push({ entry: { ...entry }, line })
    if (this.#held.length >= agreeing) this.#accept()
  }

  /** No line can be waited for: where there are no others to compare with, what is held back stands. */
  settle(): void {
    if (Number.isNaN(this.#time)) this.#accept()
  }

  /** The log is over. */
  finish(): void {
    this.settle()
    this.#dismiss()
  }

  #accept(): void {
    for (const { entry } of this.#held) {
      this.#time = entry.end
      this.#pass(entry)
    }
    this.#held = []
  }

  #dismiss(): void {
    for (const { line } of this.#held) this.#spoil(line)
    this.#held = []
  }
}
