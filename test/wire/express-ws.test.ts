import { type IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http'
import express5 from 'express'
import express4 from 'express4'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { makeKit } from '../support/kit.ts'
import { openIdle, RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually } from '../support/within.ts'

type App = RequestListener & {
  use(handler: unknown): void
  get(path: string, handler: RequestListener): void
  handle(req: IncomingMessage, res: ServerResponse, done: () => void): void
}

/** Like express-ws 5: an upgraded request goes through the app, with a response that is never sent. */
function enableWebSockets(app: App, server: Server): void {
  new WebSocketServer({ server }).on('connection', (socket: WebSocket, req: IncomingMessage) => {
    Object.assign(req, { ws: socket, wsHandled: false })
    req.url = `${req.url!.replace(/\/?$/, '/')}.websocket`
    const res = new ServerResponse(req)
    res.writeHead = function writeHead(status: number) {
      if (status > 200) socket.close()
      return res
    } as ServerResponse['writeHead']
    app.handle(req, res, () => {
      if (!(req as { wsHandled?: boolean }).wsHandled) socket.close()
    })
  })
}

const upgrade = [
  'GET /echo HTTP/1.1',
  'Host: test',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
].join('\r\n')

/** A masked frame with a text of less than 126 characters; the mask is zero. */
const frame = (text: string): string => `\x81${String.fromCharCode(0x80 | text.length)}\0\0\0\0${text}`
const closeFrame = '\x88\x80\0\0\0\0'

type Manner = 'no kit' | 'attached' | 'mounted alone'

/** A server with an app that echoes on `/echo`. */
async function echo(makeApp: () => App, manner: Manner, tls: boolean) {
  const test = makeKit({ maxIdle: 1, minIdle: 0 })
  const app = makeApp()
  if (manner !== 'no kit') app.use(test.kit)
  app.get('/', (_req, res) => void res.end('ok'))
  app.get('/echo/.websocket', (req) => {
    const { ws } = req as unknown as { ws: WebSocket }
    Object.assign(req, { wsHandled: true })
    ws.on('message', (data) => ws.send(String(data)))
  })
  const { port } = await serve(
    app,
    (server) => {
      if (manner === 'attached') test.kit.attach(server)
      enableWebSockets(app, server as Server)
    },
    tls,
  )
  const client = await RawClient.open({ port, tls })
  // server.close() does not affect upgraded connections.
  onTestFinished(() => client.close())
  return { ...test, port, client }
}

async function echoes(client: RawClient, text: string): Promise<void> {
  client.write(frame(text))
  await eventually(() => client.text.endsWith(`\x81${String.fromCharCode(text.length)}${text}`), 'the echo')
}

describe.each([
  ['Express 4, http', express4 as unknown as () => App, false],
  ['Express 5, http', express5 as unknown as () => App, false],
  ['Express 5, https', express5 as unknown as () => App, true],
])('express-ws on %s', (_, makeApp, tls) => {
  it.each(['no kit', 'attached', 'mounted alone'] as const)('echoes: %s', async (manner) => {
    const { client } = await echo(makeApp, manner, tls)
    client.write(`${upgrade}\r\n\r\n`)
    await eventually(() => client.text.includes('101 '), 'the upgrade')
    await echoes(client, 'hello')
    client.write(closeFrame)
    expect(await client.end()).toBe('FIN')
    client.close()
  })

  it.each([
    ['attached', 0],
    ['attached', 1],
    ['mounted alone', 0],
    ['mounted alone', 1],
  ] as const)('is an upgrade, and no request under way: %s, requests before: %d', async (manner, before) => {
    const { kit, client, nextClosed } = await echo(makeApp, manner, tls)
    if (before > 0) await client.get()
    client.write(`${upgrade}\r\n\r\n`)
    await eventually(() => client.text.includes('101 '), 'the upgrade')
    await echoes(client, 'hello')
    expect(kit.connections()).toMatchObject([{ state: 'upgraded', requests: before, idle: 0 }])
    expect(kit.snapshot()).toMatchObject({
      connections: { open: 1, states: { new: 0, active: 0, idle: 0, upgraded: 1 } },
      requests: { total: before, answered: before },
    })
    client.write(closeFrame)
    await client.end()
    client.close()
    expect(await nextClosed()).toMatchObject({ reason: 'upgrade', requests: before, dropped: 0, late: 0 })
  })

  it.each(['attached', 'mounted alone'] as const)('outlives evictions: %s', async (manner) => {
    const { kit, port, client } = await echo(makeApp, manner, tls)
    client.write(`${upgrade}\r\n\r\n`)
    await eventually(() => client.text.includes('101 '), 'the upgrade')
    const others = await openIdle(port, 3, tls)
    await eventually(() => others.some(({ ended }) => ended), 'an eviction')
    await echoes(client, 'still here')
    expect(kit.snapshot().connections.states).toMatchObject({ active: 0, upgraded: 1 })
    for (const other of others) other.close()
  })

  it.each(['attached', 'mounted alone'] as const)(
    'is an upgrade where no route takes it: %s',
    async (manner) => {
      const { kit, client, nextClosed } = await echo(makeApp, manner, tls)
      client.write(`${upgrade.replace('/echo', '/none')}\r\n\r\n`)
      await eventually(() => client.text.endsWith('\x88\x00'), 'the close frame')
      client.write(closeFrame)
      await client.end()
      client.close()
      expect(await nextClosed()).toMatchObject({ reason: 'upgrade', requests: 0 })
      expect(kit.snapshot().requests).toMatchObject({ total: 0, refused: 0 })
    },
  )
})
