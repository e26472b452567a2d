import { jsonFinder } from '../../../logs/json.ts'
import { decimal, hash, whole } from '../../../logs/text.ts'
import { Failure } from '../../failure.ts'
import type { LineReader, LogFormat } from './entry.ts'

/** Requests that wait for their response, at most. */
const most = 100_000

interface Incoming {
  readonly client: number
  readonly connection: number
  readonly start: number
}

const paths = ['reqId', 'pid', 'time', 'responseTime', 'req.remoteAddress', 'req.remotePort']

/**
 * Fastify's own two lines for each request, `incoming request` and `request completed`, which have the request's id in common.
 * The waiting requests are kept in two generations, so memory is bounded also if no request completes.
 */
export function fastifyFormat(cap: number = most): LogFormat {
  const spans = new Int32Array(paths.length * 2)
  const find = jsonFinder(paths, spans)
  let young = new Map<number, Incoming>()
  let old = new Map<number, Incoming>()

  const ports = new Ports()

  const read: LineReader = (line, entry) => {
    if (!find(line)) return 'bad'
    if (spans[0]! < 0) return 'other'
    const id = hash(line, spans[0]!, spans[1]!, spans[2]! < 0 ? 0 : whole(line, spans[2]!, spans[3]!))
    const time = decimal(line, spans[4]!, spans[5]!)
    if (spans[10]! >= 0) {
      const port = whole(line, spans[10]!, spans[11]!)
      if (!(port >= 1 && port <= 65_535 && time > 0)) return 'bad'
      const client = spans[8]! < 0 ? 0 : hash(line, spans[8]!, spans[9]!)
      ports.see(port, client, time)
      if (young.size >= cap / 2) {
        old = young
        young = new Map()
      }
      young.set(id, { client, connection: hash(line, spans[10]!, spans[11]!, client), start: time })
      return 'other'
    }
    if (spans[6]! < 0) return 'other'
    const incoming = young.get(id) ?? old.get(id)
    if (!incoming || !(time >= incoming.start)) return 'other'
    young.delete(id)
    old.delete(id)
    entry.client = incoming.client
    entry.connection = incoming.connection
    entry.number = 0
    entry.lastRepeats = false
    entry.start = incoming.start
    entry.end = time
    entry.kept = true
    return 'entry'
  }
  return { kind: 'fastify', text: "the logger's JSON", read, gapError: 1, isNumbered: false }
}

/** A port with another address within this time belongs to a proxy. In ms. */
const soon = 1_000

/** More often than this is not a coincidence. */
const telling = 20

/** Detects `trustProxy`: Fastify then logs the address that the proxy names, with the port of the proxy's own connection. */
class Ports {
  readonly #clients = new Float64Array(65_536)
  readonly #times = new Float64Array(65_536)
  #same = 0
  #others = 0

  /** @throws Failure where addresses and ports belong to different connections. */
  see(port: number, client: number, time: number): void {
    const before = this.#clients[port]
    if (time - this.#times[port]! < soon) {
      if (before === client) this.#same++
      else this.#others++
    }
    this.#clients[port] = client
    this.#times[port] = time
    if (this.#others >= telling && this.#others > this.#same)
      throw new Failure(
        `Fastify logs the address that a proxy names (trustProxy), with the port of the proxy's connection: ${this.#others} times a port had another address within a second`,
        "log the connection by keepalive-kit's bindings: see docs/advisor.md",
      )
  }
}
