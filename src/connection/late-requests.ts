/** A request line as RFC 9112 §3 has it. */
const requestLine = /^[A-Z]{3,20} \S{1,8192} HTTP\/1\.[01]\r?$/

/** The most requests counted on one connection: it has got our FIN, so whatever goes on sending is no honest client. */
const most = 100

/** The longest head that is looked at, in characters. */
const longestHead = 16_384

/**
 * Counts the requests in what arrives after our FIN. A request counts once its request line has come. Bodies with a
 * length are passed over; behind a body of another form nothing more is counted.
 */
export class LateRequests {
  #text = ''
  /** Characters of a body that are still to come. */
  #body = 0
  /** The request line of the head at hand has been counted. */
  #inHead = false
  #count = 0
  #over = false

  /** @returns the requests that begin in these bytes. */
  read(bytes: Buffer): number {
    const before = this.#count
    const from = Math.min(this.#body, bytes.length)
    this.#body -= from
    if (!this.#over) this.#parse(bytes.toString('latin1', from))
    return this.#count - before
  }

  #parse(text: string): void {
    this.#text += text
    while (!this.#over && (this.#inHead ? this.#endHead() : this.#beginHead()));
    if (this.#text.length > longestHead) this.#end()
  }

  #beginHead(): boolean {
    const text = this.#text.replace(/^[\r\n]+/, '')
    const end = text.indexOf('\n')
    this.#text = text
    if (end < 0) return false
    if (requestLine.test(text.slice(0, end))) {
      this.#inHead = true
      if (++this.#count === most) this.#end()
    } else {
      this.#end()
    }
    return true
  }

  #endHead(): boolean {
    const end = /\r?\n\r?\n/.exec(this.#text)
    if (!end) return false
    const head = this.#text.slice(0, end.index)
    const rest = this.#text.slice(end.index + end[0].length)
    this.#inHead = false
    if (/\ntransfer-encoding:/i.test(head)) this.#end()
    const length = Number(/\ncontent-length: *(\d{1,15})/i.exec(head)?.[1] ?? 0)
    this.#text = rest.slice(length)
    this.#body = Math.max(0, length - rest.length)
    return true
  }

  #end(): void {
    this.#over = true
    this.#text = ''
  }
}
