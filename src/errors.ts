import { cut, printable } from './words.ts'

/** The stable codes of errors. Each has a page in docs/errors/. */
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

/** The parts of a `KeepAliveError`. Rule and remedy are one line each, without a full stop at the end. */
export interface KeepAliveErrorDetails {
  /** The option's name, e.g. `keepAliveTimeout` or `behind[0].idleTimeout`. */
  readonly option?: string
  /** What the error is about if it is not an option, for example `attach()`. */
  readonly subject?: string
  /** Continues after the name: `must be …`. */
  readonly rule: string
  /** The value that was given. Left out if there is nothing to show. */
  readonly value?: unknown
  /** Replaces the value in the message if the value may be a secret. */
  readonly shown?: string
  readonly remedy: string
  /** The error that caused this one. */
  readonly cause?: unknown
}

/** A mistake in the configuration: the option, the rule that it breaks, the given value, and the remedy. */
export class KeepAliveError extends Error {
  static {
    // On the prototype, like the name of JavaScript's own errors.
    KeepAliveError.prototype.name = 'KeepAliveError'
  }

  readonly code: KeepAliveErrorCode
  /** The option's name, e.g. `keepAliveTimeout`; `undefined` if the error is not about an option. */
  readonly option: string | undefined
  /** The broken rule. It continues after the option's name. */
  readonly rule: string
  /** What to do. */
  readonly remedy: string
  /** The page that explains the code, inside the package: `docs/errors/<code>.md`. */
  readonly help: string
  // Private: console.error, loggers and JSON.stringify print public fields, and the value may be a request with its headers.
  readonly #value: unknown

  constructor(code: KeepAliveErrorCode, details: KeepAliveErrorDetails) {
    const help = `docs/errors/${code}.md`
    const name = details.option ?? details.subject
    const subject = name === undefined ? '' : `${/^[\w.()[\]]{1,80}$/.test(name) ? name : quote(name)} `
    const got = 'value' in details ? `, got ${details.shown ?? render(details.value)}` : ''
    super(
      `${subject}${details.rule}${got}. ${sentence(details.remedy)} See keepalive-kit/${help}`,
      'cause' in details ? { cause: details.cause } : undefined,
    )
    this.code = code
    this.option = details.option
    this.rule = details.rule
    this.#value = details.value
    this.remedy = details.remedy
    this.help = help
  }

  /** The value that was given. No logger prints it. */
  get value(): unknown {
    return this.#value
  }
}

const sentence = (text: string): string => (text.endsWith('?') ? text : `${text}.`)

const maxQuote = 80

/** A text in quotes, always on one line and of bounded length. */
export function quote(text: string): string {
  // JSON does not escape C1 controls, bidi overrides and line separators.
  return printable(JSON.stringify(cut(text, maxQuote)))
}

/** Describes a value and its type for a message. Runs no code of the value: no getter, no toString, no proxy trap. */
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

// Not imported, so that the pure parts also run in a browser. A browser cannot recognize a Proxy.
const isProxy: (value: unknown) => boolean =
  globalThis.process?.getBuiltinModule?.('node:util').types.isProxy ?? (() => false)

function renderObject(value: object): string {
  if (isProxy(value)) return 'a proxy'
  if (Array.isArray(value)) return `an array of ${value.length}`
  const name = className(value)
  return name === undefined || name === 'Object' ? 'an object' : `an object (${name})`
}

/** The name of an object's class, read only from plain data properties. */
function className(value: object): string | undefined {
  const maker = ownData(Object.getPrototypeOf(value), 'constructor')
  const name = typeof maker === 'function' ? ownData(maker, 'name') : undefined
  return typeof name === 'string' && /^[\w$]{1,40}$/.test(name) ? name : undefined
}

function ownData(owner: object | null, key: string): unknown {
  if (owner === null || isProxy(owner)) return undefined
  return Object.getOwnPropertyDescriptor(owner, key)?.value
}
