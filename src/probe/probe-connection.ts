import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { TimelineEvent } from '../timeline.ts'
import { ProbeFailure, socketFailure, tooSlow } from './failure.ts'
import type { How, ProbeTimeline } from './report.ts'
import { type Response, ResponseParser } from './response-parser.ts'
import type { Session } from './session.ts'

export interface OpenOptions {
  /** Protocols offered by ALPN; `http/1.1` unless said. */
  readonly alpn?: readonly string[]
}

/** How and when the server ended a connection. */
export interface Ending {
  readonly how: How
  /** By the clock. */
  readonly at: number
}

/** A response and when it was whole. */
export interface Answer {
  readonly response: Response
  readonly at: number
}

/** What came first of an answer and the connection's end. */
export type Outcome =
  | { readonly answer: Answer; readonly ending?: undefined }
  | { readonly answer?: undefined; readonly ending: Ending }

/** Events kept of a connection: so many of its beginning, and as many of its end. */
const keptEvents = 24

/** A TLS record with an alert is that long at least: header, two bytes, and in TLS 1.3 type and tag. */
const alertRecord = 7

/** One connection of the probe: a raw HTTP/1.1 client that sends requests as told and notes all that happens. */
export class ProbeConnection {
  readonly #session: Session
  readonly #parser: ResponseParser
  readonly #began: number
  readonly #firstEvents: TimelineEvent[] = []
  readonly #lastEvents: TimelineEvent[] = []
  #omitted = 0
  /** TCP, and what requests are written to: the same without TLS. */
  #raw: Socket | undefined
  #socket: Socket | undefined
  /** Methods of requests not yet answered. */
  readonly #asked: string[] = []
  readonly #answers: Answer[] = []
  #unasked: Response | undefined
  #ending: Ending | undefined
  #failure: Error | undefined
  #seenByte = false
  #wasReset = false
  /** What TCP had read when the last bytes came out of TLS. */
  #rawAtData = 0
  readonly #waiters = new Set<() => void>()
  connectTime = 0
  tlsTime: number | null = null
  /** The protocol chosen by ALPN. */
  alpn: string | null = null

  constructor(session: Session) {
    this.#session = session
    this.#began = session.options.clock.now()
    this.#parser = new ResponseParser(() => this.#asked[0] === 'HEAD')
  }

  get ending(): Ending | undefined {
    return this.#ending
  }

