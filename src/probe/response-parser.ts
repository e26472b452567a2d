import { quote } from '../errors.ts'
import { ProbeFailure, tooLong } from './failure.ts'
import type { Response } from './response.ts'

/** A response of HTTP/1. */
export interface Http1Response extends Response {
  readonly version: '1.0' | '1.1'
  /** The bytes of its body. */
  readonly bytes: number
}

/** Sizes in bytes; lines and responses as numbers. */
export const bounds = { head: 32_768, body: 1_048_576, interim: 8 } as const

/** How the current body ends. */
type Framing = 'none' | 'length' | 'chunks' | 'close'

type State = 'status' | 'fields' | 'body' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'over'

/**
 * Parses HTTP/1 responses (RFC 9112) from the bytes of a connection. It trusts no server: heads, bodies and interim
 * responses are bounded, and only the head is kept.
 */
export class ResponseParser {
  readonly #bodyless: () => boolean
  #state: State = 'status'
  #line = ''
  #headBytes = 0
  #interim = 0
  #status = 0
  #version: Http1Response['version'] = '1.1'
  #headers = new Map<string, string>()
  #framing: Framing = 'none'
  /** Bytes of the body or of the chunk that are still missing. */
  #left = 0
  #bytes = 0

  /** @param bodyless - called once for each final response: whether it answers a HEAD request. */
  constructor(bodyless: () => boolean) {
    this.#bodyless = bodyless
  }

  /** Whether a response has begun and is incomplete. */
  get underWay(): boolean {
    return this.#state !== 'status' || this.#line !== ''
  }

