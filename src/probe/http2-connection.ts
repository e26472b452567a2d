import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { quote } from '../errors.ts'
import { cut, printable } from '../words.ts'
import { requestHeaders } from './extra-headers.ts'
import { noHttp2Offered, ProbeFailure, tooLong } from './failure.ts'
import { Http2Bridge } from './http2-bridge.ts'
import { errorName, type Frame, FrameReader, frame, frameFlag, frameType } from './http2-frames.ts'
import { rounded } from './numbers.ts'
import { type Outcome, ProbeConnection } from './probe-connection.ts'
import type { Goaway, How } from './report.ts'
import type { Response } from './response.ts'
import { bounds } from './response-parser.ts'
import type { Wire } from './wire.ts'

/** A request and its outcome so far. */
interface Request {
  readonly stream: ClientHttp2Stream | undefined
  response: Omit<Response, 'keepsAlive'> | undefined
  /** When the response was whole, by the clock. */
  answeredAt: number | undefined
  /** The error that the server has broken it off with. */
  brokenOffWith: number | undefined
  /** Nothing more will come. */
  over: boolean
}

/** Frames without an answer that a server may send: so many at once, and so many a second. */
const idleFrames = { burst: 1_000, perSecond: 10 } as const

const [noError, internalError, refusedStream] = [0, 2, 7]
const longestDebug = 80

/** How long after a refused request a GOAWAY may come, in ms. */
const goawaySoon = 1_000

