import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Frame, flag, frame, framesIn, requestHead, statusIn } from './h2-frames.ts'
import { eventually, within } from './within.ts'

export interface GoawaySeen {
  readonly last: number
  readonly code: number
}

export interface H2Options {
  readonly port: number
  readonly tls?: boolean
  /** It does not close its side at the server's FIN. */
  readonly neverCloses?: boolean
  /** It answers PINGs only when `answerPings()` is called. */
  readonly holdsPings?: boolean
  /** What each stream and the connection may receive, in bytes; 65,535 where left out. */
  readonly window?: number
}

/** An HTTP/2 client that is nothing but a socket: it writes frames and keeps those that come back. */
export class H2Client {
  readonly socket: Socket
  readonly frames: Frame[] = []
  ended: 'FIN' | 'RST' | undefined
  closed = false
  #rest: Buffer = Buffer.alloc(0)
  #next = 1
  #holdsPings: boolean

  private constructor(socket: Socket, neverCloses: boolean, holdsPings: boolean) {
    this.#holdsPings = holdsPings
    this.socket = socket
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('end', () => {
      this.ended ??= 'FIN'
      if (!neverCloses) socket.end()
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNRESET') this.ended ??= 'RST'
    })
    socket.on('close', () => {
      this.closed = true
    })
  }

  static async open(options: H2Options): Promise<H2Client> {
    const { port, tls = false, neverCloses = false, holdsPings = false, window } = options
    const tcp = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const socket = tls ? connectTls({ socket: tcp, rejectUnauthorized: false, ALPNProtocols: ['h2'] }) : tcp
    const client = new H2Client(socket, neverCloses, holdsPings)
    await within(
      5_000,
      'the connection',
      new Promise((done) => socket.once(tls ? 'secureConnect' : 'connect', done)),
    )
    const setting = Buffer.alloc(window === undefined ? 0 : 6)
    if (window !== undefined) {
      setting.writeUInt16BE(4)
      setting.writeUInt32BE(window, 2)
    }
    client.write(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame('SETTINGS', 0, 0, setting))
    if (window !== undefined) client.widen(window - 65_535)
    return client
  }

  write(...frames: Buffer[]): this {
    this.socket.write(Buffer.concat(frames))
    return this
  }

  /** How many requests it has made. */
  get asked(): number {
    return (this.#next - 1) / 2
  }

  /** A request, not yet written. */
  head({ method = 'GET', path = '/', agent }: Asked = {}): { stream: number; bytes: Buffer } {
    const stream = this.#next
    this.#next += 2
    const flags = flag.endHeaders | (method === 'GET' ? flag.endStream : 0)
    return { stream, bytes: frame('HEADERS', flags, stream, requestHead(method, path, agent)) }
  }

  /** Sends a request. @returns the id of its stream. */
  ask(asked?: Asked): number {
    const { stream, bytes } = this.head(asked)
    this.write(bytes)
    return stream
  }

  /** Sends that many requests in one write. @returns the ids of their streams. */
  askAtOnce(count: number, asked?: Asked): number[] {
    const heads = Array.from({ length: count }, () => this.head(asked))
    this.write(...heads.map(({ bytes }) => bytes))
    return heads.map(({ stream }) => stream)
  }

  /** Sends a request and waits for its response. */
  async get(asked?: Asked): Promise<number> {
    const stream = this.ask(asked)
    return this.answer(stream)
  }

  /** Sends a part of a body. */
  data(stream: number, bytes: number, end: boolean): this {
    return this.write(frame('DATA', end ? flag.endStream : 0, stream, Buffer.alloc(bytes)))
  }

  ping(): this {
    return this.write(frame('PING', 0, 0, Buffer.alloc(8)))
  }

  /** Answers the PINGs that came, and those to come. */
  answerPings(): void {
    this.#holdsPings = false
    for (const each of this.frames) this.#answerPing(each)
  }

  #answerPing({ name, flags, payload }: Frame): void {
    if (name === 'PING' && (flags & flag.ack) === 0) this.write(frame('PING', flag.ack, 0, payload))
  }

  /** Lets the connection receive more. */
  widen(bytes: number): this {
    const payload = Buffer.alloc(4)
    payload.writeUInt32BE(bytes)
    return this.write(frame('WINDOW_UPDATE', 0, 0, payload))
  }

  reset(stream: number, code: number): this {
    const payload = Buffer.alloc(4)
    payload.writeUInt32BE(code)
    return this.write(frame('RST_STREAM', 0, stream, payload))
  }

  goaway(code = 0): this {
    const payload = Buffer.alloc(8)
    payload.writeUInt32BE(code, 4)
    return this.write(frame('GOAWAY', 0, 0, payload))
  }

  /** Waits for the end of a stream. @returns its status. */
  async answer(stream: number, ms = 5_000): Promise<number> {
    await eventually(
      () => this.isOver(stream),
      () => `the answer on stream ${stream}: ${this.log()}`,
      ms,
    )
    return this.status(stream)
  }

  isOver(stream: number): boolean {
    return this.of(stream).some(
      ({ name, flags }) =>
        name === 'RST_STREAM' || ((name === 'DATA' || name === 'HEADERS') && (flags & flag.endStream) > 0),
    )
  }

  /** The status of a response; 0 where there is none. */
  status(stream: number): number {
    const head = this.of(stream).find(({ name }) => name === 'HEADERS')
    return head ? statusIn(head) : 0
  }

  /** What has come of a response's body. */
  body(stream: number): string {
    const data = this.of(stream).filter(({ name }) => name === 'DATA')
    return Buffer.concat(data.map(({ payload }) => payload)).toString()
  }

  of(stream: number): Frame[] {
    return this.frames.filter((each) => each.stream === stream)
  }

  get goaways(): GoawaySeen[] {
    return this.frames
      .filter(({ name }) => name === 'GOAWAY')
      .map(({ payload }) => ({ last: payload.readUInt32BE(0), code: payload.readUInt32BE(4) }))
  }

  async untilGoaway(ms = 5_000): Promise<GoawaySeen> {
    await eventually(
      () => this.goaways.length > 0,
      () => `GOAWAY: ${this.log()}`,
      ms,
    )
    return this.goaways[0]!
  }

  async untilEnd(ms = 5_000): Promise<'FIN' | 'RST'> {
    await eventually(
      () => this.ended !== undefined,
      () => `the end: ${this.log()}`,
      ms,
    )
    return this.ended!
  }

  async untilClosed(ms = 5_000): Promise<void> {
    await eventually(
      () => this.closed,
      () => `the close: ${this.log()}`,
      ms,
    )
  }

  /** What has come, in short. */
  log(): string {
    const told = this.frames.map(({ name, stream, flags }) => `${name}${stream ? `#${stream}` : ''}/${flags}`)
    return `${told.join(' ')} | ${this.ended ?? 'open'}`
  }

  close(): void {
    this.socket.destroy()
  }

  #read(bytes: Buffer): void {
    const { frames, rest } = framesIn(Buffer.concat([this.#rest, bytes]))
    this.#rest = Buffer.from(rest)
    for (const each of frames) {
      this.frames.push(each)
      if (each.name === 'SETTINGS' && (each.flags & flag.ack) === 0)
        this.write(frame('SETTINGS', flag.ack, 0))
      if (!this.#holdsPings) this.#answerPing(each)
    }
  }
}

export interface Asked {
  /** POST leaves the stream open for a body. */
  readonly method?: 'GET' | 'POST'
  readonly path?: string
  /** User-Agent. */
  readonly agent?: string
}
