import { describe, expect, test } from 'vitest'
import { diagnose } from '../../../src/doctor/diagnose.ts'
import type { ClientRow } from '../../../src/stats/snapshot.ts'
import { type Case, examOf } from '../../support/exam.ts'
import { histogramOf } from '../../support/histogram.ts'
import { sample, uniform } from '../../support/random.ts'

const codes = (of: Case): string[] => diagnose(examOf(of)).map(({ severity, code }) => `${severity} ${code}`)

const rowOf = (address: string, connections: number): ClientRow => ({
  address,
  connections,
  requests: connections,
  reused: 0,
  reasons: {},
  lastSeen: 0,
})

const idleCloses = (server: number, client: number): Case['snapshot'] => ({
  connections: { reasons: { 'idle-timeout': server, 'client-reset': client } },
  histograms: { idleGap: { clientClosed: { count: client, sum: client, bins: [client] } } },
})

describe('which side closes first', () => {
  test.each([
    [4, 96, []],
    [5, 95, ['warning KEEPALIVE_SERVER_CLOSES_FIRST']],
    [99, 1, ['warning KEEPALIVE_SERVER_CLOSES_FIRST']],
    [100, 0, ['warning KEEPALIVE_PROXY_NEVER_CLOSES']],
    [25, 24, []],
  ])('behind a proxy: %d of the server, %d of the proxy', (server, client, wanted) => {
    expect(codes({ options: { behind: 'nginx' }, snapshot: idleCloses(server, client) })).toEqual(wanted)
  })

  test.each([
    [49, 51, []],
    [50, 50, ['info KEEPALIVE_SERVER_CLOSES_FIRST']],
    [100, 0, ['info KEEPALIVE_SERVER_CLOSES_FIRST']],
  ])('without one, of one client: %d of the server, %d of the client', (server, client, wanted) => {
    const clients = { rows: [rowOf('10.0.0.1', 100)] }
    expect(codes({ snapshot: { ...idleCloses(server, client), clients } })).toEqual(wanted)
  })

  test('without a proxy and with many clients, the server may close first', () => {
    const rows = Array.from({ length: 100 }, (_, i) => rowOf(`10.0.0.${i}`, 1))
    expect(codes({ snapshot: { ...idleCloses(100, 0), clients: { rows } } })).toEqual([])
  })

  test('behind a layer-4 proxy the server must close first', () => {
    expect(codes({ options: { behind: 'aws-nlb' }, snapshot: idleCloses(100, 0) })).toEqual([])
  })
})

describe('a timeout of the clients', () => {
  const closedAt = (timeout: number): Case['snapshot'] => ({
    histograms: { idleGap: { clientClosed: histogramOf(sample(uniform(timeout, timeout + 20), 100, 1)) } },
  })

  test('is an info if it is below the timeout of the preset', () => {
    expect(codes({ options: { behind: 'nginx' }, snapshot: closedAt(30_000) })).toEqual([
      'info KEEPALIVE_PEER_TIMEOUT',
      'info KEEPALIVE_PROXY_CONTRADICTED',
    ])
  })

  test.each([65_000, 64_000, 63_000])(
    'of %d ms comes from the header, and contradicts no preset',
    (timeout) => {
      const of = {
        options: { behind: { proxy: 'nginx', idleTimeout: 15_000 } },
        snapshot: closedAt(timeout),
      } as const
      const [finding, ...others] = diagnose(examOf(of))
      expect(others).toEqual([])
      expect(finding!.message).toContain('probably because of the advertised 65 s')
    },
  )

  test.each([
    [90_010, "after 90 s (100 of 100 closes, the default of Go's http.DefaultTransport and hyper (reqwest))"],
    [300_005, 'after 5 min (100 of 100 closes, the default of OkHttp and Chromium)'],
    [5_003, "after 5.01 s (100 of 100 closes, the default of Python's httpx)"],
    [80_000, 'after 80 s (100 of 100 closes)'],
  ])('of %d ms is named by the pools that have it', (timeout, wanted) => {
    const [finding] = diagnose(
      examOf({ options: { keepAliveTimeout: 400_000 }, snapshot: closedAt(timeout) }),
    ).filter(({ code }) => code === 'KEEPALIVE_PEER_TIMEOUT')
    expect(finding!.message).toBe(`Clients close idle connections ${wanted}.`)
  })

  test('a request within the buffer is a near miss', () => {
    const options = { keepAliveTimeout: 60_000, keepAliveTimeoutBuffer: 5_000 }
    expect(codes({ options, snapshot: closedAt(62_000) })).toEqual([
      'info KEEPALIVE_PEER_TIMEOUT',
      'info KEEPALIVE_DANGER_ZONE',
    ])
  })
})

test('a server that keeps idle connections forever has no hint that is too short', () => {
  const timeouts = { keepAliveTimeout: 0 }
  expect(codes({ options: timeouts, server: { properties: timeouts, set: timeouts } })).toEqual([])
})

test('a timeout listener is an info while server.timeout is 0', () => {
  expect(codes({ server: { timeoutListeners: 2 } })).toEqual(['info KEEPALIVE_TIMEOUT_LISTENER'])
})

test.each([
  [300, ['warning KEEPALIVE_APP_HINT']],
  [5, ['warning KEEPALIVE_TIMEOUT_OUTLIVED', 'info KEEPALIVE_APP_HINT']],
])('a hint of the app of %d s explains late reuses, or does not', (most, wanted) => {
  const requests = { total: 1_200, reused: 1_000, nearMisses: 12 }
  expect(codes({ snapshot: { requests, appHints: { responses: 9, least: 5, most } } })).toEqual(wanted)
})

test('few late requests among many are a warning', () => {
  expect(codes({ snapshot: { requests: { total: 1_000_000, late: 5 } } })).toEqual([
    'warning KEEPALIVE_LATE_REQUESTS',
  ])
})

test('names three of many clients that never reuse', () => {
  const rows = [1, 2, 3, 4, 5].map((last) => ({ ...rowOf(`10.0.0.${last}`, 100), avoidable: 90 }))
  expect(
    diagnose(examOf({ snapshot: { takenAt: 60_000, clients: { rows } } }))[0]!.message,
  ).toMatchInlineSnapshot(
    `"5 clients open a connection for every request, within 1 s of closing another: 10.0.0.1 (100 connections for 100 requests, 90 of the connections avoidable), 10.0.0.2 (100 connections for 100 requests, 90 of the connections avoidable), 10.0.0.3 (100 connections for 100 requests, 90 of the connections avoidable) and 2 more."`,
  )
})
