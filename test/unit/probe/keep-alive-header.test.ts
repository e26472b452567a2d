import { expect, test } from 'vitest'
import { keepAliveParameter } from '../../../src/probe/keep-alive-header.ts'
import type { Http1Response } from '../../../src/probe/response-parser.ts'

const responseWith = (header: string): Http1Response => ({
  status: 200,
  version: '1.1',
  headers: new Map([['keep-alive', header]]),
  keepsAlive: true,
  bytes: 0,
})

test.each([
  ['timeout=5, max=100', 5, 100],
  ['max=100,timeout=5', 5, 100],
  ['Timeout = "5" ; MAX=0', 5, 0],
  ['timeout=5, timeout=60', 5, null],
  ['notimeout=5', null, null],
  ['timeout=-5, max=-1', null, null],
  ['timeout=0.5, max=1e3', null, null],
  ['timeout=5s', null, null],
  ['timeout=99999999999999999999', null, null],
  ['timeout', null, null],
  ['', null, null],
])('%j: timeout %s, max %s', (header, timeout, max) => {
  const response = responseWith(header)
  expect([keepAliveParameter(response, 'timeout'), keepAliveParameter(response, 'max')]).toEqual([
    timeout,
    max,
  ])
})
