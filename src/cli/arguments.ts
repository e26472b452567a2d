import { type ParseArgsConfig, parseArgs } from 'node:util'
import { quote } from '../errors.ts'
import type { ProxyOverride } from '../policy/options.ts'
import { proxyIn } from '../policy/proxy-text.ts'
import { nearNames } from '../policy/spelling.ts'
import { readShare, readSize, readTime, readWholeNumber, sizeUnits, timeUnits } from '../quantities.ts'
import { bytes, cut, duration, number, percent, printable } from '../words.ts'
import { UsageError } from './failure.ts'

const helpFlag = { help: { type: 'boolean', short: 'h' } } as const

type Flags = NonNullable<ParseArgsConfig['options']>
type WithHelp<Known extends Flags> = {
  options: Known & typeof helpFlag
  allowPositionals: true
}

/** The flags as they were given, `--help` beside those of the verb, and what is no flag. */
export type Parsed<Known extends Flags> = Pick<
  ReturnType<typeof parseArgs<WithHelp<Known>>>,
  'values' | 'positionals'
>

/** @throws UsageError for a flag that there is not, or one without its value. */
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
  /** `undefined` for what is none. */
  readonly read: (text: string) => number | undefined
  readonly rule: string
  readonly remedy: string
  readonly show: (value: number) => string
}

/** In whole ms. */
export const time: Quantity = {
  read: (text) => {
    const ms = readTime(text)
    return ms === undefined ? undefined : Math.round(ms)
  },
  rule: 'a time with its unit, such as 15s',
  remedy: `units are ${timeUnits.join(', ')}`,
  show: duration,
}

/** In bytes. */
export const size: Quantity = {
  read: readSize,
  rule: 'a size with its unit, such as 512MB',
  remedy: `units are ${sizeUnits.join(', ')}`,
  show: bytes,
}

export const share: Quantity = {
  read: readShare,
  rule: 'a share from 0 to 1',
  remedy: 'such as 0.9 or 90%',
  show: percent,
}

export const wholeNumber: Quantity = {
  read: readWholeNumber,
  rule: 'a whole number',
  remedy: 'such as 1000',
  show: number,
}

/** @throws UsageError */
export function readQuantity(flag: string, text: string, quantity: Quantity): number {
  const value = quantity.read(text)
  if (value !== undefined) return value
  throw new UsageError(`${flag} must be ${quantity.rule}, got ${quote(text)}`, quantity.remedy)
}

/** @throws UsageError also for what is out of range. */
export function readWithin(
  flag: string,
  text: string,
  quantity: Quantity,
  [least, most]: readonly [number, number],
): number {
  const value = readQuantity(flag, text, quantity)
  if (value >= least && value <= most) return value
  const { show } = quantity
  throw new UsageError(
    `${flag} must be from ${show(least)} to ${show(most)}, got ${quote(text)}`,
    'choose a value within the range',
  )
}

/**
 * The proxies of `--behind`: `aws-alb`, `aws-alb:90s`. What is no id is for the option `behind` to refuse.
 *
 * @throws UsageError for what is no time.
 */
export function readProxies(texts: readonly string[]): (ProxyOverride['proxy'] | ProxyOverride)[] {
  return texts.map((text) => {
    const proxy = proxyIn(text)
    if (proxy !== undefined) return proxy
    const [id = ''] = text.split(':')
    throw new UsageError(
      `--behind ${quote(text)}: after the colon comes a time with its unit`,
      `such as ${quote(`${id}:90s`)}`,
    )
  })
}
