import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { KeepAliveError } from '../../../src/errors.ts'
import { optionRules } from '../../../src/policy/options.ts'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { describeRange } from '../../../src/policy/read.ts'
import { readEnvironment, variableOf, variables } from '../../../src/process/environment.ts'

function rejection(env: Record<string, string>): KeepAliveError {
  try {
    readEnvironment(env)
  } catch (error) {
    return error as KeepAliveError
  }
  throw new Error(`${JSON.stringify(env)} was taken`)
}

describe('a variable sets its option', () => {
  test.each<[string, string, object]>([
    ['BEHIND', 'aws-alb', { behind: 'aws-alb' }],
    ['BEHIND', 'aws-alb:90s', { behind: { proxy: 'aws-alb', idleTimeout: 90_000 } }],
    [
      'BEHIND',
      ' nginx , cloudflare:15m',
      { behind: ['nginx', { proxy: 'cloudflare', idleTimeout: 900_000 }] },
    ],
    ['KEEP_ALIVE_TIMEOUT', '65000', { keepAliveTimeout: 65_000 }],
    ['KEEP_ALIVE_TIMEOUT', '65s', { keepAliveTimeout: 65_000 }],
    ['KEEP_ALIVE_TIMEOUT_BUFFER', '500ms', { keepAliveTimeoutBuffer: 500 }],
    ['HEADERS_TIMEOUT', '0', { headersTimeout: 0 }],
    ['MAX_REQUESTS', '1000', { maxRequests: 1_000 }],
    ['MAX_AGE', '10m', { maxAge: 600_000 }],
    ['JITTER', '0.25', { jitter: 0.25 }],
    ['MAX_IDLE', '5000', { maxIdle: 5_000 }],
    [
      'REDUCE_TIMEOUTS',
      '8000, 10000, 5s',
      { reduceTimeouts: { scalingThreshold: 8_000, saturationThreshold: 10_000, minTimeout: 5_000 } },
    ],
    ['MIN_IDLE', '100', { minIdle: 100 }],
    ['LINGER', '2s', { linger: 2_000 }],
    ['GOAWAY', 'lossless', { goaway: 'lossless' }],
    ['TCP_KEEP_ALIVE', '30s', { tcpKeepAlive: 30_000 }],
    ['CLIENTS', '0', { clients: 0 }],
    ['MASK_ADDRESSES', 'true', { maskAddresses: true }],
    ['LOG', 'json', { log: 'json' }],
    ['LOG', 'true', { log: true }],
    [
      'SILENCE',
      'KEEPALIVE_EVICTED,KEEPALIVE_APP_HINT',
      { silence: ['KEEPALIVE_EVICTED', 'KEEPALIVE_APP_HINT'] },
    ],
  ])('KEEPALIVE_KIT_%s=%s', (name, value, options) => {
    const read = readEnvironment({ [`KEEPALIVE_KIT_${name}`]: value })!.options
    expect(read).toEqual(options)
    expect(() => resolvePolicy(read)).not.toThrow()
  })

  test('each option has a variable', () => {
    expect(variables.slice(0, Object.keys(optionRules).length)).toEqual(
      Object.keys(optionRules).map(variableOf),
    )
  })

  test('an empty variable, or one of another program, is ignored', () => {
    const env = {
      KEEPALIVE_KIT: '',
      KEEPALIVE_KIT_BEHIND: '',
      KEEPALIVE_KITCHEN: '1',
      KEEP_ALIVE_TIMEOUT: '5',
    }
    expect(readEnvironment(env)).toEqual(readEnvironment({}))
  })
})

test('the variables that are not options', () => {
  expect(
    readEnvironment({
      KEEPALIVE_KIT: 'on',
      KEEPALIVE_KIT_PORTS: '3000,3001',
      KEEPALIVE_KIT_DRAIN: '25s',
      KEEPALIVE_KIT_DASHBOARD_PORT: '9000',
      KEEPALIVE_KIT_METRICS_PORT: '9464',
      KEEPALIVE_KIT_METRICS_HOST: '0.0.0.0',
      KEEPALIVE_KIT_OUTGOING: 'True',
      KEEPALIVE_KIT_OUTGOING_ORIGINS: 'https://api.example.com/, http://[::1]:8080',
    }),
  ).toEqual({
    options: {},
    how: { ports: [3_000, 3_001], drain: 25_000 },
    dashboardPort: 9_000,
    metricsPort: 9_464,
    metricsHost: '0.0.0.0',
    outgoing: true,
    outgoingOrigins: ['https://api.example.com', 'http://[::1]:8080'],
  })
  expect(readEnvironment({ KEEPALIVE_KIT: 'off', KEEPALIVE_KIT_NONSENSE: '1' })).toBe(undefined)
})

