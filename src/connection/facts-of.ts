import type { IncomingMessage, ServerResponse } from 'node:http'
import { factsKept, type RequestFacts, readFacts } from './facts.ts'
import { recordOf } from './registry.ts'

/** The facts of a request from its hand-over to the app on; `undefined` without a record, or if nothing keeps them. */
export function factsOf(req: IncomingMessage, res: ServerResponse): RequestFacts | undefined {
  const connection = recordOf(req.socket)
  return connection?.response === res ? readFacts(connection, res) : factsKept(res)
}
