import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestMessage } from '../channels.ts'
import type { Connection } from '../connection/connection.ts'
import { recordOf } from '../connection/registry.ts'
import { outcomeOf } from '../server/request-report.ts'

/** What an access log says of a request and its connection. Times in ms, whole numbers. */
export interface RequestFacts {
  /** Of the connection; counts from 1 per process (nginx `$connection`). */
  readonly id: number
  /** Request number on the connection, from 1 (nginx `$connection_requests`). */
  readonly number: number
  /** `number` − 1 (Apache `%k`). */
  readonly reused: number
  /** Of the connection, now. */
  readonly age: number
  /** The idle gap before the request; 0 for the first. */
  readonly idleBefore: number
  /** Apache's `%X`; `undefined` until the response is over. */
  readonly outcome: RequestMessage['outcome'] | undefined
}

/**
 * The facts of a request from its hand-over to the app until its response's end, which is when access loggers
 * write. Before and after, and without a record: `undefined`, because the record then tells of another request.
 */
export function factsOf(req: IncomingMessage, res: ServerResponse): RequestFacts | undefined {
  const record = recordOf(req.socket)
  if (record?.response !== res) return undefined
  return {
    id: record.id,
    number: record.requests,
    reused: record.requests - 1,
    age: Math.round(record.age()),
    idleBefore: Math.round(record.idleBefore),
    outcome: isOver(record, res) ? outcomeOf(record, res) : undefined,
  }
}

function isOver(record: Connection, res: ServerResponse): boolean {
  return res.writableFinished || record.socket.destroyed
}
