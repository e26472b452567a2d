import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import onFinished from 'on-finished'
import { channels, type RequestMessage } from '../channels.ts'
import { outcomeOf, streamOutcome } from '../connection/facts.ts'
import { infoOf } from '../connection/info.ts'
import type { ConnectionRecord } from '../connection/record.ts'
import { statusOf } from '../node/stream-end.ts'

/** Publishes a request on its channel once its response is over. */
export function reportRequest(record: ConnectionRecord, req: IncomingMessage, res: ServerResponse): void {
  const begunAt = record.age()
  const number = record.requests
  onFinished(res, () => {
    const message: RequestMessage = {
      connection: infoOf(record),
      number,
      duration: record.age() - begunAt,
      method: req.method ?? '',
      url: req.url ?? '',
      status: res.headersSent ? res.statusCode : record.marks.errorStatus,
      outcome: outcomeOf(record, res),
    }
    channels.request.publish(message)
  })
}

/** The same of a request by HTTP/2. */
export function reportStream(
  record: ConnectionRecord,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  const begunAt = record.age()
  const number = record.requests
  stream.once('close', () => {
    const message: RequestMessage = {
      connection: infoOf(record),
      number,
      duration: record.age() - begunAt,
      method: headers[':method'] ?? '',
      url: headers[':path'] ?? '',
      status: statusOf(stream),
      outcome: streamOutcome(record, stream),
    }
    channels.request.publish(message)
  })
}
