import { Duplex } from 'node:stream'
import { frameFlag, frameType, wholeFrames } from './http2-frames.ts'

/** What an HTTP/2 client sends first (RFC 9113 §3.4). */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/**
 * Stands for the socket below Node's HTTP/2 client, which hides what the probe measures: at a GOAWAY Node's client answers
 * with one of its own and closes. Here the probe has the bytes first, and the server hears of no end but its own.
 */
export class Http2Bridge extends Duplex {
  readonly #send: (bytes: Buffer) => void
  readonly #onGoaway: (errorCode: number) => void
  #unsent: Buffer = Buffer.alloc(0)
  #begun = false
  #over = false
  /** From here on the probe answers PINGs itself: the client may be closed. */
  answersNoPing = false

  /**
   * @param send - to the server.
   * @param onGoaway - told when the client would go away, and for what error: the server is not told.
   */
  constructor(send: (bytes: Buffer) => void, onGoaway: (errorCode: number) => void) {
    super()
    this.#send = send
    this.#onGoaway = onGoaway
    // The client's errors are told by its session.
    this.on('error', () => {})
  }

  /** Bytes from the server. */
  receive(bytes: Buffer): void {
    if (!this.#over && !this.destroyed) this.push(bytes)
  }

  /** The server's end. */
  receiveEnd(): void {
    if (!this.#over && !this.destroyed) this.push(null)
    this.#over = true
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    let bytes: Buffer = Buffer.concat([this.#unsent, chunk])
    const out: Buffer[] = []
    if (!this.#begun && bytes.length >= preface.length) {
      this.#begun = true
      out.push(bytes.subarray(0, preface.length))
      bytes = bytes.subarray(preface.length)
    }
    if (this.#begun) {
      const { frames, rest } = wholeFrames(bytes)
      out.push(...frames.filter((frame) => this.#passes(frame)))
      bytes = rest
    }
    this.#unsent = bytes
    if (out.length > 0) this.#send(Buffer.concat(out))
    done()
  }

  #passes(frame: Buffer): boolean {
    const [type, flags] = [frame.readUInt8(3), frame.readUInt8(4)]
    if (type === frameType.goaway) {
      this.#onGoaway(frame.readUInt32BE(13))
      return false
    }
    return !(this.answersNoPing && type === frameType.ping && flags === frameFlag.ack)
  }
}
