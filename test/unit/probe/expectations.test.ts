import { describe, expect, test } from 'vitest'
import { type Expectation, parseExpectation, type Refusal } from '../../../src/probe/expectations.ts'
import { reportOf } from '../../support/probe-report.ts'

const met = (text: string, report: Parameters<typeof reportOf>[0]) =>
  (parseExpectation(text) as Expectation).holds(reportOf(report)).met

const idle = (ms: number | null, atLeast: number = ms ?? 0) => ({ idleTimeout: { ms, atLeast } })

describe('the idle timeout, within what the measure may be off by', () => {
  test.each([
    ['idle>60s', 65_000, true],
    ['idle>60s', 60_000, false],
    ['idle>60s', 60_500, false],
    ['idle>=60s', 60_000, true],
    ['idle>=60s', 59_500, true],
    ['idle>=60s', 59_000, false],
    ['idle<60s', 59_000, true],
    ['idle<60s', 59_500, false],
    ['idle<=1m', 60_500, true],
    ['idle <= 60000ms', 61_000, false],
    ['idle>1.5s', 1_700, true],
  ])('%s at %d ms: %s', (text, ms, expected) => {
    expect(met(text, idle(ms))).toBe(expected)
  })

  test.each([
    ['idle>60s', 61_000, true],
    ['idle>60s', 30_000, 'unknown'],
    ['idle>=60s', 30_000, 'unknown'],
    ['idle<60s', 30_000, 'unknown'],
    ['idle<60s', 60_000, false],
    ['idle<=60s', 30_000, 'unknown'],
    ['idle<=60s', 61_000, false],
  ])('%s where it was still open after %d ms: %s', (text, atLeast, expected) => {
    expect(met(text, idle(null, atLeast))).toBe(expected)
  })
})

test.each([
  ['cap>=100', { cap: 100, tried: 100 }, true],
  ['cap>100', { cap: 100, tried: 100 }, false],
  ['cap>100', { cap: null, tried: 165 }, true],
  ['cap>1000', { cap: null, tried: 165 }, 'unknown'],
])('%s with %j: %s', (text, maxRequests, expected) => {
  expect(met(text, { maxRequests })).toBe(expected)
})

test('what is there or not', () => {
  expect(met('reuse', { reuse: true })).toBe(true)
  expect(met('!reuse', { reuse: true })).toBe(false)
  expect(met('!http10', { http10KeepAlive: false })).toBe(true)
  expect(met('pipelining', { pipelining: { sent: 3, answered: 2 } })).toBe(false)
  expect(met('http2', {})).toBe('unknown')
  expect(met('http2', { protocol: 'h2c' })).toBe(true)
  expect(met('goaway', {})).toBe('unknown')
  expect(met('goaway', { protocol: 'h2c' })).toBe(false)
  expect(met('ping', {})).toBe('unknown')
  expect(met('ping', { ping: { answered: true, ms: 1, restartsIdleTimeout: null } })).toBe(true)
})

test('what was not measured is unknown', () => {
  expect(met('idle>1s', { idleTimeout: null })).toBe('unknown')
  expect(met('tls<1s', {})).toBe('unknown')
})

test.each([
  ['', /is not a condition/],
  ['idle>60s; rm', /is not a condition/],
  ['IDLE>60s', /is not a condition/],
  ['idle>60', /a time needs its unit/],
  ['cap>60s', /a count is a whole number and has no unit/],
  ['idle', /idle needs a comparison: write it as in 'idle>60s'/],
  ['!idle>60s', /idle needs a comparison/],
  ['reuse>1', /takes no number/],
  ['constructor>1', /constructor is not measured: the names are idle, cap, /],
  ['ilde>1s', /did you mean idle\?/],
])('%j is refused in a line', (text, message) => {
  const { wrong, remedy } = parseExpectation(text) as Refusal
  expect(`${wrong}: ${remedy}`).toMatch(message)
  expect(wrong + remedy).not.toContain('\n')
})
