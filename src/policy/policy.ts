import type { ClosedConnection } from '../closed.ts'
import { KeepAliveError } from '../errors.ts'
import { type ResolvedProxy, resolveBehind } from './behind.ts'
import {
  type KeepAliveOptions,
  type NumberOption,
  type OptionName,
  optionRules,
  type ReduceTimeouts,
  type SilencedCode,
} from './options.ts'
import { checkChoice, checkFlag, checkNumber, readFields, readList } from './read.ts'
import { resolveReduceTimeouts } from './reduce-timeouts.ts'
import { resolveSilence } from './silence.ts'
import { nearNames, plain } from './spelling.ts'
import { resolveHeadersTimeout, resolveKeepAliveTimeout } from './timeouts.ts'

/** The resolved options: complete, valid and frozen. All times in ms. The meaning of 0 is as in `KeepAliveOptions`. */
export interface Policy extends Readonly<Record<NumberOption, number>> {
  /** The proxies, nearest first. */
  readonly behind: readonly ResolvedProxy[]
  readonly reduceTimeouts: ReduceTimeouts | undefined
  readonly goaway: 'exact' | 'lossless'
  readonly maskAddresses: boolean
  readonly log: false | 'logfmt' | 'json' | ((closed: ClosedConnection) => void)
  readonly silence: readonly SilencedCode[]
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws KeepAliveError at the first mistake. It throws nothing else.
 */
export function resolvePolicy(options?: KeepAliveOptions): Policy {
  const given = readOptions(options)
  const number = (name: NumberOption): number | undefined => {
    const { default: example } = optionRules[name]
    const value = given.get(name)
    return value === undefined ? undefined : checkNumber(name, value, optionRules[name], example)
  }
  const orDefault = (name: NumberOption): number => number(name) ?? optionRules[name].default

  const chain = resolveBehind(given.get('behind'))
  const keepAliveTimeoutBuffer = orDefault('keepAliveTimeoutBuffer')
  const keepAliveTimeout = resolveKeepAliveTimeout(number('keepAliveTimeout'), keepAliveTimeoutBuffer, chain)
  return Object.freeze({
    behind: chain.proxies,
    keepAliveTimeout,
    keepAliveTimeoutBuffer,
    headersTimeout: resolveHeadersTimeout(number('headersTimeout'), keepAliveTimeout, chain),
    maxRequests: orDefault('maxRequests'),
    maxAge: orDefault('maxAge'),
    jitter: orDefault('jitter'),
    maxIdle: orDefault('maxIdle'),
    reduceTimeouts: resolveReduceTimeouts(given.get('reduceTimeouts'), keepAliveTimeout),
    minIdle: orDefault('minIdle'),
    linger: orDefault('linger'),
    goaway: checkChoice('goaway', given.get('goaway'), optionRules.goaway) as Policy['goaway'],
    tcpKeepAlive: orDefault('tcpKeepAlive'),
    clients: orDefault('clients'),
    maskAddresses: checkFlag('maskAddresses', given.get('maskAddresses'), optionRules.maskAddresses),
    log: resolveLog(given.get('log')),
    silence: resolveSilence(given.get('silence')),
  })
}

/**
 * The `server.requestTimeout` that the policy needs. Node silently swaps it with `headersTimeout` if that is the larger
 * one, so the kit raises it to `headersTimeout`. If either is 0, that timeout is off and nothing is raised.
 *
 * @param current - the current `requestTimeout` of the server, in ms.
 */
export function requestTimeoutFor(policy: Pick<Policy, 'headersTimeout'>, current: number): number {
  return current === 0 ? 0 : Math.max(current, policy.headersTimeout)
}

function readOptions(options: unknown): ReadonlyMap<string, unknown> {
  if (options === undefined) return new Map()
  return readFields(options, {
    name: 'options',
    prefix: '',
    fields: optionNames,
    rule: 'must be a plain object or left out',
    remedy: remedyForOptions(options),
    unknown: (field) => {
      const name = optionMeant(field)
      return name === undefined ? `The options are ${optionNames.join(', ')}` : `Use ${name} instead`
    },
  })
}

/** The remedy for what is no object. The name of a proxy, or a list of them, belongs in `behind`. */
function remedyForOptions(given: unknown): string {
  const behind = (example: string): string =>
    `Name the proxy in the option behind: keepAlive({ behind: ${example} })`
  if (typeof given === 'string' && /^[a-z]/i.test(given))
    return behind(/^[\w.-]{1,40}$/.test(given) ? `'${given}'` : "'nginx'")
  if (readList('options', given, 0)) return behind("['aws-nlb', 'nginx']")
  return 'Pass an object, as in keepAlive({ keepAliveTimeout: 65000 }); pass a server to attach(), and the kit to app.use()'
}

/** The option that an unknown name probably means. */
export function optionMeant(name: string): OptionName | undefined {
  return aliases.get(plain(name)) ?? (nearNames(name, optionNames)[0] as OptionName | undefined)
}

const optionNames = Object.keys(optionRules) as OptionName[]

/** How other servers call the options, without case and separators. */
const aliases: ReadonlyMap<string, OptionName> = new Map([
  ['timeout', 'keepAliveTimeout'],
  ['idletimeout', 'keepAliveTimeout'],
  ['keepaliverequests', 'maxRequests'], // nginx
  ['maxkeepaliverequests', 'maxRequests'], // Apache httpd
  ['maxrequestsperconnection', 'maxRequests'], // Envoy
  ['maxrequestspersocket', 'maxRequests'], // Node
  ['keepalivetime', 'maxAge'], // nginx
  ['maxconnectionage', 'maxAge'], // gRPC
  ['maxconnectionduration', 'maxAge'], // Envoy
  ['keepalivemintimeout', 'minIdle'], // nginx
  ['lingeringtimeout', 'linger'], // nginx
  ['keepalive', 'tcpKeepAlive'], // net.createServer
  ['keepaliveinitialdelay', 'tcpKeepAlive'], // net.createServer
  ['proxy', 'behind'],
  ['ignore', 'silence'],
  ['logger', 'log'],
  ['loadbalancer', 'behind'],
])

function resolveLog(given: unknown): Policy['log'] {
  if (given === undefined || given === false) return false
  if (given === true) return 'logfmt'
  if (given === 'logfmt' || given === 'json') return given
  if (typeof given === 'function') return given as (closed: ClosedConnection) => void
  const code = typeof given === 'string' ? 'ERR_KEEPALIVE_OPTION_RANGE' : 'ERR_KEEPALIVE_OPTION_TYPE'
  throw new KeepAliveError(code, {
    option: 'log',
    rule: "must be true, false, 'logfmt', 'json' or a function",
    value: given,
    remedy: 'Use true for the default format, or a function, such as (closed) => logger.info(closed)',
  })
}
