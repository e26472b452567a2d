import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually } from '../support/within.ts'

const answer: RequestListener = (_req, res) => void res.end('ok')
const get = (path: string, head = ''): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n${head}\r\n`

/** When Node starts an idle timer after a response, and when it does not. */
const ways: Record<string, { keepAliveTimeout: number; takenAway: boolean }> = {
  'an idle timeout': { keepAliveTimeout: 5_000, takenAway: false },
  'no idle timeout': { keepAliveTimeout: 0, takenAway: false },
  'an idle timeout that the app takes away later': { keepAliveTimeout: 5_000, takenAway: true },
}

describe.each(['http', 'https'])('over %s', (protocol) => {
  it.each(Object.entries(ways))(
    'each response is found to have ended, with %s',
    async (_, { keepAliveTimeout, takenAway }) => {
      const { kit } = makeKit({ keepAliveTimeout })
      const tls = protocol === 'https'
      const attach = (server: Server): void => {
        kit.attach(server)
        if (takenAway) server.prependListener('request', () => Object.assign(server, { keepAliveTimeout: 0 }))
      }
      const { port } = await serve(answer, attach, tls)
      const client = await RawClient.open({ port, tls })
      for (let i = 1; i <= 3; i++) await client.get()
      client.write(get('/1') + get('/2') + get('/3'))
      await client.until(6)
      client.write(get('/last', 'Connection: close\r\n'))
      await client.until(7)
      await eventually(
        () => kit.snapshot().requests.answered === 7,
        () => `7 answers to be counted, got ${kit.snapshot().requests.answered}`,
      )
      expect(kit.snapshot().requests).toMatchObject({ total: 7, reused: 6, dropped: 0 })
      client.close()
    },
  )
})

it('the drain finds that a response has ended that no event reported', async () => {
  const { kit } = makeKit()
  let server!: Server
  const { port } = await serve(
    (_req, res) => {
      server.keepAliveTimeout = 0
      res.end('ok')
    },
    (made) => {
      server = made as Server
      kit.attach(server)
    },
  )
  const client = await RawClient.open({ port })
  await client.get()
  client.socket.on('end', () => client.socket.end())
  const { forced } = await kit.drain({ timeout: 2_000 })
  expect(Object.values(forced)).toEqual([0, 0, 0, 0, 0, 0])
  expect(kit.snapshot().requests.answered).toBe(1)
  client.close()
})

it('a socket’s own setTimeout is called as before, and restored', async () => {
  const { kit } = makeKit({ keepAliveTimeout: 5_000 })
  const armed: number[] = []
  let accepted!: Socket
  let own: unknown
  const { port } = await serve(answer, (server) => {
    server.on('connection', (socket: Socket) => {
      accepted = socket
      const setTimeout = socket.setTimeout
      own = function wrapped(this: Socket, timeout: number, callback?: () => void) {
        armed.push(timeout)
        return setTimeout.call(this, timeout, callback)
      }
      socket.setTimeout = own as Socket['setTimeout']
      kit.attach(server)
    })
  })
  const client = await RawClient.open({ port })
  await client.get()
  expect(kit.connections()).toMatchObject([{ state: 'idle', requests: 1 }])
  expect(armed).toContain(6_000)
  expect(accepted.setTimeout).not.toBe(own)
  kit.detach()
  expect(accepted.setTimeout).toBe(own)
  client.close()
})

it('a timeout that the app sets does not end its response', async () => {
  const { kit } = makeKit()
  let release: () => void = () => {}
  const { port } = await serve((req, res) => {
    req.socket.setTimeout(60_000)
    release = () => {
      res.end('ok')
      req.socket.setTimeout(50_000)
    }
  }, kit.attach)
  const client = await RawClient.open({ port })
  client.write(get('/'))
  await eventually(() => kit.connections()[0]?.state === 'active', 'the request')
  release()
  expect(kit.connections()).toMatchObject([{ state: 'active' }])
  await client.until(1)
  await eventually(() => kit.connections()[0]?.state === 'idle', 'the response to end')
  expect(kit.snapshot().requests).toMatchObject({ total: 1, answered: 1 })
  client.close()
})

it('a stream without timeouts is tracked too', async () => {
  const { kit } = makeKit()
  const server = createServer(answer)
  kit.attach(server)
  let received = ''
  const stream = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      received += chunk
      done()
    },
  })
  server.emit('connection', stream)
  for (let i = 1; i <= 2; i++) {
    stream.push(get('/'))
    await eventually(() => received.split('HTTP/1.1 200').length === i + 1, `response ${i}`)
    await eventually(() => kit.connections()[0]?.state === 'idle', `response ${i} to end`)
  }
  expect('setTimeout' in stream).toBe(false)
  stream.destroy()
})
