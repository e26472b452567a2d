import type { IncomingMessage, ServerResponse } from 'node:http'
import onFinished from 'on-finished'
import { channels, type RequestMessage } from '../channels.ts'
import type { Connection } from '../connection/connection.ts'
import { outcomeOf } from '../connection/facts.ts'
import { infoOf } from '../connection/info.ts'

/** Publishes a request on its channel once its response is over. */
export function reportRequest(record: Connection, req: IncomingMessage, res: ServerResponse): void {
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
