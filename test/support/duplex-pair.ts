import { Duplex } from 'node:stream'

/** Two ends of a connection without a socket. What one end writes, the other reads. */
export function duplexPair(): [Duplex, Duplex] {
  const left = new End()
  const right = new End()
  left.other = right
  right.other = left
  return [left, right]
}

class End extends Duplex {
  other: End | undefined
  #resume: (() => void) | undefined

  override _read(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const { other } = this
    if (!other || other.destroyed) done()
    else if (other.push(chunk)) done()
    else other.#resume = done
  }

  override _final(done: () => void): void {
    if (!this.other?.destroyed) this.other?.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.other?.destroyed) this.other?.push(null)
    done(error)
  }
}
