import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { type NumberOption, type NumberRule, optionRules } from '../../../src/policy/options.ts'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { rejection } from './rejection.ts'

const defaults = {
  behind: [],
  keepAliveTimeout: 65_000,
  keepAliveTimeoutBuffer: 1_000,
  headersTimeout: 66_000,
  maxRequests: 0,
  maxAge: 0,
  jitter: 0.1,
  maxIdle: 0,
  minIdle: 100,
  linger: 2_000,
  goaway: 'exact',
  tcpKeepAlive: 0,
  clients: 1_000,
  maskAddresses: false,
  log: false,
  silence: [],
}

const isNumberRule = (entry: [string, unknown]): entry is [NumberOption, NumberRule] =>
  !['behind', 'reduceTimeouts', 'goaway', 'maskAddresses', 'log', 'silence'].includes(entry[0])
const numberRules = Object.entries(optionRules).filter(isNumberRule)

describe('the policy', () => {
  test('is complete without options', () => {
    expect(resolvePolicy()).toEqual(defaults)
    expect(resolvePolicy(undefined)).toEqual(defaults)
    expect(resolvePolicy({})).toEqual(defaults)
  })

  test('has one field for each option', () => {
    expect(Object.keys(resolvePolicy()).sort()).toEqual(Object.keys(optionRules).sort())
  })

  test('treats undefined as omitted', () => {
    const options = Object.fromEntries(Object.keys(optionRules).map((name) => [name, undefined]))
    expect(resolvePolicy(options)).toEqual(defaults)
  })

  test('is deeply frozen', () => {
    const policy = resolvePolicy({ behind: ['aws-alb', { proxy: 'nginx', idleTimeout: 5_000 }] })
    expect(Object.isFrozen(policy)).toBe(true)
    expect(Object.isFrozen(policy.behind)).toBe(true)
    expect(policy.behind.every(Object.isFrozen)).toBe(true)
  })

  test('does not keep the options object', () => {
    const behind = { proxy: 'nginx' as const, idleTimeout: 70_000 }
    const policy = resolvePolicy({ behind })
    behind.idleTimeout = 5
    expect(policy.behind[0]?.idleTimeout).toBe(70_000)
  })
})

describe.each(numberRules)('%s', (name, rule) => {
  test.each([rule.default, rule.min, rule.max])('takes %d', (value) => {
    const rest = name === 'keepAliveTimeout' ? { keepAliveTimeoutBuffer: 0 } : { keepAliveTimeout: 0 }
    expect(resolvePolicy({ ...rest, [name]: value })[name]).toBe(value)
  })

  test('accepts 0, and converts -0 to 0', () => {
    expect(resolvePolicy({ [name]: -0 })[name]).toBe(0)
  })

  test.each([-1, rule.max + 2, Infinity, -Infinity, 1.5])('rejects %d', (value) => {
    const error = rejection({ [name]: value })
    expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_OPTION_RANGE', option: name, value })
    expect(error.rule).toContain(`from ${rule.min} to ${rule.max}`)
  })

  test('says where NaN comes from', () => {
    const error = rejection({ [name]: Number.NaN })
    expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_OPTION_RANGE', option: name, rule: 'must not be NaN' })
    expect(error.remedy).toContain(`Number(process.env.X ?? ${rule.default})`)
  })

  test.each(['65000', ' 5 ', '-1.5'])('shows how to convert the digits %j', (value) => {
    const error = rejection({ [name]: value })
    expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_OPTION_TYPE', option: name, value })
    expect(error.remedy).toContain('Number(process.env.X)')
  })

  test.each(['', 'abc', '65s', '10m', '1d', '9999d', '10%', '200%'])('%j: the remedy works', (value) => {
    const error = rejection({ [name]: value })
    expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_OPTION_TYPE', option: name, value })
    expect(error.remedy).not.toContain('Number(')
    const [, number] =
      /^Pass (?:the number|a number, such as) (\d+(?:\.\d+)?)(?:: times are in milliseconds)?$/.exec(
        error.remedy,
      )!
    expect(() => resolvePolicy({ [name]: Number(number) })).not.toThrow()
  })

  test.each([null, true, false, {}, [], [5], 5n, () => 5, Symbol('5'), new Number(5)])(
    'rejects type %#',
    (value) => {
      expect(rejection({ [name]: value })).toMatchObject({
        code: 'ERR_KEEPALIVE_OPTION_TYPE',
        option: name,
        value,
      })
    },
  )
})

test('tcpKeepAlive below one second is rejected: the system counts whole seconds', () => {
  expect(rejection({ tcpKeepAlive: 60 })).toMatchObject({
    code: 'ERR_KEEPALIVE_OPTION_RANGE',
    rule: 'must be 0, or a whole number of milliseconds from 1000 to 32767000',
  })
})

