import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  advertise,
  atItsTurn,
  byteCounterOf,
  bytesSent,
  canCarry,
  carrierOf,
  checkingIntervalOf,
  closeListening,
  endsWithConnection,
  hearUnseen,
  isDetached,
  isMessageArriving,
  openSockets,
  ownerOf,
  sendUnseen,
  startReading,
  takeParserOff,
} from '../../src/node/internals.ts'
import { accepts } from '../support/plain-node.ts'
import { eventually } from '../support/within.ts'

const head = 'GET / HTTP/1.1\r\nHost: test\r\n\r\n'

// Plain Node, without the kit: the kit relies on this behavior.
describe.each([
  ['http', false],
  ['https', true],
])('the private behavior of Node over %s', (_, tls) => {
  it('socket._handle.bytesRead counts the bytes received, as socket.bytesRead', async () => {
    const { client, socket } = await accepts(tls, (_req, res) => void res.end())
    client.write(head)
    await client.until(1)
    const handle = byteCounterOf(socket())
    expect(handle).not.toBe(socket())
    expect(handle.bytesRead).toBe(head.length)
    expect(socket().bytesRead).toBe(head.length)
  })

  it('socket._bytesDispatched counts the bytes written, and is right after a reset', async () => {
    const { client, socket } = await accepts(tls, (_req, res) => void res.end('ok'))
    client.write(head)
    await client.until(1)
    expect(bytesSent(socket())).toBe(client.text.length)
    expect((socket() as { _bytesDispatched?: number })._bytesDispatched).toBe(client.text.length)
    client.reset()
    await eventually(() => socket().destroyed, 'the reset')
    socket().write('what is never sent')
    expect(bytesSent(socket())).toBe(client.text.length)
  })

  it('socket._httpMessage is the response under way, and null when Node sets the idle timer', async () => {
    const owners: unknown[] = []
    const { client, socket } = await accepts(tls, (_req, res) => {
      owners.push(ownerOf(res.socket!) === res)
      const { setTimeout } = res.socket!
      res.socket!.setTimeout = function (...args) {
        owners.push(ownerOf(this), args[0])
        return setTimeout.apply(this, args)
      }
      res.end()
    })
    client.write(head)
    await client.until(1)
    await eventually(() => owners.length > 1, 'the idle timer')
    expect(owners).toEqual([true, null, 5_000 + 1_000])
    expect(ownerOf(socket())).toBeNull()
  })

  it('response.socket is null once the response is sent, before its finish and close', async () => {
    const seen: [string, boolean][] = []
    const { client } = await accepts(tls, (_req, res) => {
      const see = (at: string): void => void seen.push([at, isDetached(res)])
      see('begun')
      for (const event of ['finish', 'close']) res.on(event, () => see(event))
      res.end()
    })
    client.write(head)
    await eventually(() => seen.length === 3, 'finish and close')
    expect(seen).toEqual([
      ['begun', false],
      ['finish', true],
      ['close', true],
    ])
  })

  it("response.assignSocket is called at a pipelined response's turn, after the end of the one before", async () => {
    const seen: string[] = []
    const { client } = await accepts(tls, (req, res) => {
      if (req.url === '/second')
        return atItsTurn(res, () => void seen.push(`its turn, ${res.end('ok').finished}`))
      res.removeAllListeners('close')
      res.on('finish', () => seen.push(`the end before, ${isDetached(res)}`))
      setImmediate(() => void res.end('ok'))
    })
    client.write(`${head}${head.replace('/', '/second')}`)
    expect(await client.until(2)).toMatchObject([{ body: 'ok' }, { body: 'ok' }])
    // Node's own listener for 'finish' comes first, and gives the socket on.
    expect(seen).toEqual(['its turn, true', 'the end before, true'])
  })

  it('response._keepAliveTimeout and _maxRequestsPerSocket are what the Keep-Alive header says', async () => {
    const { client } = await accepts(tls, (_req, res) => {
      advertise(res, 7_000, 41)
      res.end()
    })
    client.write(head)
    const [{ headers } = { headers: {} }] = await client.until(1)
    expect(headers).toMatchObject({ 'keep-alive': 'timeout=7, max=41' })
  })

  it('response._header is the head as sent: a body without a length ends with the connection', async () => {
    const ends: boolean[] = []
    const { client } = await accepts(tls, (req, res) => {
      if (req.url === '/length') res.setHeader('Content-Length', 2)
      if (req.httpVersion === '1.0') res.removeHeader('Transfer-Encoding')
      res.write('ok')
      ends.push(endsWithConnection(res, req))
      res.end()
    })
    client.write(`${head}GET /length HTTP/1.1\r\nHost: test\r\n\r\nGET / HTTP/1.0\r\n\r\n`)
    await client.end()
    expect(ends).toEqual([false, false, true])
  })

  it('the list of connections tells open sockets, and messages that arrive, but no line end', async () => {
    const { client, socket, server } = await accepts(tls, (_req, res) => void res.end())
    client.write(head)
    await client.until(1)
    expect(openSockets(server)).toEqual([socket()])
    expect(isMessageArriving(server, socket())).toBe(false)
    client.write('\r\n')
    await eventually(() => socket().bytesRead === head.length + 2, 'the line end')
    expect(isMessageArriving(server, socket())).toBe(false)
    client.write('GET / HT')
    await eventually(() => isMessageArriving(server, socket()), 'a part of a head')
    client.close()
    await eventually(() => openSockets(server).length === 0, 'the close')
  })

  it('the timer under http.server.connectionsCheckingInterval has the interval in use', async () => {
    const { server } = await accepts(tls, (_req, res) => void res.end(), {
      connectionsCheckingInterval: 12_345,
    })
    expect(checkingIntervalOf(server)).toBe(12_345)
  })

  it('socket._handle.readStart() reads a paused socket, whose handle says that it does not read', async () => {
    const { client, socket } = await accepts(tls, (_req, res) => void res.end())
    client.write(head)
    await client.until(1)
    const isReading = (): boolean =>
      (socket() as unknown as { _handle: { reading: boolean } })._handle.reading
    socket().pause()
    expect(isReading()).toBe(false)
    startReading(socket())
    expect(isReading()).toBe(true)
    client.write(head)
    await eventually(() => byteCounterOf(socket()).bytesRead === 2 * head.length, 'the bytes')
  })

  it("removing the 'data' listeners takes the parser off: no request reaches the app, none is answered", async () => {
    const { client, socket, requests } = await accepts(tls, (_req, res) => void res.end())
    client.write(head)
    await client.until(1)
    takeParserOff(socket())
    let read = 0
    socket().on('data', ({ length }: Buffer) => (read += length))
    client.write(head)
    await eventually(() => read === head.length, 'the bytes')
    expect(requests()).toBe(1)
    expect(client.responses).toHaveLength(1)
  })

  it('close() closes what is idle by server.closeIdleConnections(), and closeListening() does not', async () => {
    const { client, socket, server } = await accepts(tls, (_req, res) => void res.end())
    client.write(head)
    await client.until(1)
    closeListening(server, () => server.close())
    expect(server.listening).toBe(false)
    expect(Object.hasOwn(server, 'closeIdleConnections')).toBe(false)
    client.write(head)
    await client.until(2)
    server.closeIdleConnections()
    expect(socket().destroyed).toBe(true)
  })

  it('_parent of a TLS socket is the socket that was accepted; every socket has the field', async () => {
    const { socket, accepted } = await accepts(tls, (_req, res) => void res.end())
    expect(canCarry(accepted())).toBe(true)
    expect(carrierOf(accepted())).toBeUndefined()
    expect(carrierOf(socket())).toBe(tls ? accepted() : undefined)
  })

  it("a response's end calls the socket's setTimeout, or destroySoon after the last one", async () => {
    const calls: string[] = []
    const { client } = await accepts(tls, (req, res) => {
      if (req.url === '/last') res.setHeader('Connection', 'close')
      for (const name of ['setTimeout', 'destroySoon'] as const) {
        const own = Socket.prototype[name] as (...args: unknown[]) => unknown
        Object.assign(req.socket, {
          [name](this: Socket, ...args: unknown[]) {
            calls.push(`${name} ${args}`.trim())
            return own.apply(this, args)
          },
        })
      }
      res.on('finish', () => calls.push('finish'))
      res.on('close', () => calls.push('close'))
      res.end()
    })
    client.write(head)
    await eventually(() => calls.includes('close'), 'the first end')
    expect(calls.splice(0)).toEqual(['setTimeout 6000', 'finish', 'close'])
    client.write('GET /last HTTP/1.1\r\nHost: test\r\n\r\n')
    await client.end()
    await eventually(() => calls.includes('close'), 'the last end')
    // The idle timer is cleared when the request begins.
    expect(calls.slice(0, 4)).toEqual(['setTimeout 0', 'destroySoon', 'finish', 'close'])
  })
})

it("a message with NODE_ comes as 'internalMessage', and not as 'message'", async () => {
  const text = `
    process.on('message', (message) => process.send({ message }))
    process.on('internalMessage', ({ word }) => {
      process.send({ internalMessage: word })
      process.send({ cmd: 'NODE_KEEPALIVE_KIT', word: 'drained' })
    })`
  const child = spawn(process.execPath, ['-e', text], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const seen: unknown[] = []
  const heard: string[] = []
  child.on('message', (message) => seen.push(message))
  hearUnseen(child, (word) => heard.push(word))
  sendUnseen(child, 'drain')
  child.send('end')
  await eventually(() => seen.length > 1, 'both answers')
  expect(seen).toEqual([{ internalMessage: 'drain' }, { message: 'end' }])
  expect(heard).toEqual(['drained'])
})
