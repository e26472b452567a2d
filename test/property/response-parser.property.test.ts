import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProbeFailure } from '../../src/probe/failure.ts'
import { bounds, type Http1Response, ResponseParser } from '../../src/probe/response-parser.ts'

const body = fc.string({ maxLength: 40 })
const status = fc.integer({ min: 200, max: 599 }).filter((code) => code !== 204 && code !== 304)

/** A response on the wire and the size of its body. */
const response = fc
  .record({
    status,
    body,
    chunked: fc.boolean(),
    interim: fc.nat(3),
    sizes: fc.array(fc.integer({ min: 1, max: 9 })),
    blank: fc.boolean(),
  })
  .map(({ status, body, chunked, interim, sizes, blank }) => {
    const bytes = Buffer.from(body)
    const head = `${blank ? '\r\n' : ''}${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(interim)}HTTP/1.1 ${status} Some thing\r\nX-A: 1\r\nx-a:  2 \r\n`
    if (!chunked) {
      return {
        status,
        size: bytes.length,
        wire: Buffer.concat([Buffer.from(`${head}Content-Length: ${bytes.length}\r\n\r\n`), bytes]),
      }
    }
    const parts: Buffer[] = [Buffer.from(`${head}Transfer-Encoding: gzip, Chunked\r\n\r\n`)]
    let at = 0
    for (const size of [...sizes, bytes.length]) {
      const part = bytes.subarray(at, at + size)
      at += part.length
      if (part.length > 0)
        parts.push(Buffer.from(`${part.length.toString(16)};ext=1\r\n`), part, Buffer.from('\r\n'))
    }
    parts.push(Buffer.from('0\r\nTrailer: x\r\n\r\n'))
    return { status, size: bytes.length, wire: Buffer.concat(parts) }
  })

test('responses are read alike however the network cuts them', () => {
  fc.assert(
    fc.property(
      fc.array(response, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(60)),
      (responses, cuts) => {
        const wire = Buffer.concat(responses.map((each) => each.wire))
        const parser = new ResponseParser(() => false)
        const found: Http1Response[] = []
        let at = 0
        for (const cut of [...cuts, wire.length]) {
          found.push(...parser.push(wire.subarray(at, at + cut)))
          at += cut
        }
        expect(found.map(({ status, bytes }) => ({ status, size: bytes }))).toEqual(
          responses.map(({ status, size }) => ({ status, size })),
        )
        for (const { headers } of found) expect(headers.get('x-a')).toBe('1, 2')
        expect(parser.underWay).toBe(false)
        expect(parser.end()).toBeUndefined()
      },
    ),
  )
})

test('whatever comes, it gives responses or fails in one printable line, and keeps no more than a head', () => {
  const pieces = fc.constantFrom(
    'HTTP/1.1 200 OK\r\n',
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    '\r\n',
    '5\r\n',
    'abc',
    '\n',
    ':',
    'ffffffff\r\n',
  )
  const noise = fc.oneof(
    pieces.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    fc.nat(2 * bounds.head).map((size) => Buffer.alloc(size, 'a')),
  )
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 60 }), fc.boolean(), (chunks, head) => {
      const parser = new ResponseParser(() => head)
      try {
        for (const chunk of chunks) {
          for (const { bytes } of parser.push(chunk)) expect(bytes).toBeLessThanOrEqual(bounds.body)
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ProbeFailure)
        expect((error as Error).message).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]{10,250}$/u)
      }
    }),
  )
})
