import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Connection } from './connection.ts'
import { recordOf } from './registry.ts'

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
  /** `number` − 1 (Apache `%k`). */
  readonly reused: number
  /** Of the connection, when the response ended; until then, now. */
  readonly age: number
  /** The idle gap before the request; 0 for the first. */
  readonly idleBefore: number
  /** `undefined` until the response is over. */
  readonly outcome: Outcome | undefined
}

let kept: WeakMap<ServerResponse, RequestFacts> | undefined

/**
 * From now on the facts outlive the response's end, when access loggers write: by then the record tells of the
 * connection's next request. It has a price for every request, so it is for whoever does write.
 */
export function keepFacts(): void {
  kept ??= new WeakMap()
}

/** A response is over, and the record is about to forget it. */
export function responseEnded(record: Connection, res: ServerResponse): void {
  kept?.set(res, read(record, res))
}

/** The facts of a request from its hand-over to the app on; without a record, and where nobody keeps them: `undefined`. */
export function factsOf(req: IncomingMessage, res: ServerResponse): RequestFacts | undefined {
  const record = recordOf(req.socket)
  return record?.response === res ? read(record, res) : kept?.get(res)
}

/** What became of a connection with a response that is over. */
export function outcomeOf(record: Connection, res: ServerResponse): Outcome {
  if (!res.writableFinished) return 'X'
  return record.state === 'closing' || record.state === 'closed' ? '-' : '+'
}

function read(record: Connection, res: ServerResponse): RequestFacts {
  const isOver = res.writableFinished || record.socket.destroyed
  return {
    id: record.id,
    number: record.requests,
    reused: record.requests - 1,
    age: Math.round(record.age()),
    idleBefore: record.idleBefore,
    outcome: isOver ? outcomeOf(record, res) : undefined,
  }
}
