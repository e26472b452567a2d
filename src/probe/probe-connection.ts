import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { EventLog } from './event-log.ts'
import { headerLines } from './extra-headers.ts'
import { ProbeFailure, socketFailure, tooSlow } from './failure.ts'
import { News } from './news.ts'
import type { How, ProbeTimeline } from './report.ts'
import { type Response, ResponseParser } from './response-parser.ts'
import type { Wire } from './wire.ts'

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

/** A TLS record with an alert is that long at least: header, two bytes, and in TLS 1.3 type and tag. */
const alertRecord = 7

/** One connection of the probe: a raw HTTP/1.1 client that sends requests as told and notes all that happens. */
export class ProbeConnection {
  readonly #wire: Wire
  readonly #parser: ResponseParser
  readonly #news: News
  readonly #events: EventLog
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
  connectTime = 0
  /** When TCP was connected, by the clock. */
  openedAt = 0
  tlsTime: number | null = null
  /** The protocol chosen by ALPN. */
  alpn: string | null = null

  constructor(wire: Wire) {
    this.#wire = wire
    this.#news = new News(wire)
    this.#events = new EventLog(wire.options.clock)
    this.#parser = new ResponseParser(() => this.#asked[0] === 'HEAD')
  }

  get ending(): Ending | undefined {
    return this.#ending
  }

