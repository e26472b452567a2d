import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Connection } from './connection.ts'
import { recordOf } from './registry.ts'

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[] | [string, OutgoingHttpHeader][]

type WriteHead = (this: ServerResponse, ...args: unknown[]) => ServerResponse

/** What Node writes into the `Keep-Alive` header of a response, from 20 to 26. */
interface Advertising extends ServerResponse {
  /** In ms; 0 leaves the whole header out. */
  _keepAliveTimeout?: number
  /** As it will stand there; 0 leaves it out. */
  _maxRequestsPerSocket?: number
}

/**
 * Sets what the `Keep-Alive` header shall say: `timeout=` in whole seconds first (Node's http.Agent looks for it there),
 * then `max=`. By the fields that Node has for it: a header of our own would be checked character by character, and
 * would have to look for the app's, which goes before.
 *
 * @param timeout - in ms; 0 is none, and no header.
 * @param remaining - requests still to be answered on the connection; `undefined` leaves it to Node.
 */
export function advertise(res: ServerResponse, timeout: number, remaining?: number): void {
  const advertising: Advertising = res
  advertising._keepAliveTimeout = timeout
  if (remaining !== undefined) advertising._maxRequestsPerSocket = remaining
}

/**
 * Asks the keeper when the head of the response under way is about to be sent: the last moment at which its
 * connection's fate can be told to the client. Every way to send a head comes by `writeHead`: `end`, `write` and
 * `flushHeaders` too.
 */
export function askBeforeHead(record: Connection, res: ServerResponse): void {
  if (record.writeHead) return
  record.writeHead = res.writeHead
  res.writeHead = askingWriteHead as ServerResponse['writeHead']
}

// One function for all responses, not a closure for each: they come by the thousand a second.
function askingWriteHead(this: ServerResponse, ...args: unknown[]): ServerResponse {
  const record = recordOf(this.req.socket)
  // Called again, when it is over: Node has an error for that.
  if (record?.response !== this) return Object.getPrototypeOf(this).writeHead.apply(this, args)
  if (!this.headersSent && record.keeper.isLast(record)) announceClose(this, args)
  return (record.writeHead as WriteHead).apply(this, args)
}

function announceClose(res: ServerResponse, args: unknown[]): void {
  const at = args.length - 1
  const given =
    at > 0 && typeof args[at] === 'object' && args[at] !== null ? (args[at] as Headers) : undefined
  const connection = String(find(given, 'connection') ?? res.getHeader('Connection') ?? '')
  // RFC 9110 §7.8: who sends Upgrade has to name it here.
  const value = /upgrade/i.test(connection) ? 'close, upgrade' : 'close'
  res.removeHeader('Keep-Alive')
  if (given) args[at] = withHeader(without(given, ['connection', 'keep-alive']), 'Connection', value)
  else res.setHeader('Connection', value)
}

// A header beside those given to writeHead goes in among them, in their own form: `setHeader` would switch Node
// to another path, which knows no nested arrays and on Node 20 loses repeated names.

type Pairs = [name: string, value: OutgoingHttpHeader][]

const isNested = (headers: Headers): headers is Pairs => Array.isArray(headers) && Array.isArray(headers[0])

function pairsOf(headers: Headers): Pairs {
  if (isNested(headers)) return headers
  if (!Array.isArray(headers)) return Object.entries(headers) as Pairs
  const pairs: Pairs = []
  for (let i = 0; i < headers.length; i += 2)
    pairs.push([String(headers[i]), headers[i + 1] as OutgoingHttpHeader])
  return pairs
}

function find(headers: Headers | undefined, name: string): OutgoingHttpHeader | undefined {
  return headers && pairsOf(headers).find(([key]) => key.toLowerCase() === name)?.[1]
}

function without(headers: Headers, names: readonly string[]): Headers {
  const kept = pairsOf(headers).filter(([name]) => !names.includes(name.toLowerCase()))
  if (!Array.isArray(headers)) return Object.fromEntries(kept)
  return isNested(headers) ? kept : (kept.flat(1) as OutgoingHttpHeader[])
}

function withHeader(headers: Headers, name: string, value: string): Headers {
  if (!Array.isArray(headers)) return { ...headers, [name]: value }
  return isNested(headers) ? [...headers, [name, value]] : [...(headers as OutgoingHttpHeader[]), name, value]
}
