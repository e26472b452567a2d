import type { IncomingMessage, ServerResponse } from 'node:http'
import { keepFacts, type Outcome } from '../connection/facts.ts'
import { factsOf } from '../connection/facts-of.ts'

/** Bindings for the log lines of a request. Times in ms, whole numbers. */
export interface ConnectionProps {
  /** Counts from 1 per process (nginx `$connection`). */
  readonly connectionId: number
  /** From 1 (nginx `$connection_requests`). */
  readonly requestNumber: number
  /**
   * `requestNumber` − 1. Apache's `%k` repeats the number before on a response that closes the connection, unless its own cap
   * closes it: see docs/logs.md#apaches-k-and-x.
   */
  readonly connectionReused: number
  /** When the request first came to the logger. */
  readonly connectionAge: number
  /** Idle before the request; 0 for the first. */
  readonly idleGap: number
}

const remembered = new WeakMap<ServerResponse, ConnectionProps>()

/**
 * pino-http's `customProps`: the request's connection, in every line of `req.log` and in the completed line.
 * An empty object where the kit has no record.
 *
 * pino-http asks twice, at the start and at the end, and writes both answers where they differ. So the answer is
 * flat, which is what it can compare, and stays the same.
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

/** What `withOutcome` adds. */
export interface ConnectionOutcome {
  /** Apache's `%X`: `+` kept, `-` closed after the response, `X` aborted before its end. */
  readonly connectionOutcome?: Outcome
}

/**
 * pino-http's `customSuccessObject` and `customErrorObject`: adds to the completed line what became of the
 * connection. Nothing is added where the kit has no record.
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