describe('maskAddresses', () => {
  test.each([true, false])('takes %s', (value) => {
    expect(resolvePolicy({ maskAddresses: value }).maskAddresses).toBe(value)
  })

  test.each([
    ['true', "process.env.X === 'true'"],
    [1, 'true or false'],
    [null, 'true or false'],
    [{}, 'true or false'],
  ])('rejects %j', (value, remedy) => {
    const error = rejection({ maskAddresses: value })
    expect(error).toMatchObject({
      code: 'ERR_KEEPALIVE_OPTION_TYPE',
      option: 'maskAddresses',
      rule: 'must be true or false',
      value,
    })
    expect(error.remedy).toContain(remedy)
  })
})

describe('goaway', () => {
  test.each(['exact', 'lossless'] as const)('takes %s', (value) => {
    expect(resolvePolicy({ goaway: value }).goaway).toBe(value)
  })

  test.each([
    ['loseless', 'ERR_KEEPALIVE_OPTION_RANGE'],
    [true, 'ERR_KEEPALIVE_OPTION_TYPE'],
    [null, 'ERR_KEEPALIVE_OPTION_TYPE'],
  ])('rejects %j', (value, code) => {
    expect(rejection({ goaway: value })).toMatchObject({
      code,
      option: 'goaway',
      rule: "must be 'exact' or 'lossless'",
      value,
    })
  })
})

test('clients: 1 is rejected: the table has two generations', () => {
  expect(rejection({ clients: 1 }).rule).toBe('must be 0, or a whole number from 2 to 10000')
})

describe('log', () => {
  const logger = (): void => {}
  test.each([
    [undefined, false],
    [false, false],
    [true, 'logfmt'],
    ['logfmt', 'logfmt'],
    ['json', 'json'],
    [logger, logger],
  ] as const)('%s is %s', (log, expected) => {
    expect(resolvePolicy({ log }).log).toBe(expected)
  })

  test.each(['JSON', 'true', ''])('rejects the format %j', (log) => {
    expect(rejection({ log })).toMatchObject({
      code: 'ERR_KEEPALIVE_OPTION_RANGE',
      option: 'log',
      value: log,
    })
  })

  test.each([null, 0, 1, {}, []])('rejects type %#', (log) => {
    expect(rejection({ log })).toMatchObject({ code: 'ERR_KEEPALIVE_OPTION_TYPE', option: 'log', value: log })
  })
})

describe('silence', () => {
  test('takes codes of findings and of warnings', () => {
    const { silence } = resolvePolicy({ silence: ['KEEPALIVE_PEER_TIMEOUT', 'KEEPALIVE_EVICTED'] })
    expect(silence).toEqual(['KEEPALIVE_PEER_TIMEOUT', 'KEEPALIVE_EVICTED'])
    expect(Object.isFrozen(silence)).toBe(true)
  })

  test.each([
    ['KEEPALIVE_PEER_TIMOUT', 'Did you mean KEEPALIVE_PEER_TIMEOUT?'],
    ['keepalive-evicted', 'Did you mean KEEPALIVE_EVICTED?'],
    ['SKEWED', 'Did you mean KEEPALIVE_SKEWED_REQUESTS or KEEPALIVE_SKEWED_SESSIONS?'],
    ['x', 'The codes are listed in keepalive-kit/docs/findings.md'],
  ])('answers %s', (code, remedy) => {
    expect(rejection({ silence: ['KEEPALIVE_EVICTED', code] })).toMatchObject({
      code: 'ERR_KEEPALIVE_OPTION_RANGE',
      option: 'silence[1]',
      value: code,
      remedy,
    })
  })

  test('rejects what is not a list, not a code, or too long', () => {
    expect(rejection({ silence: 'KEEPALIVE_EVICTED' })).toMatchObject({
      code: 'ERR_KEEPALIVE_OPTION_TYPE',
      option: 'silence',
    })
    expect(rejection({ silence: [5] })).toMatchObject({
      code: 'ERR_KEEPALIVE_OPTION_TYPE',
      option: 'silence[0]',
    })
    expect(rejection({ silence: Array(1e6).fill('KEEPALIVE_EVICTED') })).toMatchObject({
      code: 'ERR_KEEPALIVE_OPTION_RANGE',
      option: 'silence',
    })
  })
})

