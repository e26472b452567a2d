/** Types of frames (RFC 9113 §6). */
export const frameType = { data: 0, headers: 1, rstStream: 3, settings: 4, ping: 6, goaway: 7 } as const

/** Flags of frames: END_STREAM of DATA and HEADERS, ACK of SETTINGS and PING. */
export const frameFlag = { endStream: 1, ack: 1 } as const

/** In bytes. */
const headLength = 9

/** Bytes of a payload that are kept: those of a PING, or of a GOAWAY and the first words that it says. */
const kept = 136

/** One frame; of its payload no more than the beginning. */
export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  /** Of the whole payload, in bytes. */
  readonly length: number
  readonly payload: Buffer
}

/** Reads the frames of an HTTP/2 connection as they come. Its memory is bounded, whatever length they claim. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void
  #head = Buffer.alloc(0)
  #payload: Buffer[] = []
  #read = 0

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame
  }

  push(bytes: Buffer): void {
    let at = 0
    do {
      const missing = headLength - this.#head.length
      if (missing > 0) this.#head = Buffer.concat([this.#head, bytes.subarray(at, at + missing)])
      at = Math.min(bytes.length, at + missing)
      if (this.#head.length === headLength) at = this.#takePayload(bytes, at)
    } while (at < bytes.length)
  }

  #takePayload(bytes: Buffer, at: number): number {
    const length = this.#head.readUIntBE(0, 3)
    const part = bytes.subarray(at, at + length - this.#read)
    if (this.#read < kept) this.#payload.push(Buffer.from(part.subarray(0, kept - this.#read)))
    this.#read += part.length
    if (this.#read === length) {
      const frame = {
        type: this.#head.readUInt8(3),
        flags: this.#head.readUInt8(4),
        stream: this.#head.readUInt32BE(5) & 0x7fff_ffff,
        length,
        payload: Buffer.concat(this.#payload),
      }
      this.#head = Buffer.alloc(0)
      this.#payload = []
      this.#read = 0
      this.#onFrame(frame)
    }
    return at + part.length
  }
}

/** A whole frame. */
export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(headLength)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Cuts off the whole frames at the beginning of these bytes. @returns them, and what is left. */
export function wholeFrames(bytes: Buffer): { readonly frames: readonly Buffer[]; readonly rest: Buffer } {
  const frames: Buffer[] = []
  let rest = bytes
  while (rest.length >= headLength) {
    const length = headLength + rest.readUIntBE(0, 3)
    if (rest.length < length) break
    frames.push(rest.subarray(0, length))
    rest = rest.subarray(length)
  }
  return { frames, rest }
}

const errorNames = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

/** The name of an error code (RFC 9113 §7). */
export function errorName(code: number): string {
  return errorNames[code] ?? String(code)
}
