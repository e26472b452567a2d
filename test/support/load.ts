import { RawClient } from './raw.ts'

/** What a load test sends. */
export interface Load {
  /** Number of connections; each is opened when an earlier one has ended. */
  readonly connections: number
  /** Requests on each, one after the other. */
  readonly requests?: number
  /** Number of connections at a time. */
  readonly concurrency?: number
  /** A request, whole. */
  readonly request: string
  /** The client closes by RST. */
  readonly resets?: boolean
}

/** Sends a load. If the response says close, it ends with the server's close. */
export async function sendLoad(
  port: number,
  { connections, requests = 1, concurrency = 8, request, resets = false }: Load,
): Promise<void> {
  let left = connections
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const client = await RawClient.open({ port })
      for (let sent = 0; sent < requests && client.ended === undefined; sent++)
        await answerOf(client, request)
      if (resets) client.reset()
      else client.close()
    }
  }
  await Promise.all(Array.from({ length: concurrency }, one))
}

async function answerOf(client: RawClient, request: string): Promise<void> {
  const before = client.text.length
  client.write(request)
  // A response without a length is complete when the server has closed.
  await Promise.race([client.until(client.responses.length + 1), client.end()])
  if (/^connection: close/im.test(client.text.slice(before))) await client.end()
}
