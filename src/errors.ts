import { cut, printable } from './words.ts'

/** The stable codes of errors; each has a page under docs/errors/. */
export const errorCodes = [
  'ERR_KEEPALIVE_UNKNOWN_OPTION',
  'ERR_KEEPALIVE_OPTION_TYPE',
  'ERR_KEEPALIVE_OPTION_RANGE',
  'ERR_KEEPALIVE_UNKNOWN_PROXY',
  'ERR_KEEPALIVE_PROXY_TIMEOUT',
  'ERR_KEEPALIVE_TIMEOUT_CONFLICT',
  'ERR_KEEPALIVE_NOT_A_SERVER',
  'ERR_KEEPALIVE_ALREADY_ATTACHED',
  'ERR_KEEPALIVE_LOSSLESS_ON_TLS',
  'ERR_KEEPALIVE_NOT_ATTACHED',
  'ERR_KEEPALIVE_ATTACHED_ALL',
  'ERR_KEEPALIVE_NOT_CALLED',
  'ERR_KEEPALIVE_WRONG_ADAPTER',
  'ERR_KEEPALIVE_SNAPSHOT_VERSION',
] as const

export type KeepAliveErrorCode = (typeof errorCodes)[number]

/** What a `KeepAliveError` is made of. Rule and remedy are one line each, without a full stop at the end. */
export interface KeepAliveErrorDetails {
  /** The option's name, e.g. `keepAliveTimeout` or `behind[0].idleTimeout`. */
  readonly option?: string
  /** What the error is about where that is no option, e.g. `attach()`. */
  readonly subject?: string
  /** Reads on from the name: `must be …`. */
  readonly rule: string
  /** What was given. Left out where there is nothing to show. */
  readonly value?: unknown
  /** Goes into the message in the value's place, where the value itself may be a secret. */
  readonly shown?: string
  readonly remedy: string
  /** What was thrown, if that is why. */
  readonly cause?: unknown
}

/** A mistake in the configuration: which one, the rule it breaks, the value given, and what to do. */
export class KeepAliveError extends Error {
  static {
    // On the prototype, as the language's own errors have it.
    KeepAliveError.prototype.name = 'KeepAliveError'
  }

  readonly code: KeepAliveErrorCode
  /** The option's name, e.g. `keepAliveTimeout`; `undefined` where the error is not about an option. */
  readonly option: string | undefined
  /** The rule that was broken; reads on from the option's name. */
  readonly rule: string
  /** What to do about it. */
  readonly remedy: string
  /** The page that explains the code, inside the package: `docs/errors/<code>.md`. */
  readonly help: string
  // A field is printed by console.error, by loggers and by JSON.stringify; the value may be a request with its headers.
  readonly #value: unknown

  constructor(code: KeepAliveErrorCode, details: KeepAliveErrorDetails) {
    const help = `docs/errors/${code}.md`
    const name = details.option ?? details.subject
    const subject = name === undefined ? '' : `${/^[\w.()[\]]{1,80}$/.test(name) ? name : quote(name)} `
    const got = 'value' in details ? `, got ${details.shown ?? render(details.value)}` : ''
    super(
      `${subject}${details.rule}${got}. ${details.remedy}. See keepalive-kit/${help}`,
      'cause' in details ? { cause: details.cause } : undefined,
    )
    this.code = code
    this.option = details.option
    this.rule = details.rule
    this.#value = details.value
    this.remedy = details.remedy
    this.help = help
  }

  /** The value as it was given. No logger prints it. */
  get value(): unknown {
    return this.#value
  }
}

const longestQuote = 80

/** A text in quotes, on one line and of bounded length whatever is in it. */
export function quote(text: string): string {
  // JSON leaves C1 controls, bidi overrides and line separators as they are.
  return printable(JSON.stringify(cut(text, longestQuote)))
}

/** A value and its type for a message. Runs no code of the value's owner: no getter, no toString, no proxy trap. */
export function render(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `${quote(value)} (string)`
    case 'symbol':
      return `${quote(value.description ?? '')} (symbol)`
    case 'number':
      return `${Object.is(value, -0) ? '-0' : value} (number)`
    case 'bigint':
      return renderBigInt(value)
    case 'boolean':
      return `${value} (boolean)`
    case 'function':
      return 'a function'
    case 'object':
      return value === null ? 'null' : renderObject(value)
    default:
      return 'undefined'
  }
}

function renderBigInt(value: bigint): string {
  const limit = 10n ** 40n
  return value > -limit && value < limit ? `${value}n (bigint)` : 'a bigint of more than 40 digits'
}

// Asked for, not imported, so that what only computes also runs in a browser. There a Proxy cannot be recognized.
const isProxy: (value: unknown) => boolean =
  globalThis.process?.getBuiltinModule?.('node:util').types.isProxy ?? (() => false)

function renderObject(value: object): string {
  if (isProxy(value)) return 'a proxy'
  if (Array.isArray(value)) return `an array of ${value.length}`
  const name = className(value)
  return name === undefined || name === 'Object' ? 'an object' : `an object (${name})`
}

/** The name of an object's class, read from plain data properties only. */
function className(value: object): string | undefined {
  const maker = ownData(Object.getPrototypeOf(value), 'constructor')
  const name = typeof maker === 'function' ? ownData(maker, 'name') : undefined
  return typeof name === 'string' && /^[\w$]{1,40}$/.test(name) ? name : undefined
}

function ownData(owner: object | null, key: string): unknown {
  if (owner === null || isProxy(owner)) return undefined
  return Object.getOwnPropertyDescriptor(owner, key)?.value
}
