import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Answer } from './framework.ts'

/** Sends an answer where there is no framework to do it. */
export function send(res: ServerResponse, answer: Answer): void {
  res.statusCode = answer.status
  if (answer.body instanceof Readable) answer.body.pipe(res)
  else if (answer.body === undefined) res.end()
  else res.setHeader('Content-Length', answer.body.length).end(answer.body)
}
