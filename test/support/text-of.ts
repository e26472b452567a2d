import type { Readable } from 'node:stream'

/** All of a stream, such as the body of a request. */
export async function textOf(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += chunk
  return text
}
