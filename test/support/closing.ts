import type { RequestListener, Server, ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import type { KeepAlive } from '../../src/index.ts'
import { makeKit } from './kit.ts'
import { RawClient } from './raw.ts'
import { serve } from './server.ts'

export const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`

/** Answers `/`; other requests wait for the test. `/stream` has already sent its head. */
export function waiting(): { handler: RequestListener; responses: ServerResponse[]; release(): void } {
  const responses: ServerResponse[] = []
  const handler: RequestListener = (req, res) => {
    if (req.url === '/') return void res.end('ok')
    if (req.url === '/stream') res.write('begun')
    responses.push(res)
  }
  return {
    handler,
    responses,
    release: () => {
      for (const res of responses.splice(0)) res.end('done')
    },
  }
}

export interface Closing {
  /** How long close() takes from now on, in ms. */
  readonly took: Promise<number>
  readonly done: () => boolean
}

export function close(server: Server): Closing {
  const begun = performance.now()
  let isDone = false
  const took = new Promise<number>((done) =>
    server.close(() => {
      isDone = true
      done(performance.now() - begun)
    }),
  )
  return { took, done: () => isDone }
}

export type Attach = (server: Server, kit: KeepAlive) => unknown
export const wiring: readonly (readonly [string, Attach])[] = [
  ['attached', (server, kit) => kit.attach(server)],
  ['mounted', (server, kit) => server.prependListener('request', (req, res) => kit(req, res))],
]

/** A client. It ends its side after the server, unless it is stubborn. */
export async function open(port: number, tls: boolean, stubborn = false): Promise<RawClient> {
  const client = await RawClient.open({ port, tls })
  if (!stubborn) client.socket.on('end', () => client.socket.end())
  onTestFinished(() => client.close())
  return client
}

/** A server with a kit, wired as given. */
export async function setUp(
  tls: boolean,
  attach: Attach = (server, kit) => kit.attach(server),
  options: Parameters<typeof makeKit>[0] = {},
): Promise<ReturnType<typeof makeKit> & ReturnType<typeof waiting> & Awaited<ReturnType<typeof serve>>> {
  const app = waiting()
  const test = makeKit(options)
  return { ...test, ...app, ...(await serve(app.handler, (server) => attach(server, test.kit), tls)) }
}
