import type { RequestListener, Server } from 'node:http'
import { type Accepted, watchSockets } from './accepted.ts'
import { makeKit } from './kit.ts'
import { RawClient } from './raw.ts'
import { serve } from './server.ts'
import { eventually } from './within.ts'

export const get = (path: string, head = ''): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n${head}\r\n`

/** What a client sends: each part after the answers to the earlier parts have come. */
export type Parts = readonly string[]

/** What both sides saw of a connection. */
export interface Seen {
  readonly statuses: readonly number[]
  /** The bytes on the wire, without parts that depend on the time and the timeout. */
  readonly answers: string
  /** On the server's socket. */
  readonly errors: Accepted['errors']
  readonly hadError: boolean | undefined
}

export interface Settings {
  readonly tls: boolean
  readonly withKit: boolean
  readonly headersTimeout?: number
  readonly maxRequests?: number
  readonly prepare?: (server: Server) => void
}

const handler: RequestListener = (req, res) => {
  if (req.url === '/last') res.setHeader('Connection', 'close')
  if (req.url === '/never') return
  if (req.url === '/part') return void res.writeHead(200, { 'Content-Length': 100 }).write('a part')
  if (req.url === '/upload') req.resume().on('end', () => res.end('ok'))
  else res.end('ok')
}

/** Runs one client against a server, with or without the kit, until the socket on the server has closed. */
export async function play(
  parts: Parts,
  { tls, withKit, headersTimeout = 66_000, maxRequests = 0, prepare = () => {} }: Settings,
): Promise<Seen> {
  const { kit } = makeKit({ headersTimeout, maxRequests })
  let sockets: Accepted[] = []
  const { port } = await serve(
    handler,
    (server) => {
      if (withKit) kit.attach(server)
      else server.headersTimeout = headersTimeout
      sockets = watchSockets(server as Server, tls)
      prepare(server as Server)
    },
    tls,
    { connectionsCheckingInterval: 50, requestTimeout: 300_000 },
  )
  const client = await RawClient.open({ port, tls })
  for (const [i, part] of parts.entries()) {
    await client.until(i)
    client.write(part)
  }
  await client.end()
  client.close()
  await eventually(() => sockets[0]?.hadError !== undefined, 'the close of the socket on the server')
  const { errors, hadError } = sockets[0]!
  const statuses = client.responses.map(({ status }) => status)
  return { statuses, answers: client.text.replace(/(Date|Keep-Alive): .*\r\n/g, ''), errors, hadError }
}