describe('an error names the variable and the remedy', () => {
  test.each([
    ['BEHIDN', 'nginx', 'KEEPALIVE_KIT_BEHIND'],
    ['KEEPALIVE_TIMEOUT', '65000', 'KEEPALIVE_KIT_KEEP_ALIVE_TIMEOUT'],
    ['KEEPALIVETIMEOUT', '65000', 'KEEPALIVE_KIT_KEEP_ALIVE_TIMEOUT'],
    ['MAX_REQUESTS_PER_SOCKET', '9', 'KEEPALIVE_KIT_MAX_REQUESTS'],
    ['PROXY', 'nginx', 'KEEPALIVE_KIT_BEHIND'],
    ['PORT', '3000', 'KEEPALIVE_KIT_PORTS'],
    ['DRAIN_TIMEOUT', '3000', undefined],
  ])('KEEPALIVE_KIT_%s', (name, value, meant) => {
    const error = rejection({ [`KEEPALIVE_KIT_${name}`]: value })
    expect(error.code).toBe('ERR_KEEPALIVE_UNKNOWN_OPTION')
    expect(error.remedy).toBe(
      meant ? `Use ${meant} instead` : 'The variables are listed in keepalive-kit/docs/register.md',
    )
  })

  test.each([
    ['KEEP_ALIVE_TIMEOUT', '1e5'],
    ['KEEP_ALIVE_TIMEOUT', '65 parsecs'],
    ['MAX_REQUESTS', '0x10'],
    ['MAX_REQUESTS', '10s'],
    ['JITTER', 'a tenth'],
    ['BEHIND', 'aws-alb:90'],
    ['LOG', 'yes'],
    ['OUTGOING', '1'],
    ['OUTGOING_ORIGINS', 'api.example.com'],
    ['MASK_ADDRESSES', '1'],
    ['MASK_ADDRESSES', 'constructor'],
    ['REDUCE_TIMEOUTS', '8000,10000'],
    ['REDUCE_TIMEOUTS', '8000,x,1'],
  ])('KEEPALIVE_KIT_%s=%s', (name, value) => {
    const error = rejection({ [`KEEPALIVE_KIT_${name}`]: value })
    expect(error.code).toBe('ERR_KEEPALIVE_OPTION_TYPE')
    expect(error.option).toBe(`KEEPALIVE_KIT_${name}`)
  })
})

describe('the table in docs/register.md', () => {
  const page = readFileSync(new URL('../../../docs/register.md', import.meta.url), 'utf8')

  test.each(Object.entries(optionRules))('has %s', (name, rule) => {
    expect(page).toContain(`\n| \`${variableOf(name)}\` | ${valueText(rule)} | ${rule.about} |\n`)
  })

  test('lists exactly the variables', () => {
    const listed = [...new Set(page.match(/(?<=^\| `)KEEPALIVE_KIT\w+/gm))]
    expect(listed.toSorted()).toEqual(variables.toSorted())
  })
})

function valueText(rule: (typeof optionRules)[keyof typeof optionRules]): string {
  switch (rule.kind) {
    case 'proxies':
      return "a proxy's id, `id:time` for another idle timeout, or several with commas"
    case 'reduce':
      return 'three numbers with commas: `scalingThreshold,saturationThreshold,minTimeout`'
    case 'flag':
      return '`true` or `false`'
    case 'log':
      return '`true`, `false`, `logfmt` or `json`'
    case 'choice':
      return rule.values.map((value) => `\`${value}\``).join(' or ')
    case 'codes':
      return 'codes with commas'
    case 'time':
      return 'a time: `65000` or `65s`'
    case 'count':
      return 'a whole number'
    case 'fraction':
      return describeRange(rule)
  }
}

// Readers paste these blocks, so every variable and value in them must be accepted.
describe('the pages of the platforms', () => {
  const folder = new URL('../../../docs/platforms/', import.meta.url)
  const setting =
    /(KEEPALIVE_KIT(?:_[A-Z]+)*)(?:=|", "value": "|, value: "?|: ')([\w:.-]+(?:,(?!KEEP)[\w:.-]+)*)/g

  test.each(readdirSync(folder))('%s sets only variables that exist', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8')
    const settings = [...text.matchAll(setting)].map(([, variable, value]) => [variable!, value!] as const)
    expect(settings.length).toBeGreaterThan(0)
    for (const [variable, value] of settings)
      expect(
        () => resolvePolicy(readEnvironment({ [variable]: value })?.options),
        `${variable}=${value}`,
      ).not.toThrow()
  })
})

test.each([
  ['nginx:60', 'nginx:60s'],
  ['nginx:65000', 'nginx:65000ms'],
  ['nginx:soon', 'nginx:90s'],
])('BEHIND=%s: the remedy is %s', (text, example) => {
  const { remedy } = rejection({ KEEPALIVE_KIT_BEHIND: text })
  expect(remedy).toMatch(new RegExp(`as in ${example}$`))
  expect(readEnvironment({ KEEPALIVE_KIT_BEHIND: example })).toBeDefined()
})
