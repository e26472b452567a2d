import type { Server } from 'node:http'
import { describe, expect, it } from 'vitest'
import { get, type Parts, play } from '../support/refused.ts'

const garbage = 'no http\r\n\r\n'
const noHost = 'GET / HTTP/1.1\r\n\r\n'
const expectation = get('/', 'Expect: something\r\n')

// After a response that closes or refuses, there must be no second response.
const behindTheLast: [what: string, parts: Parts, statuses: number[]][] = [
  ['a response that says close', [get('/last') + garbage], [200]],
  ['a 400 for a missing Host', [noHost + garbage], [400]],
  ['a 400 for a missing Host, behind an answered request', [get('/'), noHost + garbage], [200, 400]],
  ['a 417', [expectation + garbage], [417]],
  ['a 400 for garbage', [garbage + garbage], [400]],
]

describe.each([
  ['http', false],
  ['https', true],
])('garbage over %s', (_, tls) => {
  it.each(behindTheLast)('no response follows %s, as on plain Node', async (_what, parts, statuses) => {
    const plain = await play(parts, { tls, withKit: false })
    expect(plain.statuses).toEqual(statuses)
    const { answers } = await play(parts, { tls, withKit: true })
    expect(answers).toBe(plain.answers)
  })

  it('no response follows a 408, as on plain Node', async () => {
    const parts = ['GET / HTTP/1.1\r\nHo', garbage]
    const plain = await play(parts, { tls, withKit: false, headersTimeout: 200 })
    expect(plain.statuses).toEqual([408])
    const { answers } = await play(parts, { tls, withKit: true, headersTimeout: 200 })
    expect(answers).toBe(plain.answers)
  })

  // Plain Node refuses such a request and continues to read.
  it.each([
    ['in the same read', [get('/') + get('/') + garbage]],
    ['in a read of its own', [get('/'), get('/'), garbage]],
  ])('gets no second error answer behind a 503 for too many requests, %s', async (_where, parts) => {
    const prepare = (server: Server): void => {
      server.maxRequestsPerSocket = 1
    }
    const plain = await play(parts, { tls, withKit: false, prepare })
    const { statuses } = await play(parts, { tls, withKit: true, prepare })
    expect(statuses.filter((status) => status >= 400).length).toBeLessThanOrEqual(1)
    expect(statuses).toEqual(plain.statuses.slice(0, statuses.length))
    expect(statuses[0]).toBe(200)
  })

  it("no response follows the kit's own last response", async () => {
    const { statuses } = await play([get('/'), get('/') + garbage], { tls, withKit: true, maxRequests: 2 })
    expect(statuses).toEqual([200, 200])
  })
})