describe('an unknown option', () => {
  test.each([
    ['keepaliveTimeout', 'keepAliveTimeout'],
    ['keepAliveTimout', 'keepAliveTimeout'],
    ['keepAliveTimeotu', 'keepAliveTimeout'],
    ['keep_alive_timeout', 'keepAliveTimeout'],
    ['keepAliveTimeoutMs', 'keepAliveTimeout'],
    ['timeout', 'keepAliveTimeout'],
    ['idleTimeout', 'keepAliveTimeout'],
    ['headerTimeout', 'headersTimeout'],
    ['keepalive_requests', 'maxRequests'],
    ['MaxKeepAliveRequests', 'maxRequests'],
    ['maxRequestsPerSocket', 'maxRequests'],
    ['max_request', 'maxRequests'],
    ['maxage', 'maxAge'],
    ['keepalive_time', 'maxAge'],
    ['mxaIdle', 'maxIdle'],
    ['jittre', 'jitter'],
    ['behnid', 'behind'],
    ['proxy', 'behind'],
    ['keepAliveInitialDelay', 'tcpKeepAlive'],
    ['logs', 'log'],
  ])('%s is answered with %s', (given, meant) => {
    expect(rejection({ [given]: 5 })).toMatchObject({
      code: 'ERR_KEEPALIVE_UNKNOWN_OPTION',
      option: given,
      value: 5,
      remedy: `Use ${meant} instead`,
    })
  })

  test('unlike any option gets the list of options', () => {
    const { remedy } = rejection({ colour: 'red' })
    for (const name of Object.keys(optionRules)) expect(remedy).toContain(name)
  })

  test('is rejected even when undefined', () => {
    expect(rejection({ maxage: undefined }).option).toBe('maxage')
  })

  test.each(['__proto__', 'constructor', 'toString', '', 'a\nb', 'x'.repeat(1e6)])('%#', (name) => {
    const error = rejection(JSON.parse(`{${JSON.stringify(name)}: 1}`))
    expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_UNKNOWN_OPTION', option: name })
    expect(error.message).toMatch(/^.{1,500}$/)
  })

  test('may be a symbol', () => {
    expect(rejection({ [Symbol('maxAge')]: 5 })).toMatchObject({
      code: 'ERR_KEEPALIVE_UNKNOWN_OPTION',
      option: 'maxAge',
      rule: 'is a symbol; the names of options are strings',
    })
    expect(rejection({ [Symbol()]: 5 })).toMatchObject({ code: 'ERR_KEEPALIVE_UNKNOWN_OPTION', option: '' })
  })
})

describe('the options themselves', () => {
  class Config {
    maxAge = 5
  }
  const rejected = [
    null,
    0,
    1,
    'aws-alb',
    '',
    true,
    5n,
    Symbol('x'),
    () => ({}),
    [],
    [{}],
    new Map(),
    new Config(),
  ]
  test.each([...rejected, Promise.resolve({}), Object.create({ maxAge: 5 })])('rejects %#', (options) => {
    expect(rejection(options)).toMatchObject({
      code: 'ERR_KEEPALIVE_OPTION_TYPE',
      option: 'options',
      value: options,
    })
  })

  test('may lack a prototype, be frozen, or come from another realm', () => {
    const bare = Object.assign(Object.create(null), { maxAge: 5 })
    for (const options of [bare, Object.freeze({ maxAge: 5 }), runInNewContext('({ maxAge: 5 })')]) {
      expect(resolvePolicy(options).maxAge).toBe(5)
    }
  })

  test('use their own enumerable fields only', () => {
    const options = Object.defineProperty({ maxAge: 5 }, 'typo', { value: 5, enumerable: false })
    expect(resolvePolicy(options)).toEqual({ ...defaults, maxAge: 5 })
  })

  test('are read once each', () => {
    const reads: PropertyKey[] = []
    const given = {
      keepAliveTimeout: 70_000,
      behind: [{ proxy: 'nginx', idleTimeout: 60_000 }] as const,
      log: true,
    }
    const options = new Proxy(given, {
      get(target, key) {
        reads.push(key)
        return Reflect.get(target, key)
      },
    })
    resolvePolicy(options)
    expect(reads).toEqual(['keepAliveTimeout', 'behind', 'log'])
  })

  test('that throw when read give an error', () => {
    const cause = new Error('from the getter')
    const throwing = {
      get maxAge(): number {
        throw cause
      },
    }
    const error = rejection(throwing)
    expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_OPTION_TYPE', option: 'maxAge', cause })
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(rejection(proxy)).toMatchObject({ code: 'ERR_KEEPALIVE_OPTION_TYPE', option: 'options' })
    expect(rejection({ behind: proxy })).toMatchObject({
      code: 'ERR_KEEPALIVE_OPTION_TYPE',
      option: 'behind',
    })
    expect(rejection({ linger: proxy })).toMatchObject({
      code: 'ERR_KEEPALIVE_OPTION_TYPE',
      option: 'linger',
    })
  })
})

test.each([
  ['maxAge', '10m', 'Pass the number 600000: times are in milliseconds'],
  ['keepAliveTimeout', '65 s', 'Pass the number 65000: times are in milliseconds'],
  ['jitter', '10%', 'Pass the number 0.1'],
  ['maxRequests', '10m', 'Pass a number, such as 0'],
])('%s: %j is converted in the remedy', (name, text, remedy) => {
  expect(rejection({ [name]: text }).remedy).toBe(remedy)
})

test.each([
  ['aws-alb', "keepAlive({ behind: 'aws-alb' })"],
  ['not a name\n', "keepAlive({ behind: 'nginx' })"],
  [['aws-nlb', 'nginx'], "keepAlive({ behind: ['aws-nlb', 'nginx'] })"],
])('a proxy in place of the options belongs in behind: %j', (given, remedy) => {
  const error = rejection(given)
  expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_OPTION_TYPE', option: 'options' })
  expect(error.remedy).toContain(remedy)
})

test.each(['65s', '', 65_000])('%j in place of the options is no proxy', (given) => {
  expect(rejection(given).remedy).toMatch(/^Pass an object, as in keepAlive/)
})
