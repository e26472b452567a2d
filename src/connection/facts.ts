import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { isAnswered } from '../node/stream-end.ts'
import type { State } from '../reasons.ts'

/**
 * Apache's `%X`: `X` the connection was aborted before the response was complete, `+` it is kept, `-` it is closed
 * after the response.
 */
export type Outcome = 'X' | '+' | '-'

/** What an access log says of a request and its connection. Times in ms, whole numbers. */
export interface RequestFacts {
  /** Of the connection; counts from 1 per process (nginx `$connection`). */
  readonly id: number
  /** Request number on the connection, from 1 (nginx `$connection_requests`). */
  readonly number: number
  /**
   * `number` − 1. On a response that closes the connection, Apache's `%k` repeats the previous number, unless Apache's own
   * cap closes it: see docs/logs.md#apaches-k-and-x.
   */
  readonly reused: number
  /** Of the connection, when the response ended; until then, now. */
  readonly age: number
  /** The idle gap before the request; 0 for the first. */
  readonly idleBefore: number
  /** `undefined` until the response is over. */
  readonly outcome: Outcome | undefined
}

/** What is read of a connection for the facts of its latest request. */
export interface Factual {
  readonly id: number
  readonly requests: number
  readonly idleBefore: number
  readonly state: State
  readonly socket: { readonly destroyed: boolean }
  age(): number
}

/** By the response; of HTTP/2, by the stream. */
let kept: WeakMap<ServerResponse | ServerHttp2Stream, RequestFacts> | undefined

/**
 * From now on the facts outlive the response's end, when access loggers write: by then the record tells of the
 * connection's next request. It has a price for every request, so it is for whoever does write.
 */
export function keepFacts(): void {
  kept ??= new WeakMap()
}

/** A response is over, and the connection is about to forget it. */
export function responseEnded(connection: Factual, res: ServerResponse): void {
  kept?.set(res, readFacts(connection, res))
}

/** The facts of a response that is over, where somebody keeps them. */
export function factsKept(res: ServerResponse): RequestFacts | undefined {
  return kept?.get(res)
}

/** What became of a connection with a response that is over. */
export function outcomeOf({ state }: Pick<Factual, 'state'>, res: ServerResponse): Outcome {
  if (!res.writableFinished) return 'X'
  return state === 'closing' || state === 'closed' ? '-' : '+'
}

/** The facts of the response under way. */
export function readFacts(connection: Factual, res: ServerResponse): RequestFacts {
  const isOver = res.writableFinished || connection.socket.destroyed
  return { ...readLatest(connection), outcome: isOver ? outcomeOf(connection, res) : undefined }
}

// On HTTP/2 many requests of a connection are under way at once: what is a request's own is put down as it comes.

/** A request has come by that stream. */
export function streamBegan(connection: Factual, stream: ServerHttp2Stream): void {
  kept?.set(stream, readLatest(connection))
}

/** The stream of a request is over. */
export function streamEnded(connection: Factual, stream: ServerHttp2Stream): void {
  const facts = kept?.get(stream)
  if (facts) kept?.set(stream, { ...facts, age: Math.round(connection.age()) })
}

/** The facts of a request by HTTP/2. */
export function readStreamFacts(connection: Factual, stream: ServerHttp2Stream): RequestFacts {
  const facts = kept?.get(stream) ?? readLatest(connection)
  if (!stream.destroyed && !stream.writableFinished) return facts
  return { ...facts, outcome: streamOutcome(connection, stream) }
}

/** What became of a session with a stream that is over. */
export function streamOutcome({ state }: Pick<Factual, 'state'>, stream: ServerHttp2Stream): Outcome {
  if (!isAnswered(stream)) return 'X'
  return state === 'closing' || state === 'closed' ? '-' : '+'
}

function readLatest(connection: Factual): RequestFacts {
  const { id, requests, idleBefore } = connection
  return {
    id,
    number: requests,
    reused: requests - 1,
    age: Math.round(connection.age()),
    idleBefore,
    outcome: undefined,
  }
}
