import { describe, expect, test } from 'vitest'
import { maxTimer } from '../../../src/policy/options.ts'
import { requestTimeoutFor, resolvePolicy } from '../../../src/policy/policy.ts'
import { rejection } from './rejection.ts'

const conflict = 'ERR_KEEPALIVE_TIMEOUT_CONFLICT'
const alb = (idleTimeout: number) => ({ proxy: 'aws-alb', idleTimeout }) as const
const nlb = (idleTimeout: number) => ({ proxy: 'aws-nlb', idleTimeout }) as const

describe('keepAliveTimeout by default', () => {
  const timeout = (options: Parameters<typeof resolvePolicy>[0]) => resolvePolicy(options).keepAliveTimeout

  test('is above that of the layer-7 proxy', () => {
    expect(timeout({})).toBe(65_000)
    expect(timeout({ behind: 'aws-cloudfront' })).toBe(65_000)
    expect(timeout({ behind: 'undici' })).toBe(65_000)
    expect(timeout({ behind: 'gcp-external-alb' })).toBe(620_000)
  })

  test.each([
    [1_000, 65_000],
    [60_000, 65_000],
    [60_001, 65_001],
    [299_999, 304_999],
    [300_000, 310_000],
    [599_999, 609_999],
    [600_000, 620_000],
    [2_000_000_000, 2_000_020_000],
  ])('leaves a margin above an override of %d', (idleTimeout, expected) => {
    expect(timeout({ behind: alb(idleTimeout) })).toBe(expected)
  })

  test('depends on the nearest layer-7 proxy only', () => {
    expect(timeout({ behind: ['aws-alb', 'cloudflare'] })).toBe(65_000)
    expect(timeout({ behind: ['cloudflare', 'aws-alb'] })).toBe(910_000)
  })

  test('is below that of a layer-4 proxy', () => {
    expect(timeout({ behind: 'aws-nlb' })).toBe(65_000)
    expect(timeout({ behind: nlb(60_000) })).toBe(53_999)
    expect(timeout({ behind: nlb(66_000) })).toBe(59_999)
    expect(timeout({ behind: nlb(66_001) })).toBe(65_000)
    expect(timeout({ behind: nlb(4_000) })).toBe(1_500)
    expect(timeout({ behind: nlb(4_000), keepAliveTimeoutBuffer: 3_998 })).toBe(1)
  })

  test('is between those of a layer-4 proxy and the layer-7 proxy before it', () => {
    expect(timeout({ behind: ['aws-nlb', 'aws-alb'] })).toBe(65_000)
    expect(timeout({ behind: [nlb(66_000), 'aws-alb'] })).toBe(62_500)
    expect(timeout({ behind: ['azure-load-balancer', nlb(64_000), 'aws-alb'] })).toBe(61_500)
    expect(timeout({ behind: [nlb(64_000), 'azure-load-balancer', 'aws-alb'] })).toBe(61_500)
    expect(timeout({ behind: [nlb(61_002), 'aws-alb'] })).toBe(60_001)
  })

  test('a layer-4 proxy beyond the layer-7 proxy has no effect', () => {
    expect(timeout({ behind: ['cloudflare', 'aws-nlb'] })).toBe(910_000)
  })
})

describe('keepAliveTimeout as an option', () => {
  test('is accepted if it obeys the rules', () => {
    for (const keepAliveTimeout of [0, 60_001, 3_600_000]) {
      expect(resolvePolicy({ keepAliveTimeout, behind: 'aws-alb' }).keepAliveTimeout).toBe(keepAliveTimeout)
    }
    expect(resolvePolicy({ keepAliveTimeout: 348_999, behind: 'aws-nlb' }).keepAliveTimeout).toBe(348_999)
    expect(resolvePolicy({ keepAliveTimeout: 1 }).keepAliveTimeout).toBe(1)
  })

  test.each([1, 5_000, 60_000])('%d is not above the layer-7 proxy', (keepAliveTimeout) => {
    const error = rejection({ keepAliveTimeout, behind: 'aws-alb' })
    expect(error).toMatchObject({ code: conflict, option: 'keepAliveTimeout', value: keepAliveTimeout })
    expect(error.rule).toContain('aws-alb (60000 ms)')
    expect(error.remedy).toContain("{ proxy: 'aws-alb', idleTimeout: … }")
  })

  test.each([0, 349_000, 400_000])('%d is not below the layer-4 proxy', (keepAliveTimeout) => {
    const error = rejection({ keepAliveTimeout, behind: 'aws-nlb' })
    expect(error).toMatchObject({ code: conflict, option: 'keepAliveTimeout', value: keepAliveTimeout })
    expect(error.rule).toContain('keepAliveTimeoutBuffer (1000 ms)')
    expect(error.remedy).toContain('raise tcp.idle_timeout.seconds of aws-nlb')
  })
})

