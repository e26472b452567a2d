import type { IncomingMessage, ServerResponse } from 'node:http'
import { keepFacts, type Outcome } from '../connection/facts.ts'
import { factsOf } from '../connection/facts-of.ts'

/** Bindings for the log lines of a request. Times in ms, whole numbers. */
export interface ConnectionProps {
  /** Number of the connection, from 1 per process (nginx `$connection`). */
  readonly connectionId: number
  /** Request number on the connection, from 1 (nginx `$connection_requests`). */
  readonly requestNumber: number
  /**
   * `requestNumber` − 1. On a response that closes the connection, Apache's `%k` repeats the previous number, unless Apache's
   * own cap closes it: see docs/logs.md#apaches-k-and-x.
   */
  readonly connectionReused: number
  /** Age of the connection when the request first reached the logger. */
  readonly connectionAge: number
  /** How long the connection was idle before the request; 0 for the first. */
  readonly idleGap: number
}

const remembered = new WeakMap<ServerResponse, ConnectionProps>()

/**
 * pino-http's `customProps`: adds the request's connection to every line of `req.log` and to the completed line. An empty
 * object if the kit has no record.
 *
 * pino-http calls it at the start and at the end, and writes both results if they differ. So the result is flat, because
 * pino-http compares only flat values, and stays the same.
 *
 * @example
 * pinoHttp({ customProps: connectionProps, customSuccessObject: withOutcome, customErrorObject: withOutcome })
 */
export function connectionProps(req: IncomingMessage, res: ServerResponse): Partial<ConnectionProps> {
  keepFacts()
  const known = remembered.get(res)
  if (known) return known
  const facts = factsOf(req, res)
  if (!facts) return {}
  const props: ConnectionProps = {
    connectionId: facts.id,
    requestNumber: facts.number,
    connectionReused: facts.reused,
    connectionAge: facts.age,
    idleGap: facts.idleBefore,
  }
  remembered.set(res, props)
  return props
}

/** The property that `withOutcome` adds. */
export interface ConnectionOutcome {
  /** Apache's `%X`: `+` kept, `-` closed after the response, `X` aborted before its end. */
  readonly connectionOutcome?: Outcome
}

/**
 * pino-http's `customSuccessObject` and `customErrorObject`: adds the outcome of the connection to the completed line. Adds
 * nothing if the kit has no record.
 */
export function withOutcome<T extends object>(
  req: IncomingMessage,
  res: ServerResponse,
  ...rest: [line: T] | [error: Error, line: T]
): T & ConnectionOutcome {
  const line = rest[rest.length - 1] as T
  const outcome = factsOf(req, res)?.outcome
  return outcome === undefined ? line : { ...line, connectionOutcome: outcome }
}