  /** The connection's events so far. */
  timeline(title: string): ProbeTimeline {
    return { title, events: this.#firstEvents, omitted: this.#omitted, last: this.#lastEvents }
  }

  /** Connects, and does the TLS handshake if the target has one. */
  async establish({ alpn = ['http/1.1'] }: OpenOptions = {}): Promise<void> {
    const { target, clock, insecure } = this.#session.options
    const { address, port, servername, where } = target
    const started = clock.now()
    const raw = connect({ host: address, port, allowHalfOpen: true })
    raw.setNoDelay(true)
    this.#raw = raw
    this.#watchErrors(raw)
    await this.#event(raw, 'connect', `a TCP connection to ${where}`)
    this.connectTime = clock.now() - started
    this.#note('connected', { detail: where })
    if (!target.tls) return this.#read(raw)

    const handshake = clock.now()
    const socket = connectTls({
      socket: raw,
      ALPNProtocols: [...alpn],
      rejectUnauthorized: !insecure,
      ...(servername !== undefined && { servername }),
    })
    this.#watchErrors(socket)
    this.#read(socket)
    await this.#event(socket, 'secureConnect', `the TLS handshake with ${where}`)
    this.tlsTime = clock.now() - handshake
    this.alpn = socket.alpnProtocol || null
    this.#note('secured', { detail: (socket as TLSSocket).getProtocol() ?? '' })
  }

  /**
   * Sends requests, all of them at once.
   *
   * @param options.end - whether our FIN goes right behind them.
   */
  send(count = 1, { version = '1.1', end = false }: { version?: '1.0' | '1.1'; end?: boolean } = {}): void {
    const { target, method, userAgent } = this.#session.options
    this.#session.spend(count)
    const request =
      `${method} ${target.path} HTTP/${version}\r\nHost: ${target.host}\r\nUser-Agent: ${userAgent}\r\n` +
      'Accept: */*\r\nConnection: keep-alive\r\n\r\n'
    for (let i = 0; i < count; i++) {
      this.#asked.push(method)
      this.#note('request', { detail: `${method} ${target.path}${version === '1.0' ? ' HTTP/1.0' : ''}` })
    }
    if (end) this.#note('fin', { by: 'client' })
    this.#socket?.[end ? 'end' : 'write'](request.repeat(count), 'latin1')
  }

  /** The next response, or the connection's end if that comes first. */
  async outcome(): Promise<Outcome> {
    const ms = this.#session.patience
    const outcome = await this.outcomeWithin(ms)
    if (!outcome) throw tooSlow(`a response from ${this.#session.options.target.where}`, ms)
    return outcome
  }

  /** The same; `undefined` if neither comes within that time. */
  async outcomeWithin(ms: number): Promise<Outcome | undefined> {
    return this.#wait<Outcome>(ms, () => {
      const answer = this.#answers.shift()
      if (answer) return { answer }
      // A response cut off by the end is a failure, not an end.
      return this.#ending && !this.#failure ? { ending: this.#ending } : undefined
    })
  }

  /** Sends a request and gives its response, with how long that took in ms; `undefined` if the server ends instead. */
  async ask(): Promise<{ readonly answer: Answer; readonly ms: number } | undefined> {
    const { clock } = this.#session.options
    const sent = clock.now()
    this.send()
    const { answer } = await this.outcome()
    return answer && { answer, ms: answer.at - sent }
  }

  /** Waits for the server to end the connection; `undefined` if it does not within that time. */
  async end(ms: number): Promise<Ending | undefined> {
    return this.#wait(ms, () => this.#ending)
  }

  /** Closes the connection, if it is still open. */
  destroy(): void {
    if (this.#socket?.writable) this.#note('fin', { by: 'client' })
    this.#socket?.destroy()
    this.#raw?.destroy()
  }

  #read(socket: Socket): void {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => this.#take(bytes))
    socket.on('end', () => this.#ended())
    socket.once('close', () => {
      this.#note('closed')
      // Without an end before: we have destroyed it, and nobody waits any more.
      this.#end('fin')
    })
  }

  #take(bytes: Buffer): void {
    if (!this.#seenByte) this.#note('first-byte', { by: 'server' })
    this.#seenByte = true
    this.#rawAtData = this.#raw?.bytesRead ?? 0
    if (this.#failure) return
    try {
      for (const response of this.#parser.push(bytes)) this.#answer(response)
    } catch (error) {
      this.#fail(error as Error)
    }
    this.#wake()
  }

  #answer(response: Response): void {
    this.#note('response', { detail: describe(response) })
    if (this.#asked.shift() !== undefined) {
      this.#answers.push({ response, at: this.#session.options.clock.now() })
    } else if (this.#unasked) {
      this.#fail(new ProbeFailure('the server sends responses that nobody asked for'))
    } else {
      this.#unasked = response
    }
  }

  #ended(): void {
    const last = this.#parser.end()
    if (last) this.#answer(last)
    const alerted = this.#session.options.target.tls && this.#raw!.bytesRead - this.#rawAtData >= alertRecord
    this.#note('fin', { by: 'server', ...(alerted && { detail: 'close_notify' }) })
    if (this.#parser.underWay) {
      this.#fail(new ProbeFailure('the server ends the connection in the middle of a response'))
    }
    this.#end(alerted ? 'close-notify' : 'fin')
    if (this.#socket?.writable) {
      this.#note('fin', { by: 'client' })
      this.#socket.end()
    }
  }

  #end(how: How): void {
    const at = this.#session.options.clock.now()
    this.#ending ??= { how: this.#unasked?.status === 408 ? '408' : how, at }
    this.#wake()
  }

  #watchErrors(socket: Socket): void {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const established = this.#socket !== undefined && !this.#socket.connecting && this.#secured()
      // A write to a connection that is already reset says EPIPE.
      if (established && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
        if (!this.#wasReset) this.#note('reset', { by: 'server' })
        this.#wasReset = true
        this.#end('reset')
      } else {
        this.#fail(socketFailure(error, this.#session.options.target.where, established))
      }
    })
  }

  #secured(): boolean {
    return !this.#session.options.target.tls || this.tlsTime !== null
  }

  /** The first failure stands: what follows it are its consequences. */
  #fail(failure: Error): void {
    this.#failure ??= failure
    this.#wake()
  }

  async #event(socket: Socket, event: 'connect' | 'secureConnect', what: string): Promise<void> {
    let happened = false
    socket.once(event, () => {
      happened = true
      this.#wake()
    })
    const ms = this.#session.patience
    const done = await this.#wait(ms, () => {
      if (!happened && this.#ending) throw new ProbeFailure(`${what} is ended by the server`)
      return happened || undefined
    })
    if (!done) throw tooSlow(what, ms)
  }

  /** Looks whenever something happens; `undefined` once the time is over. */
  async #wait<T>(ms: number, ready: () => T | undefined): Promise<T | undefined> {
    const { clock, signal } = this.#session.options
    const deadline = clock.now() + ms
    for (;;) {
      this.#session.checkInterrupted()
      const result = ready()
      if (result !== undefined) return result
      if (this.#failure) throw this.#failure
      const left = deadline - clock.now()
      if (left <= 0) return undefined
      await new Promise<void>((done) => {
        const finish = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', finish)
          this.#waiters.delete(finish)
          done()
        }
        const timer = setTimeout(finish, left)
        signal.addEventListener('abort', finish)
        this.#waiters.add(finish)
      })
    }
  }

  #wake(): void {
    for (const wake of this.#waiters) wake()
  }

  #note(event: TimelineEvent['event'], more: Pick<TimelineEvent, 'by' | 'detail'> = {}): void {
    const at = this.#session.options.clock.now() - this.#began
    if (this.#firstEvents.length < keptEvents) {
      this.#firstEvents.push({ at, event, ...more })
      return
    }
    this.#lastEvents.push({ at, event, ...more })
    if (this.#lastEvents.length > keptEvents) {
      this.#lastEvents.shift()
      this.#omitted++
    }
  }
}

function describe({ status, headers, keepsAlive }: Response): string {
  const keepAlive = headers.get('keep-alive')
  const said = keepsAlive ? keepAlive && `Keep-Alive: ${keepAlive}` : 'Connection: close'
  return said ? `${status}, ${said}` : String(status)
}
