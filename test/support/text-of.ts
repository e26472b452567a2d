import type { IncomingMessage } from 'node:http'

/** The whole body of a request. */
export async function textOf(req: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of req.setEncoding('utf8')) text += chunk
  return text
}
