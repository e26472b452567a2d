/** Longer lines are no access log's. */
const longest = 65_536

/**
 * Splits chunks of bytes into lines. Bytes are taken for characters one by one (latin1): that is the quickest, and all that is
 * read of a line is ASCII.
 *
 * @param take - gets each line, without its end; `undefined` for one that is too long.
 */
export class Lines {
  readonly #take: (line: string | undefined) => void
  #rest = ''
  #skips = false

  constructor(take: (line: string | undefined) => void) {
    this.#take = take
  }

  push(chunk: Buffer): void {
    const text = chunk.toString('latin1')
    let from = 0
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      this.#line(from === 0 && this.#rest !== '' ? this.#rest + text.slice(0, to) : text.slice(from, to))
      if (from === 0) this.#rest = ''
      from = to + 1
    }
    this.#rest += text.slice(from)
    if (this.#rest.length > longest) {
      if (!this.#skips) this.#take(undefined)
      this.#skips = true
      this.#rest = ''
    }
  }

  /** What comes after the last line's end is a line too. */
  end(): void {
    if (this.#rest !== '') this.#line(this.#rest)
    this.#rest = ''
  }

  #line(line: string): void {
    if (this.#skips) this.#skips = false
    else if (line.length > 0) this.#take(line.charCodeAt(line.length - 1) === 13 ? line.slice(0, -1) : line)
  }
}
