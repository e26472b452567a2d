import type { IncomingMessage, ServerResponse } from 'node:http'
import { factsKept, type RequestFacts, readFacts } from './facts.ts'
import { recordOf } from './registry.ts'

/** The facts of a request from its hand-over to the app on; without a record, and where nobody keeps them: `undefined`. */
export function factsOf(req: IncomingMessage, res: ServerResponse): RequestFacts | undefined {
  const connection = recordOf(req.socket)
  return connection?.response === res ? readFacts(connection, res) : factsKept(res)
}
