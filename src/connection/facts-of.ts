import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { factsKept, type RequestFacts, readFacts, readStreamFacts } from './facts.ts'
import { http1ConnectionOf, recordOfStream } from './registry.ts'

/** The facts of a request from its hand-over to the app on; `undefined` without a record, or if nothing keeps them. */
export function factsOf(req: IncomingMessage, res: ServerResponse): RequestFacts | undefined {
  if (req.httpVersionMajor === 2) return factsOfStream((req as { stream?: ServerHttp2Stream }).stream)
  const connection = http1ConnectionOf(req.socket)
  return connection?.response === res ? readFacts(connection, res) : factsKept(res)
}

function factsOfStream(stream: ServerHttp2Stream | undefined): RequestFacts | undefined {
  const connection = recordOfStream(stream)
  return stream && connection && readStreamFacts(connection, stream)
}
