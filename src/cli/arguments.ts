import { parseArgs } from 'node:util'
import { KeepAliveError, quote } from '../errors.ts'
import type { ProxyOverride } from '../policy/options.ts'
import { proxyExample, proxyIn } from '../policy/proxy-text.ts'
import { nearNames } from '../policy/spelling.ts'
import { readShare, readSize, readTime, readWholeNumber, sizeUnits, timeUnits } from '../quantities.ts'
import { bytes, cut, duration, number, percent, printable } from '../words.ts'
import { UsageError } from './failure.ts'

/** An option of a command: what Node's parseArgs reads, and what the help says of it. */
export interface Flag {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  /** What the help calls the value: `<time>`. */
  readonly value?: string
  /** In the help: a phrase without a full stop, the default in parentheses. */
  readonly about: string
}

/** The options of a command, by name. */
export type Flags = Readonly<Record<string, Flag>>

/** Every command has it. */
export const helpFlag: {
  readonly help: { readonly type: 'boolean'; readonly short: 'h'; readonly about: string }
} = { help: { type: 'boolean', short: 'h', about: 'print this text' } }

type WithHelp<Known extends Flags> = {
  options: Known & typeof helpFlag
  allowPositionals: true
}

/** The options as they were given, `--help` beside those of the command, and the arguments. */
export type Parsed<Known extends Flags> = Pick<
  ReturnType<typeof parseArgs<WithHelp<Known>>>,
  'values' | 'positionals'
>

/** @throws UsageError for an unknown option, or one without its value. */
export function parseFlags<Known extends Flags>(args: readonly string[], known: Known): Parsed<Known> {
  const options = { ...known, ...helpFlag }
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true }) as Parsed<Known>
  } catch (error) {
    // Node's own words; only their first sentence is about what was typed.
    const [sentence = ''] = (error as Error).message.split(/\. |\.?\n/)
    const [, given] = /^Unknown option '--([^' ]{1,80})/.exec(sentence) ?? []
    const [near] = given === undefined ? [] : nearNames(given, Object.keys(options))
    throw new UsageError(
      printable(cut(sentence.replace(/\.$/, ''), 200)),
      near === undefined ? 'see --help' : `did you mean --${near}?`,
    )
  }
}

/** What a flag's value may be. */
export interface Quantity {
  /** `undefined` where the text is no such value. */
  readonly read: (text: string) => number | undefined
  readonly rule: string
  readonly remedy: string
  readonly show: (value: number) => string
}

/** A time in whole ms. */
export const time: Quantity = {
  read: (text) => {
    const ms = readTime(text)
    return ms === undefined ? undefined : Math.round(ms)
  },
  rule: 'a time with its unit, such as 15s',
  remedy: `the units are ${timeUnits.join(', ')}`,
  show: duration,
}

/** A size in bytes. */
export const size: Quantity = {
  read: readSize,
  rule: 'a size with its unit, such as 512MB',
  remedy: `the units are ${sizeUnits.join(', ')}`,
  show: bytes,
}

export const share: Quantity = {
  read: readShare,
  rule: 'a share from 0 to 1',
  remedy: 'write 0.9 or 90%',
  show: percent,
}

export const wholeNumber: Quantity = {
  read: readWholeNumber,
  rule: 'a whole number',
  remedy: 'write digits alone, as in 1000',
  show: number,
}

/** @throws UsageError */
export function readQuantity(flag: string, text: string, quantity: Quantity): number {
  const value = quantity.read(text)
  if (value !== undefined) return value
  throw new UsageError(`${flag} must be ${quantity.rule}, got ${quote(text)}`, quantity.remedy)
}

/** @throws UsageError also for a value out of range. */
export function readWithin(
  flag: string,
  text: string,
  quantity: Quantity,
  [min, max]: readonly [number, number],
): number {
  const value = readQuantity(flag, text, quantity)
  if (value >= min && value <= max) return value
  const { show } = quantity
  throw new UsageError(
    `${flag} must be from ${show(min)} to ${show(max)}, got ${quote(text)}`,
    'choose a value in this range',
  )
}

/**
 * The proxies of `--behind`: `aws-alb`, `aws-alb:90s`. The option `behind` refuses an unknown id.
 *
 * @throws UsageError where the text after the colon is not a time.
 */
export function readProxies(texts: readonly string[]): (ProxyOverride['proxy'] | ProxyOverride)[] {
  return texts.map((text) => {
    const entries = text.split(/[\s,]+/).filter((entry) => entry !== '')
    if (entries.length > 1)
      throw new UsageError(
        `--behind takes one proxy, got ${quote(text)}`,
        `repeat the option, nearest first: ${quote(entries.map((entry) => `--behind ${entry}`).join(' ')).slice(1, -1)}`,
      )
    const proxy = proxyIn(text)
    if (proxy !== undefined) return proxy
    throw new UsageError(
      `--behind takes an id, or id:time with a unit, got ${quote(text)}`,
      `write ${quote(proxyExample(text))}`,
    )
  })
}

/**
 * Runs a step that resolves `--behind`, and answers in the words of the command line.
 *
 * @throws UsageError where the option `behind` refuses a proxy.
 */
export function resolvingBehind<T>(texts: readonly string[], step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (!(error instanceof KeepAliveError) || !error.option?.startsWith('behind')) throw error
    const { code, option, rule, remedy, value } = error
    const text = texts[Number(/\d+/.exec(option)?.[0] ?? 0)] ?? ''
    throw new UsageError(
      `--behind ${quote(text)} ${rule}${typeof value === 'number' ? `, got ${value}` : ''}`,
      code === 'ERR_KEEPALIVE_PROXY_TIMEOUT' ? `write its idle timeout, as in --behind ${text}:60s` : remedy,
    )
  }
}
