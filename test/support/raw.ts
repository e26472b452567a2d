import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type RawResponse, responsesIn } from './responses.ts'
import { within } from './within.ts'

/** How a socket ended, as its peer saw it. */
export type EndSeen = 'FIN' | 'RST'

export interface RawOptions {
  readonly port: number
  readonly tls?: boolean
  readonly localAddress?: string
}

/** A client that is only a socket: it writes bytes and keeps the bytes that come back. */
export class RawClient {
  readonly socket: Socket
  /** The same socket, or the TCP socket below TLS. */
  readonly #tcp: Socket
  readonly #chunks: Buffer[] = []
  #ended: EndSeen | undefined
  #wake: (() => void)[] = []

  private constructor(socket: Socket, tcp: Socket) {
    this.socket = socket
    this.#tcp = tcp
    socket.on('data', (chunk) => this.#note(() => this.#chunks.push(chunk)))
    socket.on('end', () => this.#note(() => (this.#ended ??= 'FIN')))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#note(() => {
        if (error.code === 'ECONNRESET') this.#ended ??= 'RST'
      }),
    )
  }

  static async open({ port, tls = false, localAddress }: RawOptions): Promise<RawClient> {
    const options: NetConnectOpts = {
      port,
      host: '127.0.0.1',
      allowHalfOpen: true,
      ...(localAddress && { localAddress }),
    }
    const tcp = connect(options)
    const socket = tls ? connectTls({ socket: tcp, rejectUnauthorized: false }) : tcp
    const client = new RawClient(socket, tcp)
    await within(
      5_000,
      'the connection',
      new Promise((done) => socket.once(tls ? 'secureConnect' : 'connect', done)),
    )
    return client
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('latin1')
  }

  get responses(): RawResponse[] {
    return responsesIn(this.text)
  }

  get ended(): EndSeen | undefined {
    return this.#ended
  }

  write(bytes: string): this {
    this.socket.write(bytes, 'latin1')
    return this
  }

  /** Sends a request without a body and waits for its response. */
  async get(path = '/', head = ''): Promise<RawResponse> {
    const before = this.responses.length
    this.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n${head}\r\n`)
    await this.until(before + 1)
    return this.responses[before]!
  }

  /** Waits for this many whole responses, counted from the start. */
  async until(responses: number, ms = 5_000): Promise<RawResponse[]> {
    await this.#until(ms, `${responses} responses`, () => this.responses.length >= responses)
    return this.responses
  }

  /** Waits for the peer's end of the connection. */
  async end(ms = 5_000): Promise<EndSeen> {
    await this.#until(ms, 'the end of the connection', () => this.#ended !== undefined)
    return this.#ended!
  }

  reset(): void {
    // A TLS socket cannot send a reset.
    this.#tcp.resetAndDestroy()
  }

  close(): void {
    this.socket.destroy()
  }

  #note(change: () => void): void {
    change()
    for (const wake of this.#wake.splice(0)) wake()
  }

  async #until(ms: number, what: string, reached: () => boolean): Promise<void> {
    const deadline = performance.now() + ms
    while (!reached()) {
      const news = new Promise<void>((wake) => this.#wake.push(wake))
      await within(
        Math.max(0, deadline - performance.now()),
        () => `${what} (got ${JSON.stringify(this.text.slice(0, 500))})`,
        news,
      )
    }
  }
}

/** Clients that have each had a response, one after the other, and are idle. */
export async function openIdle(port: number, count: number, tls = false): Promise<RawClient[]> {
  const clients: RawClient[] = []
  for (let i = 0; i < count; i++) {
    const client = await RawClient.open({ port, tls })
    await client.get()
    clients.push(client)
  }
  return clients
}
