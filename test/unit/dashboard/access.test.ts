import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { isLocal } from '../../../src/dashboard/access.ts'

const request = (
  remoteAddress: string | undefined,
  headers: IncomingHttpHeaders = { host: 'localhost:3000' },
  httpVersion = '1.1',
) => ({
  socket: { remoteAddress } as Socket,
  headers,
  httpVersion,
})

test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '::ffff:127.1.2.3'])(
  '%s gets in',
  (address) => {
    expect(isLocal(request(address))).toBe(true)
  },
)

test.each([
  '10.0.0.1',
  '192.0.2.1',
  '::ffff:10.0.0.1',
  '2001:db8::1',
  '::2',
  '::ffff:128.0.0.1',
  '127.0.0.1.example.org',
  '1127.0.0.1',
  '',
  undefined,
])('%s does not', (address) => {
  expect(isLocal(request(address))).toBe(false)
})

test.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
  'what a proxy sent with %s does not',
  (name) => {
    expect(isLocal(request('127.0.0.1', { host: 'localhost', [name]: '127.0.0.1' }))).toBe(false)
  },
)

test.each(['localhost', 'LOCALHOST:80', 'app.localhost', '127.0.0.1:3000', '[::1]:3000', '10.0.0.7'])(
  'who asks for %s gets in',
  (host) => {
    expect(isLocal(request('127.0.0.1', { host }))).toBe(true)
  },
)

test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', '', undefined])(
  'who asks for %s does not: a name may be made to point here',
  (host) => {
    expect(isLocal(request('127.0.0.1', host === undefined ? {} : { host }))).toBe(false)
  },
)

test('no header lets anybody in', () => {
  const headers = { host: 'localhost', 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' }
  expect(isLocal(request('192.0.2.1', headers))).toBe(false)
})

test('HTTP/1.0 does not: no browser sends it, and a proxy that adds no header may', () => {
  expect(isLocal(request('127.0.0.1', { host: '127.0.0.1:3000' }, '1.0'))).toBe(false)
  expect(isLocal(request('127.0.0.1', { host: '127.0.0.1:3000' }, '1.1'))).toBe(true)
})

test.each([
  ['same-origin', true],
  ['none', true],
  ['same-site', false],
  ['cross-site', false],
  ['', false],
])('what the browser calls %s gets in: %s', (site, getsIn) => {
  expect(isLocal(request('127.0.0.1', { host: 'localhost', 'sec-fetch-site': site }))).toBe(getsIn)
})
