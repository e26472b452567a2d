import type { ServerHttp2Stream } from 'node:http2'
import { expect, it } from 'vitest'
import { connectionOf } from '../../src/index.ts'
import { H2Client } from '../support/h2.ts'
import { serveH2 } from '../support/h2-server.ts'
import { makeKit } from '../support/kit.ts'
import { eventually } from '../support/within.ts'

// A stream has one record for all its life, or none.

it('a stream keeps its record if its handler detaches the kit', async () => {
  const { kit } = makeKit()
  const seen: unknown[] = []
  const { port, server } = await serveH2((req, res) => {
    const note = (): void => void seen.push(connectionOf(req)?.id, connectionOf(req.stream)?.id)
    note()
    kit.detach(server as never)
    note()
    req.stream.on('close', () => {
      note()
      setImmediate(note)
    })
    res.end('ok')
  }, kit.attach)
  const client = await H2Client.open({ port })
  expect(await client.get()).toBe(200)
  await eventually(() => seen.length === 8, 'the end of the stream')
  expect(new Set(seen)).toEqual(new Set([expect.any(Number)]))
  client.socket.destroy()
})

it('a stream that the server pushes has none, not even after its end', async () => {
  const { kit } = makeKit()
  const seen: unknown[] = []
  const { port } = await serveH2((req, res) => {
    req.stream.pushStream({ ':path': '/pushed' }, (error, pushed: ServerHttp2Stream) => {
      if (error) throw error
      const note = (): void => void seen.push(connectionOf(pushed as never))
      note()
      pushed.on('close', () => {
        note()
        setImmediate(note)
      })
      pushed.respond({ ':status': 200 })
      pushed.end('pushed')
    })
    res.end('ok')
  }, kit.attach)
  const client = await H2Client.open({ port })
  expect(await client.get()).toBe(200)
  await eventually(() => seen.length === 3, 'the end of the pushed stream')
  expect(seen).toEqual([undefined, undefined, undefined])
  client.socket.destroy()
})

it('a stream may join another kit after detach()', async () => {
  const { kit } = makeKit()
  const { kit: other } = makeKit()
  const { port, server } = await serveH2((req, res) => {
    kit.detach(server as never)
    other(req as never, res as never)
    setTimeout(() => res.end('ok'), 20)
  }, kit.attach)
  const client = await H2Client.open({ port })
  expect(await client.get()).toBe(200)
  await eventually(() => other.connections()[0]?.state === 'idle', 'the idle session')
  expect(other.snapshot().requests.total).toBe(1)
  client.socket.destroy()
})

it.each([4n, Symbol('id'), null, 'a', Object.create(null)])(
  'what is no request has no record, whatever its id is',
  (id) => {
    for (const listeners of [undefined, 5, {}]) {
      expect(connectionOf({ id, listeners } as never)).toBeUndefined()
      expect(connectionOf({ httpVersionMajor: 2, stream: { id, listeners } } as never)).toBeUndefined()
    }
  },
)
