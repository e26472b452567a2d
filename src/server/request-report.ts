import type { IncomingMessage, ServerResponse } from 'node:http'
import onFinished from 'on-finished'
import { channels, type RequestMessage } from '../channels.ts'
import type { Connection } from '../connection/connection.ts'
import { outcomeOf } from '../connection/facts.ts'
import { infoOf } from '../connection/info.ts'

/** Publishes a request on its channel once its response is over. */
export function reportRequest(record: Connection, req: IncomingMessage, res: ServerResponse): void {
  const begun = record.keeper.clock.now()
  const number = record.requests
  onFinished(res, () => {
    const message: RequestMessage = {
      connection: infoOf(record),
      number,
      duration: record.keeper.clock.now() - begun,
      method: req.method ?? '',
      url: req.url ?? '',
      status: res.statusCode,
      outcome: outcomeOf(record, res),
    }
    channels.request.publish(message)
  })
}
