import { describe, expect, test } from 'vitest'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { rejection } from './rejection.ts'

test('there is no proxy by default', () => {
  expect(resolvePolicy().behind).toEqual([])
  expect(resolvePolicy({ behind: undefined }).behind).toEqual([])
  expect(resolvePolicy({ behind: [] }).behind).toEqual([])
})

test('accepts an id, an object, and a list of both, nearest first', () => {
  const alb = {
    id: 'aws-alb',
    name: 'AWS Application Load Balancer',
    layer: 7,
    idleTimeout: 60_000,
    overridden: false,
    setting: 'idle_timeout.timeout_seconds',
  }
  const raised = { ...alb, idleTimeout: 120_000, overridden: true }
  const override = { proxy: 'aws-alb', idleTimeout: 120_000 } as const
  expect(resolvePolicy({ behind: 'aws-alb' }).behind).toEqual([alb])
  expect(resolvePolicy({ behind: override }).behind).toEqual([raised])
  expect(resolvePolicy({ behind: [override, 'aws-alb'] }).behind).toEqual([raised, alb])
})

test('a proxy beyond the nearest layer-7 proxy needs no idleTimeout', () => {
  const { behind, keepAliveTimeout } = resolvePolicy({ behind: ['aws-alb', 'fastly', 'aws-nlb'] })
  expect(behind.map(({ idleTimeout }) => idleTimeout)).toEqual([60_000, null, 350_000])
  expect(keepAliveTimeout).toBe(65_000)
})

test('a nearer proxy without an idleTimeout is not skipped', () => {
  expect(rejection({ behind: ['aws-nlb', 'haproxy', 'aws-alb'] })).toMatchObject({
    code: 'ERR_KEEPALIVE_PROXY_TIMEOUT',
    option: 'behind[1]',
    value: 'haproxy',
  })
})

describe('an unknown proxy', () => {
  test.each([
    ['aws-abl', "Did you mean 'aws-alb'?"],
    ['AWS_ALB', "Did you mean 'aws-alb'"],
    ['alb', "Did you mean 'aws-alb' or 'gcp-external-alb' or 'gcp-internal-alb'"],
    ['nginx-ingress', "Did you mean 'ingress-nginx'"],
    ['heroku', "Did you mean 'heroku-router-2' or 'heroku-router-legacy'"],
    ['cloudfront', "Did you mean 'aws-cloudfront'"],
    ['f5', "Did you mean 'f5-big-ip'"],
    ['openresty', "Did you mean 'nginx' or 'nginx-legacy'?"],
    ['apisix', "Did you mean 'nginx'?"],
    ['contour', "Did you mean 'envoy'?"],
    ['emissary', "Did you mean 'envoy'?"],
    ['cloudflared', "Did you mean 'cloudflare-tunnel'?"],
    ['aws-elb', "Did you mean 'aws-alb' or 'aws-nlb' or 'aws-classic-elb'?"],
    ['Kubernetes', "Did you mean 'ingress-nginx' or 'istio' or 'kube-proxy'?"],
    ['nginx, aws-alb', "Pass a list, nearest first: ['nginx', 'aws-alb']"],
    ['aws-nlb haproxy', "Pass a list, nearest first: ['aws-nlb', 'haproxy']"],
    [' nginx ', "Pass 'nginx'"],
    ['aws-alb:90s', "Pass { proxy: 'aws-alb', idleTimeout: 90000 }"],
    ['nginx:90s,aws-alb', "Pass a list, nearest first: [{ proxy: 'nginx', idleTimeout: 90000 }, 'aws-alb']"],
    ['nginx, aws-abl', 'Did you mean'],
    ['constructor, nginx', 'Did you mean'],
    [',', 'Choose one from the list'],
    ['constructor', 'Choose one from the list'],
    ['__proto__', 'Choose one from the list'],
    ['', 'Choose one from the list'],
  ])('%j', (id, remedy) => {
    const error = rejection({ behind: id })
    expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_UNKNOWN_PROXY', option: 'behind', value: id })
    expect(error.remedy).toContain(remedy)
  })

  test('is named by its position', () => {
    const code = 'ERR_KEEPALIVE_UNKNOWN_PROXY'
    expect(rejection({ behind: ['nginx', 'x'] })).toMatchObject({ code, option: 'behind[1]' })
    const override = { proxy: 'x', idleTimeout: 60_000 }
    expect(rejection({ behind: override })).toMatchObject({ code, option: 'behind.proxy' })
    expect(rejection({ behind: ['nginx', override] })).toMatchObject({ code, option: 'behind[1].proxy' })
  })
})

describe('a value that is not a proxy', () => {
  test.each([null, 5, true, () => 'aws-alb', new Map(), [[]], [undefined], new Array(1)])('%#', (behind) => {
    expect(rejection({ behind })).toMatchObject({
      code: 'ERR_KEEPALIVE_OPTION_TYPE',
      option: expect.stringMatching(/^behind(\[0\])?$/),
      rule: "must be a proxy's id or { proxy, idleTimeout }",
    })
  })

  test.each([
    [{ idleTimeout: 60_000 }, 'OPTION_TYPE', 'behind.proxy'],
    [{ proxy: 5, idleTimeout: 60_000 }, 'OPTION_TYPE', 'behind.proxy'],
    [{ proxy: 'nginx' }, 'OPTION_TYPE', 'behind.idleTimeout'],
    [{ proxy: 'nginx', idleTimeout: '60000' }, 'OPTION_TYPE', 'behind.idleTimeout'],
    [{ proxy: 'nginx', idleTimeout: Number.NaN }, 'OPTION_RANGE', 'behind.idleTimeout'],
    [{ proxy: 'nginx', idleTimeout: 0 }, 'OPTION_RANGE', 'behind.idleTimeout'],
    [{ proxy: 'nginx', idleTimeout: 60 }, 'OPTION_RANGE', 'behind.idleTimeout'],
    [{ proxy: 'nginx', idleTimeout: 2_000_000_001 }, 'OPTION_RANGE', 'behind.idleTimeout'],
    [{ proxy: 'nginx', timeout: 60_000 }, 'UNKNOWN_OPTION', 'behind.timeout'],
  ])('%j', (behind, code, option) => {
    expect(rejection({ behind })).toMatchObject({ code: `ERR_KEEPALIVE_${code}`, option })
  })

  test('a number that looks like seconds: the error names the unit', () => {
    expect(rejection({ behind: { proxy: 'nginx', idleTimeout: 60 } }).remedy).toContain(
      'times are in milliseconds',
    )
  })

  test('an endless list', () => {
    const behind = Array.from({ length: 17 }, () => 'nginx')
    expect(rejection({ behind })).toMatchObject({ code: 'ERR_KEEPALIVE_OPTION_RANGE', option: 'behind' })
    expect(resolvePolicy({ behind: Array.from({ length: 16 }, () => 'nginx' as const) }).behind).toHaveLength(
      16,
    )
  })
})
