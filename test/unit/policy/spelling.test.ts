import { expect, test } from 'vitest'
import { distance, namesSharingWords, nearNames } from '../../../src/policy/spelling.ts'
import { timeRatio } from '../../support/time-ratio.ts'

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['abc', '', 3],
  ['linger', 'linger', 0],
  ['lingr', 'linger', 1],
  ['lingger', 'linger', 1],
  ['lunger', 'linger', 1],
  ['ilnger', 'linger', 1],
  ['jittre', 'jitter', 1],
  ['ca', 'abc', 3], // an unrestricted transposition would make it 2
  ['kitten', 'sitting', 3],
])('from %j to %j it is %d', (a, b, expected) => {
  expect(distance(a, b)).toBe(expected)
  expect(distance(b, a)).toBe(expected)
})

test('suggests the nearest names first', () => {
  const names = ['maxIdle', 'minIdle', 'maxAge', 'keepAliveTimeout', 'log']
  expect(nearNames('mxIdle', names)).toEqual(['maxIdle'])
  expect(nearNames('mIdle', ['midle', 'idle', 'maxIdle'])).toEqual(['midle'])
  expect(nearNames('keepAliveTimout', ['keepAliveTimeoutBuffer', 'keepAliveTimeout'])).toEqual([
    'keepAliveTimeout',
  ])
  expect(nearNames('keep_alive_timeout', names)).toEqual(['keepAliveTimeout'])
  expect(nearNames('LOG', names)).toEqual(['log'])
  expect(nearNames('colour', names)).toEqual([])
  expect(nearNames('', names)).toEqual([])
})

test.each([
  ['logger', 'linger'],
  ['pages', 'paths'],
  ['maxRetries', 'maxRequests'],
  ['probes', 'prefix'],
  ['dome', 'demand'],
])('%s is not near %s: most letters agree, and the word is another', (name, other) => {
  expect(nearNames(name, [other])).toEqual([])
})

test.each([
  ['lingr', 'linger'],
  ['dmeo', 'demo'],
  ['prob', 'probe'],
  ['keepAliveTimeuot', 'keepAliveTimeout'],
  ['max-request', 'maxRequests'],
  ['severTimeout', 'serverTimeout'],
])('%s is near %s', (name, other) => {
  expect(nearNames(name, [other])).toEqual([other])
})

test('suggests names by their words', () => {
  const names = ['aws-alb', 'aws-classic-elb', 'gcp-external-alb', 'nginx', 'ingress-nginx']
  expect(namesSharingWords('AWS ELB', names)).toEqual(['aws-classic-elb', 'aws-alb'])
  expect(namesSharingWords('nginxIngress', names)).toEqual(['ingress-nginx', 'nginx'])
  expect(namesSharingWords('--', names)).toEqual([])
})

test('the time is bounded for a name of any length', () => {
  const look = (length: number) => (): void => {
    expect(nearNames('k'.repeat(length), ['keepAliveTimeout'])).toEqual([])
    expect(namesSharingWords('k-'.repeat(length), ['keep-alive'])).toEqual([])
  }
  // 100 times the length may take 100 times as long, but not 10,000 times; measured: 17 to 37.
  expect(timeRatio(look(1e6), look(1e4))).toBeLessThan(1_000)
})
