import { expect, test } from 'vitest'
import { type TimelineEvent, timelineLines } from '../../src/timeline.ts'

test('reads like a packet capture: reuse, idle gaps and response times', () => {
  const events: TimelineEvent[] = [
    { at: 0, event: 'accepted', detail: 'from 127.0.0.1:41880' },
    { at: 3.2, event: 'secured', detail: 'TLSv1.3' },
    { at: 4, event: 'first-byte', by: 'client' },
    { at: 4, event: 'request', detail: 'GET /' },
    { at: 7, event: 'response', detail: '200' },
    { at: 4_207, event: 'request', detail: 'GET /slow' },
    { at: 64_207, event: 'response', detail: '200' },
    { at: 74_207, event: 'fin', by: 'server' },
    { at: 74_208.4, event: 'late-bytes', by: 'client', detail: '53 bytes' },
    { at: 74_210, event: 'reset', by: 'client' },
    { at: 74_210, event: 'closed', by: 'server', detail: 'idle-timeout' },
  ]
  expect(timelineLines(events)).toEqual([
    ' 0.000 s  accepted from 127.0.0.1:41880',
    ' 0.003 s  TLS TLSv1.3',
    ' 0.004 s  first byte from the client',
    ' 0.004 s  request GET /',
    ' 0.007 s  response 200 (after 3 ms)',
    '          idle 4.2 s',
    ' 4.207 s  request GET /slow (reused)',
    '64.207 s  response 200 (after 60 s)',
    '          idle 10 s',
    '74.207 s  FIN from the server',
    '74.208 s  late bytes from the client: 53 bytes',
    '74.210 s  RST from the client',
    '74.210 s  closed by the server: idle-timeout',
  ])
})

test('pipelined requests have no idle gap between them', () => {
  const events: TimelineEvent[] = [
    { at: 0, event: 'connected' },
    { at: 1, event: 'request', detail: 'GET /1' },
    { at: 1, event: 'request', detail: 'GET /2' },
    { at: 11, event: 'response', detail: '200' },
    { at: 31, event: 'response', detail: '200' },
    { at: 41, event: 'closed' },
  ]
  expect(timelineLines(events).map((line) => line.slice(9))).toEqual([
    'connected',
    'request GET /1',
    'request GET /2 (reused)',
    'response 200 (after 10 ms)',
    'response 200 (after 30 ms)',
    'idle 10 ms',
    'closed',
  ])
})

test('there is no idle gap after a FIN', () => {
  const events: TimelineEvent[] = [
    { at: 1, event: 'request' },
    { at: 2, event: 'fin', by: 'client' },
    { at: 10, event: 'response', detail: '200' },
    { at: 500, event: 'fin', by: 'server' },
  ]
  expect(timelineLines(events).join('\n')).not.toContain('idle')
})

test('a response without a request has no response time', () => {
  expect(timelineLines([{ at: 60_000, event: 'response', detail: '408' }])).toEqual([
    '60.000 s  response 408',
  ])
})

test('text from the network is on one line, escaped and truncated', () => {
  const [line = '', ...others] = timelineLines([
    { at: 0, event: 'request', detail: `GET /\r\n\u001b[2J\u202e\u2028\ud800${'x'.repeat(10_000)}` },
  ])
  expect(others).toEqual([])
  expect(line).toContain('GET /\\u{d}\\u{a}\\u{1b}[2J\\u{202e}\\u{2028}\\u{d800}x')
  expect(line.length).toBeLessThan(220)
})

test('no events', () => {
  expect(timelineLines([])).toEqual([])
})

test('on HTTP/2 each answer belongs to the request on its stream, and nothing is idle behind GOAWAY', () => {
  const events: TimelineEvent[] = [
    { at: 0, event: 'accepted' },
    { at: 1, event: 'request', stream: 1, detail: 'GET /slow' },
    { at: 2, event: 'request', stream: 3, detail: 'GET /' },
    { at: 4, event: 'response', stream: 3, detail: '200' },
    { at: 31, event: 'response', stream: 1, detail: '200' },
    { at: 1_031, event: 'request', stream: 5, detail: 'GET /' },
    { at: 1_031, event: 'goaway', by: 'server', detail: 'max-requests (last stream 5)' },
    { at: 1_040, event: 'response', stream: 5, detail: '200' },
    { at: 1_060, event: 'fin', by: 'server', detail: 'max-requests' },
  ]
  expect(timelineLines(events)).toEqual([
    '0.000 s  accepted',
    '0.001 s  request #1 GET /slow',
    '0.002 s  request #3 GET / (reused)',
    '0.004 s  response #3 200 (after 2 ms)',
    '0.031 s  response #1 200 (after 30 ms)',
    '         idle 1 s',
    '1.031 s  request #5 GET / (reused)',
    '1.031 s  GOAWAY from the server: max-requests (last stream 5)',
    '1.040 s  response #5 200 (after 9 ms)',
    '1.060 s  FIN from the server: max-requests',
  ])
})
