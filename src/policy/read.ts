import { KeepAliveError } from '../errors.ts'
import { readShare, readTime } from '../quantities.ts'
import type { ChoiceRule, NumberRange } from './options.ts'

/** An object with a fixed set of fields: the options, or an entry of `behind`. */
export interface Shape {
  /** How messages call it: `options`, `behind[0]`. */
  readonly name: string
  /** The text before the name of a field: nothing, or `behind[0].`. */
  readonly prefix: string
  readonly fields: readonly string[]
  /** The rule and the remedy for a value that is not such an object. */
  readonly rule: string
  readonly remedy: string
  /** The remedy for an unknown field. */
  readonly unknown: (field: string) => string
}

/**
 * The fields of a plain object: its own enumerable properties. Each is read exactly once, because a getter may return
 * another value the next time. Anything that the object throws becomes a KeepAliveError.
 */
export function readFields(given: unknown, shape: Shape): ReadonlyMap<string, unknown> {
  const object = attempt(shape.name, () => (isPlainObject(given) ? given : undefined))
  if (object === undefined) {
    const { name, rule, remedy } = shape
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', { option: name, rule, value: given, remedy })
  }
  const values = new Map<string, unknown>()
  for (const key of attempt(shape.name, () => enumerableKeys(object))) {
    const option = shape.prefix + (typeof key === 'symbol' ? (key.description ?? '') : key)
    const value = attempt(option, () => object[key])
    if (typeof key === 'symbol' || !shape.fields.includes(key)) throw unknownField(option, key, value, shape)
    values.set(key, value)
  }
  return values
}

function unknownField(option: string, key: string | symbol, value: unknown, shape: Shape): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_UNKNOWN_OPTION', {
    option,
    rule: typeof key === 'symbol' ? 'is a symbol; the names of options are strings' : 'is not an option',
    value,
    // If an app passes a request's headers as options, the value may be a credential.
    ...(typeof value === 'string' ? { shown: 'a string' } : {}),
    remedy: shape.unknown(String(key)),
  })
}

/** The first entries of a list, each read once; holes are `undefined`. Returns `undefined` if it is not a list. */
export function readList(option: string, given: unknown, max: number): unknown[] | undefined {
  return attempt(option, () =>
    Array.isArray(given)
      ? Array.from({ length: Math.min(given.length, max) }, (_, i) => given[i] as unknown)
      : undefined,
  )
}

/** Runs a step that may run the user's code, such as a getter or a proxy trap. */
function attempt<T>(option: string, step: () => T): T {
  try {
    return step()
  } catch (cause) {
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
      option,
      rule: 'must be readable, but reading it failed',
      remedy: 'Pass a plain value',
      cause,
    })
  }
}

/** Created with `{}` or without a prototype. A class instance, a promise or a map would lose its content. */
function isPlainObject(given: unknown): given is Record<PropertyKey, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false
  const prototype: unknown = Object.getPrototypeOf(given)
  // The Object.prototype of any realm has no prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function enumerableKeys(object: object): (string | symbol)[] {
  return Reflect.ownKeys(object).filter((key) => Object.prototype.propertyIsEnumerable.call(object, key))
}

const nouns = {
  time: 'a whole number of milliseconds',
  count: 'a whole number',
  fraction: 'a number',
} as const
const hints = { time: '; times are in milliseconds', count: '', fraction: '; 10% is 0.1' } as const

/** Describes a range: `a whole number of milliseconds from 0 to 2147483647`. */
export function describeRange(range: NumberRange): string {
  return `${range.zero !== undefined && range.min > 0 ? '0, or ' : ''}${nouns[range.kind]} from ${range.min} to ${range.max}`
}

/** Checks a given number. `example` is a valid value for the remedy. */
export function checkNumber(option: string, value: unknown, range: NumberRange, example: number): number {
  const rule = `must be ${describeRange(range)}`
  if (typeof value !== 'number') {
    const remedy =
      typeof value === 'string' ? remedyForText(value, range, example) : `Pass a number, such as ${example}`
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', { option, rule, value, remedy })
  }
  if (Number.isNaN(value)) {
    const remedy = `Number() returns NaN for text and for undefined: use Number(process.env.X ?? ${example})`
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_RANGE', { option, rule: 'must not be NaN', value, remedy })
  }
  if (!isWithin(value, range)) {
    const zero = range.zero === undefined ? '' : `; 0 means: ${range.zero}`
    const seconds = range.kind === 'time' && value > 0 && value < range.min
    const hint = seconds ? `${hints.time}: for ${value} s write ${value * 1_000}` : hints[range.kind]
    const remedy = `Choose a value within the range${hint}${zero}`
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_RANGE', { option, rule, value, remedy })
  }
  // Makes -0 a plain 0.
  return value + 0
}

/** `Number()` converts digits only: of `10m` it makes NaN. */
function remedyForText(text: string, range: NumberRange, example: number): string {
  if (/^\s*-?\d+(?:\.\d+)?\s*$/.test(text))
    return 'Pass a number. Environment variables are strings: convert them with Number(process.env.X)'
  const meant =
    range.kind === 'time' ? readTime(text) : range.kind === 'fraction' ? readShare(text) : undefined
  if (meant === undefined || !isWithin(meant, range)) return `Pass a number, such as ${example}`
  return `Pass the number ${meant}${range.kind === 'time' ? ': times are in milliseconds' : ''}`
}

function isWithin(value: number, range: NumberRange): boolean {
  if (range.kind !== 'fraction' && !Number.isSafeInteger(value)) return false
  return (value === 0 && range.zero !== undefined) || (value >= range.min && value <= range.max)
}

/** Checks a given boolean; returns the default if there is none. */
export function checkFlag(option: string, value: unknown, rule: { readonly default: boolean }): boolean {
  if (value === undefined) return rule.default
  if (typeof value === 'boolean') return value
  const remedy =
    typeof value === 'string'
      ? "Pass true or false. Environment variables are strings: compare them, as in process.env.X === 'true'"
      : 'Pass true or false'
  throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    option,
    rule: 'must be true or false',
    value,
    remedy,
  })
}

/** The given name, if it is one of the values; the default if it is undefined. */
export function checkChoice(option: string, value: unknown, rule: ChoiceRule): string {
  if (value === undefined) return rule.default
  if (rule.values.includes(value as string)) return value as string
  const names = rule.values.map((name) => `'${name}'`).join(' or ')
  throw new KeepAliveError(
    typeof value === 'string' ? 'ERR_KEEPALIVE_OPTION_RANGE' : 'ERR_KEEPALIVE_OPTION_TYPE',
    { option, rule: `must be ${names}`, value, remedy: `Leave it out for '${rule.default}'` },
  )
}
