import { describe, expect, test } from 'vitest'
import { closerOf, isReset, isSilentClose, isUndiciReset } from '../../../src/outgoing/closer.ts'
import { advertisedIn } from '../../../src/outgoing/hint.ts'
import { resolveOutgoing } from '../../../src/outgoing/options.ts'
import { originOf, originOfParams, originOfUrl } from '../../../src/outgoing/origin.ts'
import { pickOrigins, readOrigins } from '../../../src/outgoing/pick.ts'
import { siteIn } from '../../../src/outgoing/sites.ts'
import { outgoingRow, outgoingSnapshot } from '../../support/outgoing-findings.ts'

const request = (protocol: string, host: unknown, header: string | undefined, socketPath?: string) => ({
  protocol,
  host,
  socketPath,
  getHeader: () => header,
})

test.each([
  [request('http:', 'a.test', 'a.test'), undefined, 'http://a.test'],
  [request('http:', 'A.test', 'a.test:8080'), 1, 'http://a.test:8080'],
  [request('https:', 'a.test', 'a.test:443'), undefined, 'https://a.test'],
  [request('https:', 'a.test', 'a.test:80'), undefined, 'https://a.test:80'],
  // A header of the app's own says nothing of the port.
  [request('http:', '127.0.0.1', 'virtual.test'), 3_000, 'http://127.0.0.1:3000'],
  [request('http:', '127.0.0.1', 'virtual.test'), undefined, 'http://127.0.0.1'],
  [request('http:', '::1', '[::1]:8080'), undefined, 'http://[::1]:8080'],
  [request('http:', 'localhost', 'localhost', '/run/app.sock'), undefined, 'unix:/run/app.sock'],
  [request('http:', 'evil\n.test', 'x'), undefined, 'http://evil\\u{a}.test'],
])('the origin of a request, %#', (given, port, origin) => {
  expect(originOf(given, port)).toBe(origin)
})

test('an origin is short, whatever its name', () => {
  expect(originOf(request('http:', 'x'.repeat(10_000), undefined), 80).length).toBeLessThan(310)
  expect(originOfUrl(`http://${'x'.repeat(10_000)}`).length).toBeLessThan(310)
})

test('the origin of an undici connection', () => {
  expect(originOfParams({ protocol: 'https:', hostname: 'a.test', port: '' })).toBe('https://a.test')
  expect(originOfParams({ protocol: 'https:', hostname: '::1', port: '8443' })).toBe('https://[::1]:8443')
  expect(originOfUrl(new URL('http://a.test:80').origin)).toBe('http://a.test')
})

test.each([
  [['Keep-Alive', 'timeout=5'], 5_000],
  [['Server', 'x', 'KEEP-ALIVE', 'max=3, timeout=65', 'Date', 'x'], 65_000],
  [['keep-alive', 'timeout="7"'], 7_000],
  [['keep-alive', 'timeout=0'], 0],
  [['keep-alive', 'max=100'], undefined],
  [['keep-alive', 'timeout=123456789012'], undefined],
  [['keep-alive', 'mytimeout=5'], undefined],
  [['connection', 'keep-alive'], undefined],
  [['odd'], undefined],
  [[Buffer.from('Keep-Alive'), Buffer.from('timeout=9')], 9_000],
  [[], undefined],
])('the advertised timeout in %j', (headers, timeout) => {
  expect(advertisedIn(headers)).toBe(timeout)
})

describe('who closed', () => {
  const quiet = { askedBy: undefined, peerEnded: false, error: undefined, isSilent: false }
  const system = (code: string): object => ({ code, errno: -1, syscall: 'read' })
  test.each([
    [{}, 'us'],
    [{ peerEnded: true }, 'server'],
    [{ isSilent: true }, 'server'],
    [{ error: system('ECONNRESET') }, 'server'],
    [{ error: system('EPIPE') }, 'server'],
    [{ error: system('ETIMEDOUT') }, 'network'],
    [{ error: { code: 'ERR_SSL_DECRYPTION_FAILED' } }, 'network'],
    [{ error: { code: 'UND_ERR_SOCKET' } }, 'server'],
    [{ error: { code: 'UND_ERR_INFO' } }, 'us'],
    // An app may destroy a socket with what it likes.
    [{ error: { code: 'ECONNRESET' } }, 'us'],
    [{ error: 'a string' }, 'us'],
    [{ askedBy: 'us' as const, peerEnded: true }, 'us'],
    [{ askedBy: 'server' as const }, 'server'],
  ])('%j: %s', (given, closer) => {
    expect(closerOf({ ...quiet, ...given })).toBe(closer)
  })

  test('a reset is of the system', () => {
    expect([isReset(system('ECONNRESET')), isReset({ code: 'ECONNRESET' }), isReset(null)]).toEqual([
      true,
      false,
      false,
    ])
    expect(isUndiciReset({ code: 'UND_ERR_INFO', message: 'reset' })).toBe(true)
    expect(isUndiciReset({ code: 'UND_ERR_INFO', message: 'socket idle timeout' })).toBe(false)
  })

  test('a close without a trace is the server’s after a while, or where the agent goes on', () => {
    expect([isSilentClose(10, false), isSilentClose(10, true), isSilentClose(250, false)]).toEqual([
      false,
      true,
      true,
    ])
  })
})

test('a call site is the first frame of the app', () => {
  const stack = `Error
    at channel (/app/node_modules/keepalive-kit/dist/track.cjs:1:1)
    at ActiveChannel.publish (node:diagnostics_channel:150:9)
    at new ClientRequest (node:_http_client:1:1)
    at dispatch (/app/node_modules/axios/lib/http.js:1:1)
    at async getUser (file:///app/src/users.js:12:9)
    at main (/app/src/main.js:1:1)`
  expect(siteIn(stack)).toBe('getUser (/app/src/users.js:12:9)')
  expect(siteIn('Error\n    at node:internal/x:1:1')).toBe(undefined)
  expect(siteIn('')).toBe(undefined)
})

test('options', () => {
  expect(resolveOutgoing(undefined)).toEqual({ origins: 1_000, sites: 0 })
  expect(resolveOutgoing({ sites: 5 })).toEqual({ origins: 1_000, sites: 5 })
  expect(() => resolveOutgoing({ origins: 0 })).toThrow(
    'trackOutgoing().origins must be a whole number from 1 to 100000',
  )
  expect(() => resolveOutgoing({ sites: '5' })).toThrow('trackOutgoing().sites')
  expect(() => resolveOutgoing({ hosts: 5 })).toThrow('The options are origins and sites')
})

test('only listed origins are named', () => {
  const rows = ['https://a.test', 'https://b.test', 'https://c.test'].map((origin) =>
    outgoingRow(origin, { connections: { opened: 2, agents: 1 } }),
  )
  const picked = pickOrigins(outgoingSnapshot(...rows), ['https://b.test', 'https://never.test'])
  expect(picked.map(({ name, row }) => [name, row.connections.opened])).toEqual([
    ['https://b.test', 2],
    ['https://never.test', 0],
    ['other', 4],
  ])
  expect(readOrigins('x', ['https://A.test/path', 'http://b:80', 'https://a.test', 'unix:/s'])).toEqual([
    'https://a.test',
    'http://b',
    'unix:/s',
  ])
  for (const wrong of ['https://a', ['a.test'], [5], ['ftp://a'], {}])
    expect(() => readOrigins('option', wrong)).toThrow('option must be a list of origins')
})
