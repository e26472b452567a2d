import { headerLines } from './extra-headers.ts'
import { ProbeFailure } from './failure.ts'
import { type Answer, type Outcome, ProbeConnection } from './probe-connection.ts'
import type { How } from './report.ts'
import { type Http1Response, ResponseParser } from './response-parser.ts'
import type { Wire } from './wire.ts'

/** A raw HTTP/1.1 client. */
export class Http1Connection extends ProbeConnection {
  protected readonly protocols: readonly string[]
  readonly goaway = null
  readonly #parser: ResponseParser
  /** Methods of requests not yet answered. */
  readonly #asked: string[] = []
  readonly #answers: Answer[] = []
  #unasked: Http1Response | undefined

  /** @param alpn - the protocols to offer. */
  constructor(wire: Wire, alpn: readonly string[] = ['http/1.1']) {
    super(wire)
    this.protocols = alpn
    this.#parser = new ResponseParser(() => this.#asked[0] === 'HEAD')
  }

  /** @param options.end - whether our FIN goes right behind them. */
  send(count = 1, { version = '1.1', end = false }: { version?: '1.0' | '1.1'; end?: boolean } = {}): void {
    const { target, method, userAgent, headers = [] } = this.wire.options
    this.wire.spend(count)
    const request =
      `${method} ${target.path} HTTP/${version}\r\n` + `${headerLines(headers, target.host, userAgent)}\r\n`
    for (let i = 0; i < count; i++) {
      this.#asked.push(method)
      this.events.note('request', {
        detail: `${method} ${target.path}${version === '1.0' ? ' HTTP/1.0' : ''}`,
      })
    }
    const bytes = Buffer.from(request.repeat(count), 'latin1')
    if (end) this.finish(bytes)
    else this.write(bytes)
  }

  outcomeWithin(ms: number): Promise<Outcome | undefined> {
    return this.wait<Outcome>(ms, () => {
      const answer = this.#answers.shift()
      if (answer) return { answer }
      // A response cut off by the end is a failure, not an end.
      return this.ending && !this.failure ? { ending: this.ending, refused: false } : undefined
    })
  }

  protected take(bytes: Buffer): void {
    for (const response of this.#parser.push(bytes)) this.#answer(response)
  }

  protected takeEnd(): void {
    const last = this.#parser.end()
    if (last) this.#answer(last)
    if (this.#parser.underWay) {
      this.fail(new ProbeFailure('the server ends the connection in the middle of a response'))
    }
  }

  protected override closedBy(how: How): How {
    return this.#unasked?.status === 408 ? '408' : how
  }

  #answer(response: Http1Response): void {
    this.events.note('response', { detail: describe(response) })
    if (this.#asked.shift() !== undefined) {
      this.#answers.push({ response, at: this.wire.options.clock.now() })
    } else if (this.#unasked) {
      this.fail(new ProbeFailure('the server sends unsolicited responses'))
    } else {
      this.#unasked = response
    }
  }
}

function describe({ status, headers, keepsAlive }: Http1Response): string {
  const keepAlive = headers.get('keep-alive')
  const said = keepsAlive ? keepAlive && `Keep-Alive: ${keepAlive}` : 'Connection: close'
  return said ? `${status}, ${said}` : String(status)
}