  /**
   * Takes bytes and returns the responses that they complete.
   *
   * @throws ProbeFailure for bytes that are not HTTP/1, or exceed the limits.
   */
  push(bytes: Buffer): Http1Response[] {
    const whole: Http1Response[] = []
    for (let at = 0; at < bytes.length; ) {
      at = this.#step(bytes, at)
      if (this.#state === 'over') whole.push(this.#finish())
    }
    return whole
  }

  /** The server has ended the connection: returns the response whose body ends with it, if there is one. */
  end(): Http1Response | undefined {
    return this.#state === 'body' && this.#framing === 'close' ? this.#finish() : undefined
  }

  #step(bytes: Buffer, at: number): number {
    if (this.#state === 'body' || this.#state === 'chunk') return this.#skip(bytes, at)
    const end = bytes.indexOf(0x0a, at)
    const upTo = end < 0 ? bytes.length : end + 1
    this.#headBytes += upTo - at
    if (this.#headBytes > bounds.head) throw noHttp(`has a response head of over ${bounds.head} bytes`)
    this.#line += bytes.toString('latin1', at, upTo)
    // The first bytes show whether this is a status line; the end of the line may never come.
    if (
      this.#state === 'status' &&
      !/^\r?(?:\n|$|HTTP\/1\.)/.test(this.#line) &&
      !'HTTP/1.'.startsWith(this.#line)
    ) {
      throw foreign(this.#line)
    }
    if (end >= 0) {
      const line = this.#line.replace(/\r?\n$/, '')
      this.#line = ''
      this.#takeLine(line)
    }
    return upTo
  }

  #skip(bytes: Buffer, at: number): number {
    const size = Math.min(this.#left, bytes.length - at)
    this.#left -= size
    this.#bytes += size
    if (this.#bytes > bounds.body) {
      throw tooLong(bounds.body)
    }
    if (this.#left === 0) this.#state = this.#state === 'chunk' ? 'chunk-end' : 'over'
    return at + size
  }

  #takeLine(line: string): void {
    // RFC 9112 §2.2: a bare CR does not end a line and must be refused.
    if (line.includes('\r')) throw noHttp(`has a CR within a line: ${quote(line)}`)
    switch (this.#state) {
      case 'status':
        this.#takeStatus(line)
        break
      case 'fields':
        if (line === '') this.#takeHead()
        else this.#takeField(line)
        break
      case 'chunk-size':
        this.#takeChunkSize(line)
        break
      case 'chunk-end':
        if (line !== '') throw noHttp(`has a chunk that is longer than its size: ${quote(line)}`)
        this.#state = 'chunk-size'
        this.#headBytes = 0
        break
      default:
        // Trailers are ignored.
        if (line === '') this.#state = 'over'
    }
  }

  #takeStatus(line: string): void {
    // An extra line break after the previous response; RFC 9112 §2.2 asks servers to ignore these too.
    if (line === '') return
    const match = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/.exec(line)
    if (!match) throw foreign(line)
    this.#version = match[1] === '0' ? '1.0' : '1.1'
    this.#status = Number(match[2])
    this.#headers = new Map()
    this.#state = 'fields'
  }

  #takeField(line: string): void {
    const match = /^([!#$%&'*+\-.^_`|~\w]+):/.exec(line)
    if (!match) throw noHttp(`sends a line that is not a header: ${quote(line)}`)
    const name = match[1]!.toLowerCase()
    const value = trimmed(line.slice(match[0].length))
    const before = this.#headers.get(name)
    this.#headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }

  #takeHead(): void {
    this.#headBytes = 0
    if (this.#status < 200) {
      if (this.#status === 101) throw noHttp('switches protocols (101) unasked')
      if (++this.#interim > bounds.interim) throw noHttp('sends interim responses (1xx) without end')
      this.#state = 'status'
      return
    }
    this.#framing = this.#framingOf()
    this.#state = { none: 'over', length: 'body', chunks: 'chunk-size', close: 'body' }[
      this.#framing
    ] as State
    if (this.#framing === 'length' && this.#left === 0) this.#state = 'over'
  }

  /** RFC 9112 §6.3. */
  #framingOf(): Framing {
    const noContent = this.#bodyless() || this.#status === 204 || this.#status === 304
    if (noContent) return 'none'
    const codings = this.#headers.get('transfer-encoding')
    if (codings !== undefined) {
      this.#left = Number.POSITIVE_INFINITY
      return /(?:^|,)\s*chunked$/i.test(codings) ? 'chunks' : 'close'
    }
    const length = this.#headers.get('content-length')
    if (length === undefined) {
      this.#left = Number.POSITIVE_INFINITY
      return 'close'
    }
    // The same value twice is allowed.
    const [first = '', ...others] = membersOf(length)
    if (!/^\d{1,15}$/.test(first) || others.some((other) => other !== first)) {
      throw noHttp(`has a Content-Length that is not a number: ${quote(length)}`)
    }
    this.#left = Number(first)
    return 'length'
  }

  #takeChunkSize(line: string): void {
    const match = /^([\da-f]{1,8})[ \t]*(?:;|$)/i.exec(line)
    if (!match) throw noHttp(`has a chunk size that is not a number: ${quote(line)}`)
    this.#headBytes = 0
    this.#left = Number.parseInt(match[1]!, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'chunk'
  }

  #finish(): Http1Response {
    const connection = membersOf((this.#headers.get('connection') ?? '').toLowerCase())
    const persists =
      this.#version === '1.1' ? !connection.includes('close') : connection.includes('keep-alive')
    const response: Http1Response = {
      status: this.#status,
      version: this.#version,
      headers: this.#headers,
      keepsAlive: persists && this.#framing !== 'close',
      bytes: this.#bytes,
    }
    this.#state = 'status'
    this.#headBytes = 0
    this.#bytes = 0
    this.#left = 0
    this.#interim = 0
    return response
  }
}

/** The members of a list (RFC 9110 §5.6.1). */
const membersOf = (list: string): string[] => list.split(',').map(trimmed)

/** Without blanks at both ends. A regular expression for blanks at the end takes quadratic time. */
function trimmed(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

function noHttp(what: string): ProbeFailure {
  return new ProbeFailure(`the server does not speak valid HTTP/1.1: it ${what}`)
}

function foreign(line: string): ProbeFailure {
  if (isHttp2(line)) {
    return new ProbeFailure('the server speaks HTTP/2 only; measure it with --http2')
  }
  return new ProbeFailure(
    `the server does not speak HTTP/1.1: its answer begins with ${quote(line.trimEnd())}`,
  )
}

/** A frame that an HTTP/2 server begins with: SETTINGS (4) or GOAWAY (7), of the stream 0 (RFC 9113 §4.1). */
function isHttp2(bytes: string): boolean {
  const type = bytes.charCodeAt(3)
  return (type === 4 || type === 7) && bytes.slice(5, 9) === '\0\0\0\0'
}
