import type { RequestListener, Server, ServerOptions } from 'node:http'
import type { Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { RawClient } from './raw.ts'
import { serve } from './server.ts'
import { eventually } from './within.ts'

export interface Accepting {
  readonly server: Server
  readonly client: RawClient
  /** The client's socket here, on which requests arrive: the TLS socket, for https. */
  readonly socket: () => Socket
  /** The accepted socket: the one below TLS. */
  readonly accepted: () => Socket
  /** How many requests the handler has seen. */
  readonly requests: () => number
}

/** A server of plain Node that has accepted one client. */
export async function accepts(
  tls: boolean,
  handler: RequestListener,
  options: ServerOptions = {},
): Promise<Accepting> {
  let requests = 0
  let accepted: Socket | undefined
  let socket: Socket | undefined
  const { port, server } = await serve(
    (req, res) => {
      requests++
      handler(req, res)
    },
    (made) => {
      const server = made as Server
      server.on('connection', (one: Socket) => {
        accepted = one
      })
      server.on(tls ? 'secureConnection' : 'connection', (one: Socket) => {
        socket = one
        one.on('error', () => {})
      })
    },
    tls,
    options,
  )
  const client = await RawClient.open({ port, tls })
  onTestFinished(() => client.close())
  await eventually(() => socket !== undefined, 'the connection')
  return { server, client, socket: () => socket!, accepted: () => accepted!, requests: () => requests }
}
