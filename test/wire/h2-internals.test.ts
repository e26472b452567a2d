import type { Server } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { carrierOfSession, closeListening, openSessions, openStreams } from '../../src/node/internals.ts'
import { isHttp2, isSecure, serverOf, speaksHttp1 } from '../../src/node/server-kind.ts'
import { H2Client } from '../support/h2.ts'
import { type H2Server, serveH2 } from '../support/h2-server.ts'
import { eventually } from '../support/within.ts'

const major = Number.parseInt(process.versions.node, 10)

/** A session of a server without the kit, with a request under way. */
async function busySession(tls: boolean): Promise<{
  server: H2Server
  session: ServerHttp2Session
  socket: Socket
  client: H2Client
  answer: () => void
}> {
  const sockets: Socket[] = []
  const sessions: ServerHttp2Session[] = []
  const answers: (() => void)[] = []
  const { server, port } = await serveH2(
    (req, res) => {
      expect(serverOf(req as never)).toBe(server)
      answers.push(() => res.end('ok'))
    },
    (made) => {
      made.on(tls ? 'secureConnection' : 'connection', (socket) => sockets.push(socket as Socket))
      made.on('session', (session) => sessions.push(session as ServerHttp2Session))
    },
    tls,
  )
  const client = await H2Client.open({ port, tls })
  client.ask()
  await eventually(() => answers.length === 1, 'the request')
  return { server, session: sessions[0]!, socket: sockets[0]!, client, answer: answers[0]! }
}

describe.each([
  ['h2c', false],
  ['h2', true],
])('private behavior of Node over %s', (_, tls) => {
  it('setMaxListeners() of session.socket gives the socket that carries the session', async () => {
    const { session, socket, client } = await busySession(tls)
    expect(carrierOfSession(session)).toBe(socket)
    client.close()
    await eventually(() => session.destroyed, 'the end of the session')
    expect(carrierOfSession(session)).toBeUndefined()
  })

  it('the streams under way are in the Map `streams` under the symbol `state`', async () => {
    const { session, client, answer } = await busySession(tls)
    expect(openStreams(session)).toBe(1)
    answer()
    await client.answer(1)
    await eventually(() => openStreams(session) === 0, 'the end of the stream')
    client.close()
  })

  it('the sessions are in the Set under the symbol `sessions`, from 24 on; closeListening() spares its own', async () => {
    const { server, session, client, answer } = await busySession(tls)
    expect(openSessions(server as unknown as Server)).toEqual(major >= 24 ? [session] : [])
    closeListening(
      server as unknown as Server,
      () => server.close(),
      (each) => each === session,
    )
    expect([server.listening, session.closed]).toEqual([false, false])
    expect(openSessions(server as unknown as Server)).toEqual(major >= 24 ? [session] : [])
    answer()
    expect(await client.answer(1)).toBe(200)
    client.close()
  })

  it('closeListening() leaves the other sessions to Node, which ends them from 24 on', async () => {
    const { server, session, client } = await busySession(tls)
    closeListening(server as unknown as Server, () => server.close())
    expect(session.closed).toBe(major >= 24)
    client.close()
  })
})

it('without them, nothing is known of streams and sessions', () => {
  expect(openStreams({} as never)).toBe(0)
  expect(openSessions({} as never)).toEqual([])
  const odd = { [Symbol('sessions')]: 7, [Symbol('state')]: undefined }
  expect([openStreams(odd as never), openSessions(odd as never)]).toEqual([0, []])
  expect(carrierOfSession({ socket: {} } as never)).toBeUndefined()
})

it('servers are told apart', async () => {
  const { server: h2c } = await serveH2(undefined, () => {})
  const { server: secure } = await serveH2(undefined, () => {}, true)
  const { server: both } = await serveH2(undefined, () => {}, true, { allowHTTP1: true })
  expect([h2c, secure, both].map((each) => [isHttp2(each), isSecure(each), speaksHttp1(each)])).toEqual([
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ])
  for (const no of [undefined, {}, { updateSettings() {} }]) expect(isHttp2(no)).toBe(false)
})
