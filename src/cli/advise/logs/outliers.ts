import type { Entry } from './entry.ts'

/** Consecutive lines of one log are not further apart, and no request takes longer. In ms. */
const day = 86_400_000

/** So many consecutive lines that agree are right: the log has a gap, or several logs were joined. */
const agreeing = 3

/**
 * Drops single lines whose time is far from the others: one line from another century would make the log a century long.
 * Such lines are held back until the next lines agree or disagree with them, so only a few are ever held.
 */
export class Outliers {
  readonly #pass: (entry: Entry) => void
  readonly #spoil: (line: string) => void
  /** The end of the last accepted line, in Unix ms; NaN before the first. */
  #time = Number.NaN
  #held: { readonly entry: Entry; readonly line: string }[] = []

  /**
   * @param pass - gets each accepted entry.
   * @param spoil - gets each rejected line.
   */
  constructor(pass: (entry: Entry) => void, spoil: (line: string) => void) {
    this.#pass = pass
    this.#spoil = spoil
  }

  /** @param entry - copied if it is held back. */
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

  /** There are no more lines to compare with: the held-back lines are accepted. */
  settle(): void {
    if (Number.isNaN(this.#time)) this.#accept()
  }

  /** The log has ended. */
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
