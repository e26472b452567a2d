import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LateRequests } from '../../../src/connection/late-requests.ts'

const get = (head = ''): string => `GET /path HTTP/1.1\r\nHost: test\r\n${head}\r\n`
const post = (body: string, name = 'Content-Length'): string =>
  `POST / HTTP/1.1\r\nHost: test\r\n${name}: ${body.length}\r\n\r\n${body}`

/** A body that looks like requests. */
const lines = 'GET /not HTTP/1.1\r\n\r\n'.repeat(3)

/** The count after each read. */
function counts(...reads: readonly string[]): number[] {
  const requests = new LateRequests()
  return reads.map((read) => requests.read(Buffer.from(read, 'latin1')))
}

const total = (...reads: readonly string[]): number => counts(...reads).reduce((sum, count) => sum + count, 0)

describe('requests count', () => {
  const stream = ['\r\n', get(), post(lines), '\n\n', post(''), get('X: y\r\n'), post('hi', 'content-length')]

  it('however the bytes are split into reads', () => {
    const text = stream.join('')
    const places = fc.array(fc.nat({ max: text.length }), { maxLength: 30 })
    fc.assert(
      fc.property(places, (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length]
        expect(total(...at.slice(1).map((end, i) => text.slice(at[i], end)))).toBe(5)
      }),
    )
  })

  it('although each byte arrives alone', () => {
    expect(total(...stream.join(''))).toBe(5)
  })

  it('in the read in which their first line is complete', () => {
    expect(counts('GET / HTTP/1.', '1\r\nHo', 'st: test\r\n\r\nGET / HTTP/1.0\r\n')).toEqual([0, 1, 1])
  })

  it('with line ends of one character (LF)', () => {
    expect(total(`${get()}${post(lines)}`.replaceAll('\r', '') + get())).toBe(2)
    expect(total(get().replaceAll('\r', '') + get())).toBe(2)
  })

  it.each([
    ['the shortest method', 'GET / HTTP/1.1\r\n', 1],
    ['a long method', `${'M'.repeat(20)} / HTTP/1.1\r\n`, 1],
    ['too long a method', `${'M'.repeat(21)} / HTTP/1.1\r\n`, 0],
    ['too short a method', 'GO / HTTP/1.1\r\n', 0],
    ['another protocol', 'GET / SPDY/3.1\r\n', 0],
    ['another version', 'GET / HTTP/2.0\r\n', 0],
    ['no target', 'GET HTTP/1.1\r\n', 0],
    ['something before it', 'x GET / HTTP/1.1\r\n', 0],
    ['something behind it', 'GET / HTTP/1.1 x\r\n', 0],
  ])('by the form of their first line: %s', (_, line, count) => {
    expect(total(line)).toBe(count)
  })
})

describe('parsing stops', () => {
  it.each([
    ['what is no request', 'no request\r\n\r\n', 0],
    ['a body in chunks', get('Transfer-Encoding: chunked\r\n'), 1],
  ])('behind %s', (_, bytes, before) => {
    expect(total(bytes + get())).toBe(before)
    expect(total(bytes, get(), get())).toBe(before)
  })

  it('behind 100 requests', () => {
    const each = Array.from({ length: 150 }, () => get())
    expect(total(each.join(''))).toBe(100)
    expect(total(...each)).toBe(100)
    expect(total(...each.slice(0, 100))).toBe(100)
    expect(total(...each.slice(0, 99))).toBe(99)
  })

  it('behind a head that is longer than 16 KiB, or a first line that is', () => {
    const filler = (length: number): string => `X: ${'x'.repeat(length)}\r\n`
    const open = (length: number): string => `GET / HTTP/1.1\r\n${filler(length)}`
    expect(total(open(16_000), '\r\n', get())).toBe(2)
    expect(total(open(17_000), '\r\n', get())).toBe(1)
    expect(total('G'.repeat(17_000), get())).toBe(0)
  })
})

it('skips a long body in any number of reads', () => {
  const body = 'GET / HTTP/1.1\r\n'.repeat(5_000)
  const part = body.slice(0, body.length / 4)
  const head = post(body).slice(0, -body.length)
  expect(counts(head, part, part, part, part + get())).toEqual([1, 0, 0, 0, 1])
  expect(counts(head + part, part + part + part, get())).toEqual([1, 0, 1])
})