  /** The connection's events so far. */
  timeline(title: string): ProbeTimeline {
    return { title, ...this.#events.kept() }
  }

  /** Connects, and does the TLS handshake if the target has one. */
  async establish({ alpn = ['http/1.1'] }: OpenOptions = {}): Promise<void> {
    const { target, clock, insecure, secureContext } = this.#wire.options
    const { address, port, servername, where } = target
    const started = clock.now()
    const raw = connect({ host: address, port, allowHalfOpen: true })
    raw.setNoDelay(true)
    this.#raw = raw
    this.#watchErrors(raw)
    await this.#event(raw, 'connect', `a TCP connection to ${where}`)
    this.openedAt = clock.now()
    this.connectTime = this.openedAt - started
    this.#events.note('connected', { detail: where })
    if (!target.tls) return this.#read(raw)

    const handshake = clock.now()
    const socket = connectTls({
      socket: raw,
      ALPNProtocols: [...alpn],
      rejectUnauthorized: !insecure,
      ...(secureContext && { secureContext }),
      // Without either Node takes a certificate for localhost. A server name is no address (RFC 6066 §3).
      ...(servername === undefined ? { host: address } : { servername }),
    })
    this.#watchErrors(socket)
    this.#read(socket)
    await this.#event(socket, 'secureConnect', `the TLS handshake with ${where}`)
    this.tlsTime = clock.now() - handshake
    this.alpn = socket.alpnProtocol || null
    this.#events.note('secured', { detail: (socket as TLSSocket).getProtocol() ?? '' })
  }

  /**
   * Sends requests, all of them at once.
   *
   * @param options.end - whether our FIN goes right behind them.
   */
  send(count = 1, { version = '1.1', end = false }: { version?: '1.0' | '1.1'; end?: boolean } = {}): void {
    const { target, method, userAgent, headers = [] } = this.#wire.options
    this.#wire.spend(count)
    const request =
      `${method} ${target.path} HTTP/${version}\r\n` + `${headerLines(headers, target.host, userAgent)}\r\n`
    for (let i = 0; i < count; i++) {
      this.#asked.push(method)
      this.#events.note('request', {
        detail: `${method} ${target.path}${version === '1.0' ? ' HTTP/1.0' : ''}`,
      })
    }
    if (end) this.#events.note('fin', { by: 'client' })
    this.#socket?.[end ? 'end' : 'write'](request.repeat(count), 'latin1')
  }

  /** The next response, or the connection's end if that comes first. */
  async outcome(): Promise<Outcome> {
    const ms = this.#wire.patience
    const outcome = await this.outcomeWithin(ms)
    if (!outcome)
      throw tooSlow(`a response from ${this.#wire.options.target.where}`, ms, this.#wire.options.maxWait)
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
    const { clock } = this.#wire.options
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
    if (this.#socket?.writable) this.#events.note('fin', { by: 'client' })
    this.#socket?.destroy()
    this.#raw?.destroy()
  }

  #read(socket: Socket): void {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => this.#take(bytes))
    socket.on('end', () => this.#ended())
    socket.once('close', () => {
      this.#events.note('closed')
      // Without an end before: the probe has destroyed it, and nothing waits any more.
      this.#end('fin')
    })
  }

  #take(bytes: Buffer): void {
    if (!this.#seenByte) this.#events.note('first-byte', { by: 'server' })
    this.#seenByte = true
    this.#rawAtData = this.#raw?.bytesRead ?? 0
    if (this.#failure) return
    try {
      for (const response of this.#parser.push(bytes)) this.#answer(response)
    } catch (error) {
      this.#fail(error as Error)
    }
    this.#news.tell()
  }

  #answer(response: Response): void {
    this.#events.note('response', { detail: describe(response) })
    if (this.#asked.shift() !== undefined) {
      this.#answers.push({ response, at: this.#wire.options.clock.now() })
    } else if (this.#unasked) {
      this.#fail(new ProbeFailure('the server sends unsolicited responses'))
    } else {
      this.#unasked = response
    }
  }

  #ended(): void {
    const last = this.#parser.end()
    if (last) this.#answer(last)
    const alerted = this.#wire.options.target.tls && this.#raw!.bytesRead - this.#rawAtData >= alertRecord
    this.#events.note('fin', { by: 'server', ...(alerted && { detail: 'close_notify' }) })
    if (this.#parser.underWay) {
      this.#fail(new ProbeFailure('the server ends the connection in the middle of a response'))
    }
    this.#end(alerted ? 'close-notify' : 'fin')
    if (this.#socket?.writable) {
      this.#events.note('fin', { by: 'client' })
      this.#socket.end()
    }
  }

  #end(how: How): void {
    const at = this.#wire.options.clock.now()
    this.#ending ??= { how: this.#unasked?.status === 408 ? '408' : how, at }
    this.#news.tell()
  }

  #watchErrors(socket: Socket): void {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const established = this.#socket !== undefined && !this.#socket.connecting && this.#secured()
      // A write to a connection that is already reset says EPIPE.
      if (established && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
        if (!this.#wasReset) this.#events.note('reset', { by: 'server' })
        this.#wasReset = true
        this.#end('reset')
      } else {
        this.#fail(socketFailure(error, this.#wire.options.target.where, established))
      }
    })
  }

  #secured(): boolean {
    return !this.#wire.options.target.tls || this.tlsTime !== null
  }

  /** The first failure stands: what follows it are its consequences. */
  #fail(failure: Error): void {
    this.#failure ??= failure
    this.#news.tell()
  }

  async #event(socket: Socket, event: 'connect' | 'secureConnect', what: string): Promise<void> {
    let happened = false
    socket.once(event, () => {
      happened = true
      this.#news.tell()
    })
    const ms = this.#wire.patience
    const done = await this.#wait(ms, () => {
      if (!happened && this.#ending) throw new ProbeFailure(`${what} is ended by the server`)
      return happened || undefined
    })
    if (!done) throw tooSlow(what, ms, this.#wire.options.maxWait)
  }

  /** Looks whenever something happens; `undefined` once the time is over. */
  #wait<T>(ms: number, ready: () => T | undefined): Promise<T | undefined> {
    return this.#news.until(ms, () => {
      const result = ready()
      if (result === undefined && this.#failure) throw this.#failure
      return result
    })
  }
}

function describe({ status, headers, keepsAlive }: Response): string {
  const keepAlive = headers.get('keep-alive')
  const said = keepsAlive ? keepAlive && `Keep-Alive: ${keepAlive}` : 'Connection: close'
  return said ? `${status}, ${said}` : String(status)
}