describe('no keepAliveTimeout fits', () => {
  test('between two proxies: both are named, and the setting to change', () => {
    for (const keepAliveTimeout of [undefined, 400_000]) {
      const error = rejection({ behind: ['aws-nlb', 'cloudflare'], keepAliveTimeout })
      expect(error).toMatchObject({ code: conflict, option: 'behind', value: ['aws-nlb', 'cloudflare'] })
      expect(error.rule).toMatch(/cloudflare \(900000 ms\).*aws-nlb \(350000 ms\)/)
      expect(error.remedy).toContain('Raise tcp.idle_timeout.seconds of aws-nlb')
      expect(error.remedy).not.toContain('cloudflare')
    }
  })

  test('names both settings if both can be changed', () => {
    const { remedy } = rejection({ behind: [nlb(61_001), 'aws-alb'] })
    expect(remedy).toContain('Raise tcp.idle_timeout.seconds of aws-nlb')
    expect(remedy).toContain('or lower idle_timeout.timeout_seconds of aws-alb')
  })

  test('because of the buffer', () => {
    expect(rejection({ behind: nlb(5_000), keepAliveTimeoutBuffer: 4_999 })).toMatchObject({
      code: conflict,
      option: 'keepAliveTimeoutBuffer',
      value: 4_999,
    })
  })
})

test('timeout plus buffer must not exceed the max timer', () => {
  const code = 'ERR_KEEPALIVE_OPTION_RANGE'
  expect(resolvePolicy({ keepAliveTimeout: maxTimer - 1_000 }).keepAliveTimeout).toBe(maxTimer - 1_000)
  expect(rejection({ keepAliveTimeout: maxTimer })).toMatchObject({ code, option: 'keepAliveTimeout' })
  expect(rejection({ keepAliveTimeoutBuffer: maxTimer })).toMatchObject({
    code,
    option: 'keepAliveTimeoutBuffer',
    value: maxTimer,
  })
})

describe('headersTimeout', () => {
  const timeout = (options: Parameters<typeof resolvePolicy>[0]) => resolvePolicy(options).headersTimeout

  test('by default is above that of the proxy, and follows keepAliveTimeout behind a proxy', () => {
    expect(timeout({})).toBe(66_000)
    expect(timeout({ keepAliveTimeout: 600_000 })).toBe(66_000)
    expect(timeout({ behind: 'aws-alb' })).toBe(66_000)
    expect(timeout({ behind: 'cloudflare' })).toBe(911_000)
    expect(timeout({ behind: alb(120_000), keepAliveTimeout: 0 })).toBe(121_000)
    expect(timeout({ behind: 'aws-alb', keepAliveTimeout: 600_000 })).toBe(601_000)
    expect(timeout({ behind: 'kube-proxy' })).toBe(66_000)
    expect(timeout({ behind: 'aws-alb', keepAliveTimeout: maxTimer, keepAliveTimeoutBuffer: 0 })).toBe(
      maxTimer,
    )
  })

  test('as an option may be below keepAliveTimeout, because it does not run while a connection is idle', () => {
    expect(timeout({ headersTimeout: 5_000 })).toBe(5_000)
    expect(timeout({ headersTimeout: 61_000, behind: 'aws-alb' })).toBe(61_000)
    expect(timeout({ headersTimeout: 5_000, behind: 'aws-nlb' })).toBe(5_000)
    expect(timeout({ headersTimeout: 0, behind: 'aws-alb' })).toBe(0)
  })

  test.each([1, 60_000])('%d is not above the proxy', (headersTimeout) => {
    expect(rejection({ headersTimeout, behind: 'aws-alb' })).toMatchObject({
      code: conflict,
      option: 'headersTimeout',
      value: headersTimeout,
    })
  })
})

test.each([
  [66_000, 300_000, 300_000],
  [911_000, 300_000, 911_000],
  [66_000, 66_000, 66_000],
  [911_000, 0, 0],
  [0, 300_000, 300_000],
  [0, 0, 0],
])('with headersTimeout %d, a requestTimeout of %d becomes %d', (headersTimeout, current, expected) => {
  expect(requestTimeoutFor(resolvePolicy({ headersTimeout }), current)).toBe(expected)
})

describe('seconds in place of milliseconds, below the timeout of the proxy', () => {
  test.each([
    [{ behind: 'aws-alb', keepAliveTimeout: 65 }, 'for 65 s, write keepAliveTimeout: 65000'],
    [{ behind: 'aws-alb', headersTimeout: 66 }, 'for 66 s, write headersTimeout: 66000'],
    [{ behind: 'aws-alb', keepAliveTimeout: 620 }, 'for 620 s, write keepAliveTimeout: 620000'],
    [
      { behind: { proxy: 'nginx', idleTimeout: 3_600_000 }, keepAliveTimeout: 3_605 },
      'for 3605 s, write keepAliveTimeout: 3605000',
    ],
  ])('%j', (options, words) => {
    const { code, remedy } = rejection(options)
    expect(code).toBe('ERR_KEEPALIVE_TIMEOUT_CONFLICT')
    expect(remedy).toContain(words)
  })

  test.each([
    { behind: 'aws-alb', keepAliveTimeout: 30_000 },
    { behind: 'aws-alb', keepAliveTimeout: 5_000 },
    { behind: 'aws-alb', keepAliveTimeout: 1_500 },
    // In seconds it would still be too short.
    { behind: 'aws-alb', keepAliveTimeout: 15 },
    { behind: { proxy: 'nginx', idleTimeout: 3_600_000 }, keepAliveTimeout: 5_000 },
  ])('not %j', (options) => {
    expect(rejection(options).remedy).toMatch(/^Raise it or leave it out/)
  })
})