/** An HTTP/2 client, by ALPN or by prior knowledge. Node speaks the protocol; the probe watches the frames. */
export class Http2Connection extends ProbeConnection {
  protected readonly protocols: readonly string[] = ['h2']
  readonly #bridge = new Http2Bridge(
    (bytes) => this.write(bytes),
    (errorCode) => {
      // Those of HTTP/2. An error of Node's own is an event of the session, which says more.
      if (errorCode !== noError && errorCode !== internalError) this.#givesUp(errorName(errorCode))
    },
  )
  readonly #frames = new FrameReader((each) => this.#takeFrame(each))
  readonly #requests: Request[] = []
  #session: ClientHttp2Session | undefined
  /** The beginning of what the server sends, until it is known to be HTTP/2. */
  #beginning: Buffer | undefined = Buffer.alloc(0)
  #goaway: (Omit<Goaway, 'closedAfter'> & { readonly at: number }) | undefined
  /** Frames since the last answer, which count less and less with time. */
  #unanswered = 0
  #countedAt: number

  constructor(wire: Wire) {
    super(wire)
    this.#countedAt = wire.options.clock.now()
  }

  get goaway(): Goaway | null {
    if (!this.#goaway) return null
    const { at, ...told } = this.#goaway
    return { ...told, closedAfter: this.closedAt === undefined ? null : rounded(this.closedAt - at) }
  }

  /** How many requests the server takes at once; `null` without a limit. */
  get maxConcurrentStreams(): number | null {
    const most = this.#session?.remoteSettings?.maxConcurrentStreams ?? 0xffff_ffff
    return most === 0xffff_ffff ? null : most
  }

  override async establish(): Promise<void> {
    await super.establish()
    const { target } = this.wire.options
    if (target.tls && this.alpn !== 'h2')
      throw noHttp2Offered(target.where, this.alpn === null ? 'none' : printable(cut(this.alpn, 40)))
    const session = connect(`${target.tls ? 'https' : 'http'}://${target.host}`, {
      createConnection: () => this.#bridge,
      settings: { enablePush: false },
    })
    this.#session = session
    session.on('error', (error: Error) => this.#givesUp(said(error)))
  }

  send(count = 1): void {
    const { target, method, userAgent, headers = [] } = this.wire.options
    this.wire.spend(count)
    const fields: Record<string, string | string[]> = { ':method': method, ':path': target.path }
    for (const [name, value] of requestHeaders(headers, target.host, userAgent)) {
      const field = name.toLowerCase() === 'host' ? ':authority' : name.toLowerCase()
      const before = fields[field]
      fields[field] = before === undefined ? value : [before, value].flat()
    }
    for (let i = 0; i < count; i++) {
      this.events.note('request', { detail: `${method} ${target.path}` })
      this.#request(fields)
    }
  }

  outcomeWithin(ms: number): Promise<Outcome | undefined> {
    return this.wait<Outcome>(ms, () => {
      const [first] = this.#requests
      if (!first?.over) return undefined
      const { response, answeredAt } = first
      if (response && answeredAt !== undefined) {
        this.#requests.shift()
        return { answer: { response: { ...response, keepsAlive: !this.ending }, at: answeredAt } }
      }
      // A response cut off by the end is a failure, not an end.
      if (response) throw new ProbeFailure('the server ends the connection in the middle of a response')
      if (!this.ending || this.failure) return undefined
      this.#requests.shift()
      return { ending: this.ending, refused: this.#isRefused(first) }
    })
  }

  /** Sends a PING. @returns how long its answer took; `null` if none came within that time. */
  async ping(ms: number): Promise<number | null> {
    const { clock } = this.wire.options
    const sent = clock.now()
    let took: number | undefined
    this.events.note('ping', { by: 'client' })
    this.#session?.ping((error) => {
      if (error) return
      took = clock.now() - sent
      this.events.note('ping', { by: 'server', detail: 'answer' })
      this.news.tell()
    })
    await this.wait(ms, () => took ?? this.ending?.at)
    return took ?? null
  }

  override destroy(): void {
    super.destroy()
    this.#session?.destroy()
    this.#bridge.destroy()
  }

  protected take(bytes: Buffer): void {
    if (this.#beginning) {
      this.#beginning = Buffer.concat([this.#beginning, bytes.subarray(0, 64)])
      if (!isHttp2(this.#beginning)) {
        const [line = ''] = this.#beginning.toString('latin1').split(/\r?\n/, 1)
        throw new ProbeFailure(`the server speaks no HTTP/2: its answer begins with ${quote(cut(line, 60))}`)
      }
      if (this.#beginning.length >= 9) this.#beginning = undefined
    }
    this.#frames.push(bytes)
    this.#bridge.receive(bytes)
  }

  protected takeEnd(): void {}

  protected override closedBy(how: How): How {
    this.#bridge.receiveEnd()
    return how
  }

  /** Node's client ends the session, by no fault of its own. */
  #givesUp(why: string): void {
    // After a GOAWAY with an error code too: that is an end, and no failure.
    if (!this.ending) this.fail(new ProbeFailure(`the server breaks HTTP/2: ${why}`))
  }

  #request(fields: Record<string, string | string[]>): void {
    let stream: ClientHttp2Stream | undefined
    try {
      if (!this.ending) stream = this.#session?.request(fields, { endStream: true })
    } catch (error) {
      throw new ProbeFailure(`the request cannot be sent over HTTP/2: ${said(error as Error)}`)
    }
    const request: Request = {
      stream,
      response: undefined,
      answeredAt: undefined,
      brokenOffWith: undefined,
      over: stream === undefined,
    }
    this.#requests.push(request)
    if (!stream) return
    let bytes = 0
    let interim = 0
    stream.on('headers', () => {
      if (++interim > bounds.interim)
        this.fail(new ProbeFailure('the server sends interim responses (1xx) without end'))
    })
    stream.on('response', (head) => {
      request.response = { status: Number(head[':status']), headers: fieldsOf(head) }
    })
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > bounds.body) this.fail(tooLong(bounds.body))
    })
    stream.on('error', () => {})
    stream.on('close', () => this.#over(request, stream))
  }

  #over(request: Request, stream: ClientHttp2Stream): void {
    request.over = true
    if (request.response && request.answeredAt !== undefined) {
      this.events.note('response', { detail: String(request.response.status) })
      this.#unanswered = 0
    } else if (this.#isRefused(request)) {
      void this.#awaitGoaway()
    } else if (!this.ending) {
      const { brokenOffWith } = request
      const name = errorName(brokenOffWith ?? stream.rstCode ?? noError)
      if (brokenOffWith !== undefined)
        this.fail(new ProbeFailure(`the server breaks off a response with ${name}`))
      // A session that is over says why by an event of its own.
      else if (!this.#session?.destroyed)
        this.fail(new ProbeFailure(`the server sends a response that HTTP/2 does not allow (${name})`))
    }
    this.news.tell()
  }

  /** A server that refuses a request and goes on is not to be measured. */
  async #awaitGoaway(): Promise<void> {
    const ending = await this.news.until(goawaySoon, () => this.ending).catch(() => null)
    if (ending === undefined)
      this.fail(new ProbeFailure('the server refuses a request with REFUSED_STREAM, and no GOAWAY follows'))
  }

  /** Node's own reset of a stream says less than the frames: it refuses what a GOAWAY does not. */
  #isRefused({ stream, brokenOffWith }: Request): boolean {
    // Without an id it was never sent.
    const id = stream?.id
    return id === undefined || brokenOffWith === refusedStream || (this.#goaway?.lastStreamId ?? id) < id
  }

  #takeFrame({ type, flags, stream, length, payload }: Frame): void {
    // DATA with bytes is bounded by them.
    if (type !== frameType.data || length === 0) this.#countFrame()
    if ((type === frameType.data || type === frameType.headers) && flags & frameFlag.endStream) {
      const request = this.#requests.find((each) => each.stream?.id === stream)
      if (request) request.answeredAt ??= this.wire.options.clock.now()
    } else if (type === frameType.rstStream) {
      const request = this.#requests.find((each) => each.stream?.id === stream)
      if (request && length >= 4) request.brokenOffWith = payload.readUInt32BE(0)
    } else if (type === frameType.goaway && length >= 8) {
      this.#takeGoaway(payload)
    } else if (type === frameType.ping && !(flags & frameFlag.ack) && this.#goaway && length === 8) {
      this.write(frame(frameType.ping, frameFlag.ack, 0, payload))
    }
  }

  #takeGoaway(payload: Buffer): void {
    const lastStreamId = payload.readUInt32BE(0) & 0x7fff_ffff
    const errorCode = errorName(payload.readUInt32BE(4))
    const debug = cut(payload.toString('latin1', 8), longestDebug) || null
    this.events.note('goaway', { by: 'server', detail: `last stream ${lastStreamId}, ${errorCode}` })
    const { at = this.wire.options.clock.now(), count = 0 } = this.#goaway ?? {}
    this.#goaway = { lastStreamId, errorCode, debug, count: count + 1, at }
    this.#bridge.answersNoPing = true
    if (!this.ending) this.endNow('goaway')
  }

  /** Of empty frames too: whoever sends them without end keeps a client busy for nothing. */
  #countFrame(): void {
    const now = this.wire.options.clock.now()
    const forgiven = ((now - this.#countedAt) / 1_000) * idleFrames.perSecond
    this.#countedAt = now
    this.#unanswered = Math.max(0, this.#unanswered - forgiven) + 1
    if (this.#unanswered > idleFrames.burst) throw new ProbeFailure('the server sends frames without end')
  }
}

/** Whether bytes may be the beginning of SETTINGS of the stream 0, a server's first frame (RFC 9113 §3.4). */
function isHttp2(bytes: Buffer): boolean {
  const head = [undefined, undefined, undefined, frameType.settings, 0, 0, 0, 0, 0]
  return head.every((byte, i) => byte === undefined || i >= bytes.length || bytes[i] === byte)
}

function fieldsOf(head: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const fields = Object.entries(head).filter(([name]) => !name.startsWith(':'))
  return new Map(
    fields.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)]),
  )
}

function said({ message }: Error): string {
  return printable(cut(message, 80))
}
