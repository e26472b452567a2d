import { KeepAliveError } from '../errors.ts'
import { readOrigins } from '../outgoing/pick.ts'
import {
  type ChoiceRule,
  type KeepAliveOptions,
  type NumberRange,
  type OptionName,
  optionRules,
} from '../policy/options.ts'
import { optionMeant } from '../policy/policy.ts'
import { proxyExample, proxyIn } from '../policy/proxy-text.ts'
import { describeRange } from '../policy/read.ts'
import { nearNames } from '../policy/spelling.ts'
import { readTime } from '../quantities.ts'
import { type AttachAllOptions, checkPort, drainRange, portRange, resolveAttachAll } from './options.ts'

/** The settings from the environment. */
export interface Environment {
  readonly options: KeepAliveOptions
  readonly how: AttachAllOptions
  /** Port of the page; `undefined` for no page. */
  readonly dashboardPort: number | undefined
  readonly metricsPort: number | undefined
  readonly metricsHost: string
  /** Whether outgoing connections are tracked. */
  readonly outgoing: boolean
  /** The origins with their own metrics. */
  readonly outgoingOrigins: readonly string[]
}

const prefix = 'KEEPALIVE_KIT_'

/** `keepAliveTimeout` → `KEEPALIVE_KIT_KEEP_ALIVE_TIMEOUT`. */
export function variableOf(option: string): string {
  return prefix + option.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

const optionNames = Object.keys(optionRules) as OptionName[]
const optionOf: ReadonlyMap<string, OptionName> = new Map(optionNames.map((name) => [variableOf(name), name]))

/** The variables that are not options of `keepAlive()`. */
const own = {
  ports: `${prefix}PORTS`,
  drain: `${prefix}DRAIN`,
  dashboardPort: `${prefix}DASHBOARD_PORT`,
  metricsPort: `${prefix}METRICS_PORT`,
  metricsHost: `${prefix}METRICS_HOST`,
  outgoing: `${prefix}OUTGOING`,
  outgoingOrigins: `${prefix}OUTGOING_ORIGINS`,
} as const

/** Adds the name of the variable to an error of `keepAlive()`, which only names the option. */
export function withVariable(error: unknown): unknown {
  const [option = ''] = (error as Partial<KeepAliveError>).option?.split(/[.[]/) ?? []
  return Object.hasOwn(optionRules, option) ? `${error} (${option} is ${variableOf(option)})` : error
}

/** All variables except `KEEPALIVE_KIT` itself. */
export const variables: readonly string[] = [...optionOf.keys(), ...Object.values(own)]

/** The kind of an option, as in the table of options. */
type Kind = (typeof optionRules)[OptionName]['kind']

/** Converts a text to a value, by the kind of the option. Throws if the text is not valid. */
const readers: Readonly<Record<Kind, (name: string, text: string, rule: never) => unknown>> = {
  time: readNumber,
  count: readNumber,
  fraction: readNumber,
  proxies: (name, text) => alone(listIn(text).map((entry) => readProxy(name, entry))),
  codes: (_name, text) => listIn(text),
  flag: (name, text) => readWord(name, text, { true: true, false: false }),
  log: (name, text) => readWord(name, text, { true: true, false: false, logfmt: 'logfmt', json: 'json' }),
  choice: (name, text, { values }: ChoiceRule) =>
    readWord(name, text, Object.fromEntries(values.map((value) => [value, value]))),
  reduce: readReduce,
}

/**
 * Reads all variables that begin with `KEEPALIVE_KIT`. An empty variable, or one of spaces, counts as not set.
 *
 * @returns `undefined` for `KEEPALIVE_KIT=off`.
 * @throws KeepAliveError for an unknown variable, and for a text that its option does not accept. `keepAlive()` checks the
 * resulting options.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment | undefined {
  const isOn = env.KEEPALIVE_KIT?.trim()
  if (isOn && !readWord('KEEPALIVE_KIT', isOn, { off: false, on: true })) return undefined
  const given = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    const text = value?.trim()
    if (!name.startsWith(prefix) || !text) continue
    if (!variables.includes(name)) throw unknownVariable(name, text)
    given.set(name, text)
  }
  const options: Partial<Record<OptionName, unknown>> = {}
  for (const [name, option] of optionOf) {
    const text = given.get(name)
    const rule = optionRules[option]
    if (text !== undefined) options[option] = readers[rule.kind](name, text, rule as never)
  }
  const port = (name: string): number | undefined => {
    const text = given.get(name)
    return text === undefined ? undefined : readPort(name, text)
  }
  return {
    options: options as KeepAliveOptions,
    how: readHow(given.get(own.ports), given.get(own.drain)),
    dashboardPort: port(own.dashboardPort),
    metricsPort: port(own.metricsPort),
    metricsHost: given.get(own.metricsHost) ?? '127.0.0.1',
    outgoing: readWord(own.outgoing, given.get(own.outgoing) ?? 'false', { true: true, false: false }),
    outgoingOrigins: readOrigins(own.outgoingOrigins, listIn(given.get(own.outgoingOrigins) ?? '')),
  }
}

function readHow(ports: string | undefined, drain: string | undefined): AttachAllOptions {
  const how = {
    ports: ports === undefined ? undefined : listIn(ports).map((port) => readPort(own.ports, port)),
    drain: drain === undefined ? undefined : readNumber(own.drain, drain, drainRange),
  }
  return resolveAttachAll(how, own)
}

function readNumber(name: string, text: string, range: NumberRange): number {
  const value = range.kind === 'time' ? timeIn(text) : numberIn(text)
  if (value !== undefined) return value
  throw wrong(
    name,
    text,
    `must be ${describeRange(range)}`,
    range.kind === 'time' ? 'Write 65000 or 65s' : 'Write only digits',
  )
}

function readPort(name: string, text: string): number {
  return checkPort(name, readNumber(name, text, portRange))
}

/** In ms, with or without a unit. */
function timeIn(text: string): number | undefined {
  const ms = numberIn(text) ?? readTime(text)
  return ms === undefined ? undefined : Math.round(ms)
}

/** Stricter than `Number()`: not '', not '0x10', not '1e9'. */
function numberIn(text: string): number | undefined {
  return /^-?\d{1,16}(?:\.\d{1,16})?$/.test(text) ? Number(text) : undefined
}

function listIn(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** A single proxy without the list, so that messages say `behind` instead of `behind[0]`. */
function alone(list: readonly unknown[]): unknown {
  return list.length === 1 ? list[0] : list
}

function readProxy(name: string, text: string): unknown {
  const proxy = proxyIn(text)
  if (proxy !== undefined) return proxy
  throw wrong(
    name,
    text,
    "must be a proxy's id, or id:time",
    `Write a time with its unit after the colon, as in ${proxyExample(text)}`,
  )
}

function readReduce(name: string, text: string): unknown {
  const numbers = listIn(text).map(timeIn)
  const [scalingThreshold, saturationThreshold, minTimeout] = numbers
  if (numbers.length === 3 && !numbers.includes(undefined))
    return { scalingThreshold, saturationThreshold, minTimeout }
  throw wrong(
    name,
    text,
    'must be three numbers: scalingThreshold, saturationThreshold, minTimeout',
    'Separate them with commas, as in 8000,10000,5000',
  )
}

function readWord<Meaning>(name: string, text: string, words: Readonly<Record<string, Meaning>>): Meaning {
  const known = Object.keys(words)
  const meant = words[text.toLowerCase()]
  if (meant !== undefined && Object.hasOwn(words, text.toLowerCase())) return meant
  throw wrong(name, text, `must be ${known.slice(0, -1).join(', ')} or ${known.at(-1)}`, `Write ${known[0]}`)
}

function wrong(option: string, value: string, rule: string, remedy: string): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', { option, rule, value, remedy })
}

function unknownVariable(name: string, value: string): KeepAliveError {
  const rest = name.slice(prefix.length)
  const [near] = nearNames(
    rest,
    variables.map((variable) => variable.slice(prefix.length)),
  )
  const option = near === undefined ? optionMeant(rest) : undefined
  const meant = near === undefined ? option && variableOf(option) : prefix + near
  return new KeepAliveError('ERR_KEEPALIVE_UNKNOWN_OPTION', {
    option: name,
    rule: 'is not a variable of keepalive-kit/register',
    value,
    // A misspelled variable may hold a secret.
    shown: 'a string',
    remedy:
      meant === undefined
        ? 'The variables are listed in keepalive-kit/docs/register.md'
        : `Use ${meant} instead`,
  })
}
