import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { get, type Parts, play } from '../support/refused.ts'

const upload = 'POST /upload HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n'
const garbage = 'no http\r\n\r\n'
const oversized = get('/', `X-Big: ${'x'.repeat(20_000)}\r\n`)
const half = 'GET / HTTP/1.1\r\nHo'

const refused: [what: string, parts: Parts, status: number, code: string][] = [
  ['garbage', [garbage], 400, 'HPE_INVALID_METHOD'],
  ['garbage behind an answered request', [get('/'), garbage], 400, 'HPE_INVALID_METHOD'],
  ['garbage behind a request under way', [get('/never') + garbage], 400, 'HPE_INVALID_METHOD'],
  ['an oversized head', [oversized], 431, 'HPE_HEADER_OVERFLOW'],
  ['an oversized head behind an answered request', [get('/'), oversized], 431, 'HPE_HEADER_OVERFLOW'],
  ['a chunk without a size', [`${upload}no size\r\n`], 400, 'HPE_INVALID_CHUNK_SIZE'],
  [
    'a chunk with oversized extensions',
    [`${upload}5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`],
    413,
    'HPE_CHUNK_EXTENSIONS_OVERFLOW',
  ],
  ['a head that does not arrive in full', [half], 408, 'ERR_HTTP_REQUEST_TIMEOUT'],
  ['such a head behind an answered request', [get('/'), half], 408, 'ERR_HTTP_REQUEST_TIMEOUT'],
]

describe.each([
  ['http', false],
  ['https', true],
])('what Node refuses, over %s', (_, tls) => {
  it.each(refused)('%s: one answer, and an error on the socket, as on plain Node', async (...args) => {
    const [, parts, status, code] = args
    const headersTimeout = status === 408 ? 200 : 66_000
    const plain = await play(parts, { tls, withKit: false, headersTimeout })
    expect(plain).toMatchObject({ errors: [code], hadError: true })
    expect(plain.statuses.at(-1)).toBe(status)
    expect(await play(parts, { tls, withKit: true, headersTimeout })).toEqual(plain)
  })

  it('garbage during a response: no second response inside the first, as on plain Node', async () => {
    const plain = await play([get('/part') + garbage], { tls, withKit: false })
    expect(plain).toMatchObject({ errors: ['HPE_INVALID_METHOD'], hadError: true })
    expect(plain.answers).not.toContain(' 400 ')
    expect(await play([get('/part') + garbage], { tls, withKit: true })).toEqual(plain)
  })

  it("a 'clientError' listener gets the same as on plain Node", async () => {
    const hear = async (withKit: boolean) => {
      const heard: unknown[] = []
      const prepare = (server: Server): void => {
        const sockets = new Set<unknown>()
        server.on(tls ? 'secureConnection' : 'connection', (socket) => sockets.add(socket))
        server.on('clientError', (...args: unknown[]) => {
          const [error, socket, ...more] = args as [Error & Record<string, unknown>, Socket, ...unknown[]]
          const { name, message, code, bytesParsed, rawPacket } = error
          heard.push({ name, message, code, bytesParsed, rawPacket, more, accepted: sockets.has(socket) })
          socket.end('HTTP/1.1 418 Own\r\nContent-Length: 0\r\n\r\n')
        })
      }
      return { heard, ...(await play([get('/'), garbage], { tls, withKit, prepare })) }
    }
    const plain = await hear(false)
    expect(plain).toMatchObject({
      heard: [{ accepted: true, code: 'HPE_INVALID_METHOD' }],
      statuses: [200, 418],
    })
    expect(await hear(true)).toEqual(plain)
  })
})
