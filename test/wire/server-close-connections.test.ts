import type { Server } from 'node:http'
import { createServer as createNetServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { close, get, open, setUp, wiring } from '../support/closing.ts'
import { listen } from '../support/server.ts'
import { eventually, within } from '../support/within.ts'

describe.each([
  ['http', false],
  ['https', true],
])('close() over %s', (_, tls) => {
  it('answers a head of which a part has arrived', async () => {
    const { kit, server, port } = await setUp(tls)
    const client = await open(port, tls)
    await client.get()
    client.write('GET / HT')
    await eventually(() => kit.connections()[0]!.bytesRead === get().length + 8, 'the part')
    const { took } = close(server)
    client.write('TP/1.1\r\nHost: test\r\n\r\n')
    expect((await client.until(2))[1]).toMatchObject({ body: 'ok', headers: { connection: 'close' } })
    expect(await client.end(1_000)).toBe('FIN')
    await within(1_000, 'close()', took)
  })

  it('ends a connection that another server has handed over', async () => {
    const { kit, server, responses, release } = await setUp(tls)
    const sockets: Socket[] = []
    const door = createNetServer((socket) => {
      sockets.push(socket)
      server.emit('connection', socket)
    })
    onTestFinished(() => void door.close())
    const port = await listen(door as Server)
    const [idle, busy, stream] = [await open(port, tls), await open(port, tls), await open(port, tls)]
    await idle.get()
    busy.write(get('/slow'))
    stream.write(get('/stream'))
    await eventually(() => responses.length === 2, 'the requests')
    close(server)
    release()
    expect((await busy.until(1))[0]!.headers.connection).toBe('close')
    for (const client of [busy, stream, idle]) expect(await client.end(1_500)).toBe('FIN')
    await eventually(() => sockets.every(({ closed }) => closed), 'the sockets to close')
    expect(kit.connections().filter(({ requests }) => requests > 0)).toEqual([])
  })

  it('listen() ends it: connections are kept alive again', async () => {
    const { kit, server, responses, release, port } = await setUp(tls, undefined, { maxRequests: 3 })
    const client = await open(port, tls)
    client.write(get('/slow'))
    await eventually(() => responses.length === 1, 'the request')
    const { took } = close(server)
    release()
    expect((await client.until(1))[0]!.headers.connection).toBe('close')
    await within(3_000, 'close()', took)
    const again = await open(await listen(server), tls)
    for (const left of [2, 1])
      expect((await again.get()).headers).toMatchObject({
        connection: 'keep-alive',
        'keep-alive': `timeout=65, max=${left}`,
      })
    expect(kit.connections()).toMatchObject([{ requests: 2, state: 'idle' }])
    expect((await again.get()).headers.connection).toBe('close')
  })

  it('leaves an upgraded connection alone, as plain Node does', async () => {
    for (const attach of [() => {}, wiring[0]![1]]) {
      const { server, port } = await setUp(tls, attach)
      const client = await open(port, tls)
      server.on('upgrade', (_req, socket: Socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
        socket.pipe(socket)
      })
      client.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
      await eventually(() => client.text.includes('101'), 'the upgrade')
      const { took, done } = close(server)
      client.write('still here')
      await eventually(() => client.text.endsWith('still here'), 'the echo')
      expect(done()).toBe(false)
      client.socket.end()
      await within(1_000, 'close()', took)
    }
  })
})
