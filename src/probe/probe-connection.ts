import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { EventLog } from './event-log.ts'
import { ProbeFailure, socketFailure, tooSlow } from './failure.ts'
import { News } from './news.ts'
import type { Goaway, How, ProbeTimeline } from './report.ts'
import type { Response } from './response.ts'
import type { Wire } from './wire.ts'

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
  | { readonly answer: Answer; readonly ending?: undefined; readonly refused?: undefined }
  | {
      readonly answer?: undefined
      readonly ending: Ending
      /** HTTP/2: the server says that it has not processed the request, so any client may send it again. */
      readonly refused: boolean
    }

/** A TLS record with an alert is that long at least: header, two bytes, and in TLS 1.3 type and tag. */
const alertRecord = 7

/** One connection of the probe: a client that sends requests as told and notes all that happens. */
export abstract class ProbeConnection {
  protected readonly wire: Wire
  protected readonly news: News
  protected readonly events: EventLog
  /** TCP. */
  #raw: Socket | undefined
  /** What requests are written to: the same, or the TLS above it. */
  #socket: Socket | undefined
  #ending: Ending | undefined
  #closedAt: number | undefined
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
    this.wire = wire
    this.news = new News(wire)
    this.events = new EventLog(wire.options.clock)
  }

  /** Protocols offered by ALPN. */
  protected abstract readonly protocols: readonly string[]

  /**
   * Sends requests, all of them at once.
   *
   * @throws ProbeFailure if they are more than may be sent.
   */
  abstract send(count?: number): void

  /** The next response, or the connection's end if that comes first; `undefined` if neither comes within that time. */
  abstract outcomeWithin(ms: number): Promise<Outcome | undefined>

  /** The last GOAWAY of the server. */
  abstract readonly goaway: Goaway | null

  /** Takes what the server has sent. @throws ProbeFailure for what is no answer, or goes beyond the bounds. */
  protected abstract take(bytes: Buffer): void

  /** The server's half is over: takes what that completes. */
  protected abstract takeEnd(): void

  /** How the server has closed the connection, after what it has sent before. */
  protected closedBy(how: How): How {
    return how
  }

  /** The last request that the connection takes may be sent until then. */
  get ending(): Ending | undefined {
    return this.#ending
  }

  /** The connection's events so far. */
  timeline(title: string): ProbeTimeline {
    return { title, ...this.events.kept() }
  }

  /** Connects, and does the TLS handshake if the target has one. */
  async establish(): Promise<void> {
    const { target, clock, insecure, secureContext } = this.wire.options
    const { address, port, servername, where } = target
    const started = clock.now()
    const raw = connect({ host: address, port, allowHalfOpen: true })
    raw.setNoDelay(true)
    this.#raw = raw
    this.#watchErrors(raw)
    await this.#event(raw, 'connect', `a TCP connection to ${where}`)
    this.openedAt = clock.now()
    this.connectTime = this.openedAt - started
    this.events.note('connected', { detail: where })
    if (!target.tls) return this.#read(raw)

    const handshake = clock.now()
    const socket = connectTls({
      socket: raw,
      ALPNProtocols: [...this.protocols],
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
    this.events.note('secured', { detail: (socket as TLSSocket).getProtocol() ?? '' })
  }

  /** The next response, or the connection's end if that comes first. */
  async outcome(): Promise<Outcome> {
    const ms = this.wire.patience
    const outcome = await this.outcomeWithin(ms)
    if (!outcome)
      throw tooSlow(`a response from ${this.wire.options.target.where}`, ms, this.wire.options.maxWait)
    return outcome
  }

  /** Sends a request and gives its response, with how long that took in ms; `undefined` if the server ends instead. */
  async ask(): Promise<{ readonly answer: Answer; readonly ms: number } | undefined> {
    const { clock } = this.wire.options
    const sent = clock.now()
    this.send()
    const { answer } = await this.outcome()
    return answer && { answer, ms: answer.at - sent }
  }

  /** Waits for the server to end the connection, by GOAWAY too; `undefined` if it does not within that time. */
  async end(ms: number): Promise<Ending | undefined> {
    return this.wait(ms, () => this.#ending)
  }

  /** Waits for the server to close the connection itself; false if it does not within that time. */
  async closed(ms: number): Promise<boolean> {
    return (await this.wait(ms, () => this.#closedAt)) !== undefined
  }

  /** Closes the connection, if it is still open. */
  destroy(): void {
    if (this.#socket?.writable) this.events.note('fin', { by: 'client' })
    this.#socket?.destroy()
    this.#raw?.destroy()
  }

  protected get failure(): Error | undefined {
    return this.#failure
  }

  /** When the server closed the connection itself, by the clock. */
  protected get closedAt(): number | undefined {
    return this.#closedAt
  }

  protected write(bytes: Buffer): void {
    if (this.#socket?.writable) this.#socket.write(bytes)
  }

  /** Sends the client's FIN, right behind those bytes. */
  protected finish(bytes?: Buffer): void {
    if (!this.#socket?.writable) return
    this.events.note('fin', { by: 'client' })
    if (bytes) this.#socket.write(bytes)
    this.#socket.end()
  }

  /** The server takes no more requests. A GOAWAY is an end, and the close that follows it tells how it came. */
  protected endNow(how: How): void {
    this.#ending = { how, at: this.#ending?.at ?? this.wire.options.clock.now() }
    this.news.tell()
  }

  /** The first failure stands: what follows it are its consequences. */
  protected fail(failure: Error): void {
    this.#failure ??= failure
    this.news.tell()
  }

  /** Looks whenever something happens; `undefined` once the time is over. */
  protected wait<T>(ms: number, ready: () => T | undefined): Promise<T | undefined> {
    return this.news.until(ms, () => {
      const result = ready()
      if (result === undefined && this.#failure) throw this.#failure
      return result
    })
  }

  #read(socket: Socket): void {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => this.#take(bytes))
    socket.on('end', () => this.#ended())
    socket.once('close', () => {
      this.events.note('closed')
      // Without an end before: the probe has destroyed it, and nothing waits any more.
      this.#close('fin')
    })
  }

  #take(bytes: Buffer): void {
    if (!this.#seenByte) this.events.note('first-byte', { by: 'server' })
    this.#seenByte = true
    this.#rawAtData = this.#raw?.bytesRead ?? 0
    if (this.#failure) return
    try {
      this.take(bytes)
    } catch (error) {
      this.fail(error as Error)
    }
    this.news.tell()
  }

  #ended(): void {
    const alerted = this.wire.options.target.tls && this.#raw!.bytesRead - this.#rawAtData >= alertRecord
    this.takeEnd()
    this.events.note('fin', { by: 'server', ...(alerted && { detail: 'close_notify' }) })
    this.#close(alerted ? 'close-notify' : 'fin')
    this.finish()
  }

  /** The first of the ways stands. */
  #close(how: How): void {
    if (this.#closedAt !== undefined) return
    this.#closedAt = this.wire.options.clock.now()
    this.endNow(this.closedBy(how))
  }

  #watchErrors(socket: Socket): void {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const established = this.#socket !== undefined && !this.#socket.connecting && this.#secured()
      // A write to a connection that is already reset says EPIPE.
      if (established && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
        if (!this.#wasReset) this.events.note('reset', { by: 'server' })
        this.#wasReset = true
        this.#close('reset')
      } else {
        this.fail(socketFailure(error, this.wire.options, established))
      }
    })
  }

  #secured(): boolean {
    return !this.wire.options.target.tls || this.tlsTime !== null
  }

  async #event(socket: Socket, event: 'connect' | 'secureConnect', what: string): Promise<void> {
    let happened = false
    socket.once(event, () => {
      happened = true
      this.news.tell()
    })
    const ms = this.wire.patience
    const done = await this.wait(ms, () => {
      if (!happened && this.#ending) throw new ProbeFailure(`${what} is ended by the server`)
      return happened || undefined
    })
    if (!done) throw tooSlow(what, ms, this.wire.options.maxWait)
  }
}
