import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { http1ConnectionOf } from '../connection/registry.ts'

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[] | [string, OutgoingHttpHeader][]

type WriteHead = (this: ServerResponse, ...args: unknown[]) => ServerResponse

/**
 * Asks the connection when the head of its response is about to be sent: the last moment at which the client can be told
 * that the connection closes. Every way to send a head comes by `writeHead`: `end`, `write` and `flushHeaders` too.
 */
export function askBeforeHead(res: ServerResponse): void {
  const writeHead = res.writeHead as WriteHead
  if (writeHead === askingWriteHead) return
  if (writeHead !== inheritedWriteHead(res)) {
    // Displaced before: what is there now wraps ours, and comes to us by itself.
    if (displaced.has(res)) return
    displaced.set(res, writeHead)
  }
  res.writeHead = askingWriteHead as ServerResponse['writeHead']
}

/** An app may send the head by an object that inherits from the response. */
function inheritedWriteHead(res: ServerResponse): WriteHead {
  let parent = Object.getPrototypeOf(res)
  while (parent.writeHead === askingWriteHead) parent = Object.getPrototypeOf(parent)
  return parent.writeHead
}

/** What a response had of its own before: from a tracer or another wrapper. */
const displaced = new WeakMap<ServerResponse, WriteHead>()

/** The response whose head is being asked about. */
let asking: ServerResponse | undefined

// One function for all responses, not a closure for each: they come by the thousand a second.
function askingWriteHead(this: ServerResponse, ...args: unknown[]): ServerResponse {
  // What was displaced wraps ours, as on-headers does: the response was asked about once more.
  if (asking === this) return inheritedWriteHead(this).apply(this, args)
  const before = asking
  asking = this
  try {
    return askThenWrite(this, args)
  } finally {
    asking = before
  }
}

function askThenWrite(res: ServerResponse, args: unknown[]): ServerResponse {
  const connection = http1ConnectionOf(res.socket ?? res.req?.socket)
  const writeHead: WriteHead = displaced.get(res) ?? inheritedWriteHead(res)
  // A second writeHead() after the response has ended: let Node throw its error.
  if (connection?.response !== res) return writeHead.apply(res, args)
  if (!res.headersSent && connection.headAboutToBeSent() && announceClose(res, args)) connection.appCloses()
  return writeHead.apply(res, args)
}

/** @returns whether the app had said so itself. */
function announceClose(res: ServerResponse, args: unknown[]): boolean {
  // The headers are the last object, not the last argument: wrappers pass undefined behind it.
  const at = args.findLastIndex((arg) => typeof arg === 'object' && arg !== null)
  const given = at > 0 ? (args[at] as Headers) : undefined
  const connection = String(find(given, 'connection') ?? res.getHeader('Connection') ?? '')
  // RFC 9110 §7.8: who sends Upgrade has to name it here.
  const value = /upgrade/i.test(connection) ? 'close, upgrade' : 'close'
  res.removeHeader('Keep-Alive')
  if (given) args[at] = withHeader(without(given, ['connection', 'keep-alive']), 'Connection', value)
  else res.setHeader('Connection', value)
  return /\bclose\b/i.test(connection)
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
