import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { errorCodes, KeepAliveError, quote } from '../../src/errors.ts'

const messageFor = (value: unknown): string =>
  new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', { option: 'x', rule: 'must be y', value, remedy: 'Do z' })
    .message

test('contains the option, the rule, the value, the remedy and the page', () => {
  const details = { option: 'maxAge', rule: 'must be y', value: '5', remedy: 'Do z' }
  const error = new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', details)
  expect(error.message).toBe(
    'maxAge must be y, got "5" (string). Do z. See keepalive-kit/docs/errors/ERR_KEEPALIVE_OPTION_TYPE.md',
  )
  expect(error).toMatchObject({
    ...details,
    name: 'KeepAliveError',
    code: 'ERR_KEEPALIVE_OPTION_TYPE',
    help: 'docs/errors/ERR_KEEPALIVE_OPTION_TYPE.md',
  })
  expect(error).toBeInstanceOf(Error)
  expect(String(error)).toMatch(/^KeepAliveError: maxAge must be y/)
})

test('may be about something other than an option', () => {
  const error = new KeepAliveError('ERR_KEEPALIVE_NOT_A_SERVER', {
    subject: 'attach()',
    rule: 'a',
    remedy: 'b',
  })
  expect(error.message).toBe('attach() a. b. See keepalive-kit/docs/errors/ERR_KEEPALIVE_NOT_A_SERVER.md')
  expect(error.option).toBeUndefined()
})

test('quotes an odd name and keeps the cause', () => {
  const cause = new Error('inner')
  const error = new KeepAliveError('ERR_KEEPALIVE_UNKNOWN_OPTION', {
    option: 'a\nb',
    rule: 'c',
    remedy: 'd',
    cause,
  })
  expect(error.message).toMatch(/^"a\\nb" c\. d\./)
  expect(error.option).toBe('a\nb')
  expect(error.cause).toBe(cause)
})

test('has no cause where there is none', () => {
  expect(Object.hasOwn(new KeepAliveError(errorCodes[0], { rule: 'a', remedy: 'b' }), 'cause')).toBe(false)
})

test('does not print the value, but has it as a property', () => {
  const value = { authorization: 'Bearer secret' }
  const error = new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    option: 'x',
    rule: 'y',
    value,
    remedy: 'z',
  })
  expect(error.value).toBe(value)
  const names = Object.getOwnPropertyNames(error)
  expect(names).not.toContain('value')
  for (const text of [
    inspect(error, { showHidden: true, depth: 9 }),
    JSON.stringify(error),
    JSON.stringify(error, names),
    JSON.stringify({ ...error }),
  ])
    expect(text).not.toContain('secret')
})

test('shows a text instead of the value', () => {
  const details = { option: 'x', rule: 'is no y', value: 'secret', shown: 'a string', remedy: 'Do z' }
  const error = new KeepAliveError('ERR_KEEPALIVE_UNKNOWN_OPTION', details)
  expect(error.message).toContain('x is no y, got a string. Do z.')
})

class Pool {}

test.each([
  ['5s', '"5s" (string)'],
  ['', '"" (string)'],
  ['a\nb\u2028\u202e\u0085"', '"a\\nb\\u{2028}\\u{202e}\\u{85}\\"" (string)'],
  ['x'.repeat(1e6), `"${'x'.repeat(80)}…" (string)`],
  [65, '65 (number)'],
  [-0, '-0 (number)'],
  [Number.NaN, 'NaN (number)'],
  [-Infinity, '-Infinity (number)'],
  [5n, '5n (bigint)'],
  [-(10n ** 40n), 'a bigint of more than 40 digits'],
  [true, 'true (boolean)'],
  [undefined, 'undefined'],
  [null, 'null'],
  [Symbol('a\nb'), '"a\\nb" (symbol)'],
  [Symbol(), '"" (symbol)'],
  [() => 1, 'a function'],
  [[1, 2], 'an array of 2'],
  [{ a: 1 }, 'an object'],
  [Object.create(null), 'an object'],
  [new Pool(), 'an object (Pool)'],
  [new Map(), 'an object (Map)'],
  [runInNewContext('new Date()'), 'an object (Date)'],
])('shows the value %#', (value, shown) => {
  expect(messageFor(value)).toContain(`, got ${shown}. `)
})

test('runs no code of the value', () => {
  const bomb = (): never => {
    throw new Error('ran')
  }
  const traps = new Proxy({}, { get: () => bomb })
  const named = Object.defineProperty(class {}, 'name', { get: bomb })
  const revocable = Proxy.revocable({}, {})
  revocable.revoke()
  const revocableFunction = Proxy.revocable(() => {}, {})
  revocableFunction.revoke()
  const values = [
    { toString: bomb, valueOf: bomb, toJSON: bomb, [Symbol.toPrimitive]: bomb },
    Object.defineProperty({}, Symbol.toStringTag, { get: bomb }),
    Object.create({
      get constructor() {
        return bomb()
      },
    }),
    Object.create(new Proxy({}, traps)),
    Object.create({ constructor: new Proxy(class {}, traps) }),
    new named(),
    new Proxy({}, traps),
    new Proxy([], traps),
    revocable.proxy,
    revocableFunction.proxy,
  ]
  for (const value of values) expect(messageFor(value)).toMatch(/, got (an object|a proxy|a function)\. /)
})

test('quotes on one line, up to the maximum length', () => {
  expect(quote('plain')).toBe('"plain"')
  expect(quote('\0'.repeat(1000)).length).toBeLessThan(500)
  expect(quote(`${'a'.repeat(79)}😀`)).toMatch(/^"a{79}\\ud83d…"$/)
})

test('codes are unique', () => {
  expect(new Set(errorCodes).size).toBe(errorCodes.length)
})
