import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { HeadWish } from './head-wish.ts'
import { recordOf } from './registry.ts'

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[] | [string, OutgoingHttpHeader][]

type WriteHead = (this: ServerResponse, ...args: unknown[]) => ServerResponse

/** The response's own `writeHead`, while ours stands before it. */
const original = Symbol('keepalive-kit.writeHead')

interface Asking extends ServerResponse {
  [original]?: WriteHead
}

/**
 * Lets the keeper have a word when a response's head is about to be sent: the last moment at which its connection's
 * fate can be told to the client. Every way to send a head comes by `writeHead`: `end`, `write` and `flushHeaders` too.
 */
export function askBeforeHead(res: ServerResponse): void {
  const asking: Asking = res
  if (asking[original]) return
  asking[original] = res.writeHead as WriteHead
  res.writeHead = askingWriteHead as ServerResponse['writeHead']
}

// One function for all responses, not a closure for each: they come by the thousand a second.
function askingWriteHead(this: Asking, ...args: unknown[]): ServerResponse {
  const record = recordOf(this.req.socket)
  if (record?.response === this && !this.headersSent) grant(this, args, record.keeper.wishFor(record, this))
  return this[original]!.apply(this, args)
}

function grant(res: ServerResponse, args: unknown[], wish: HeadWish): void {
  if (wish === undefined) return
  const at = args.length - 1
  const given =
    at > 0 && typeof args[at] === 'object' && args[at] !== null ? (args[at] as Headers) : undefined
  const connection = String(find(given, 'connection') ?? res.getHeader('Connection') ?? '')
  if (wish === 'close') {
    // RFC 9110 §7.8: who sends Upgrade has to name it here.
    const value = /upgrade/i.test(connection) ? 'close, upgrade' : 'close'
    res.removeHeader('Keep-Alive')
    if (given) args[at] = withHeader(without(given, ['connection', 'keep-alive']), 'Connection', value)
    else res.setHeader('Connection', value)
    return
  }
  // The app's own header stands, and so does its close.
  if (/close/i.test(connection) || res.hasHeader('Keep-Alive') || find(given, 'keep-alive') !== undefined)
    return
  // HTTP/1.0 knows no chunks: without a length the body ends with the connection.
  const hasLength = res.hasHeader('Content-Length') || find(given, 'content-length') !== undefined
  if (res.req.httpVersion === '1.0' && !hasLength) return
  if (given) args[at] = withHeader(given, 'Keep-Alive', wish['Keep-Alive'])
  // Cheaper than setHeader, and the same to Node.
  else args[typeof args[1] === 'string' ? 2 : 1] = wish
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
