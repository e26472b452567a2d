import type { SecureContext } from 'node:tls'
import { quote } from '../../errors.ts'
import { type Policy, resolvePolicy } from '../../policy/policy.ts'
import { type Expectation, expectable, parseExpectation } from '../../probe/expectations.ts'
import { type ExtraHeader, headerBounds, parseHeader } from '../../probe/extra-headers.ts'
import { parseResolution, type Resolution } from '../../probe/resolve.ts'
import { otherRequests } from '../../probe/steps/all.ts'
import {
  type Flags,
  helpFlag,
  parseFlags,
  readProxies,
  readWithin,
  resolvingBehind,
  time,
  wholeNumber,
} from '../arguments.ts'
import { UsageError } from '../failure.ts'
import type { Help } from '../help.ts'
import { readTlsFiles } from './tls-files.ts'

/** What the command line asks for. */
export interface ProbeArguments {
  readonly url: string
  /** In ms. */
  readonly maxWait: number
  readonly maxRequests: number
  readonly http2: boolean
  readonly method: 'GET' | 'HEAD'
  readonly insecure: boolean
  readonly headers: readonly ExtraHeader[]
  readonly resolve: readonly Resolution[]
  readonly secureContext: SecureContext | undefined
  readonly yes: boolean
  readonly json: boolean
  readonly timeline: boolean
  /** Print the judgment alone. */
  readonly quiet: boolean
  /** The kit's policy behind the given proxies. */
  readonly policy: Policy | undefined
  readonly expectations: readonly Expectation[]
}

const defaultWait = 120_000
const longestWait = 6 * 60 * 60_000
const defaultRequests = 200
const minRequests = 2 * otherRequests
const maxRequests = 10_000

const measureFlags = {
  http2: {
    type: 'boolean',
    about: 'measure HTTP/2: by ALPN for https, by prior knowledge for http (HTTP/1.1)',
  },
  'max-wait': {
    type: 'string',
    value: '<time>',
    about: `the longest wait of a step, such as 90s or 5m (${defaultWait / 1_000}s)`,
  },
  'max-requests': {
    type: 'string',
    value: '<n>',
    about: `requests to send at most, ${minRequests} to ${maxRequests} (${defaultRequests})`,
  },
  method: { type: 'string', value: '<method>', about: 'GET or HEAD (GET)' },
  header: {
    type: 'string',
    short: 'H',
    multiple: true,
    value: '<header>',
    about: "send 'Name: value' with each request; repeat it for more",
  },
  resolve: {
    type: 'string',
    multiple: true,
    value: '<host:port:address>',
    about: "use this address for the URL's host and port, as in curl",
  },
  cacert: { type: 'string', value: '<file>', about: 'trust the authorities in this file, and no others' },
  cert: { type: 'string', value: '<file>', about: "the client's certificate, in PEM" },
  key: { type: 'string', value: '<file>', about: "the certificate's key, in PEM" },
  insecure: {
    type: 'boolean',
    short: 'k',
    about: "measure although the server's certificate is not trusted",
  },
  yes: { type: 'boolean', short: 'y', about: 'do not ask before sending to a public address' },
} as const satisfies Flags

const judgeFlags = {
  behind: {
    type: 'string',
    multiple: true,
    value: '<proxy>',
    about:
      'judge for this proxy or load balancer: its id, such as aws-alb, or id:time for another idle timeout than its default; repeat it for a chain, nearest first',
  },
  expect: {
    type: 'string',
    multiple: true,
    value: '<condition>',
    about: `exit with 1 unless this is met, such as 'idle>60s'; repeat it for more. The names are ${expectable.join(', ')}`,
  },
} as const satisfies Flags

const answerFlags = {
  json: { type: 'boolean', about: 'print the report as JSON' },
  timeline: { type: 'boolean', about: 'print the events of each connection too' },
  quiet: {
    type: 'boolean',
    short: 'q',
    about: 'print the first line only: PASS, FAIL or INCOMPLETE, and why',
  },
} as const satisfies Flags

const flags = { ...measureFlags, ...judgeFlags, ...answerFlags }

export const help: Help = {
  does: 'Measures the keep-alive behavior of an HTTP server, proxy or load balancer from outside, as a client',
  usage: ['probe <url> [options]'],
  notes: ['A time is 500ms, 90s, 5m, 2h or 1d. Ctrl-C prints what is known so far.'],
  options: [
    { title: 'The measurement', flags: measureFlags },
    { title: 'The judgment', flags: judgeFlags },
    { title: 'The answer', flags: { ...answerFlags, ...helpFlag } },
  ],
  examples: [
    ['probe http://localhost:3000/ --behind aws-alb', 'Does this server fit an AWS load balancer?'],
    ["probe https://app.example.com/ --expect 'idle>60s' --yes --quiet", 'In CI: one line and an exit code'],
    ['probe localhost:3000 --timeline', 'What happens on each connection, event by event'],
  ],
  exitCodes: [
    [0, 'PASS'],
    [1, "FAIL: an expectation or the proxy's rule is not met, or a finding is an error"],
    [2, 'INCOMPLETE: not everything was measured; or nothing was; or a mistake on the command line'],
    [130, 'interrupted by Ctrl-C'],
  ],
}

/**
 * Reads the command line; `undefined` if it asks for help.
 *
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): ProbeArguments | undefined {
  const { values, positionals } = parseFlags(args, flags)
  if (values.help) return undefined
  const [url, ...others] = positionals
  if (url === undefined)
    throw new UsageError('there is no URL', 'name one, as in keepalive-kit probe http://localhost:3000/')
  if (others.length > 0)
    throw new UsageError(`probe takes one URL, got ${quote(others[0]!)} too`, 'probe one URL at a time')
  const method = values.method ?? 'GET'
  if (method !== 'GET' && method !== 'HEAD')
    throw new UsageError(`--method must be GET or HEAD, got ${quote(method)}`, 'leave it out for GET')
  const { behind = [], 'max-wait': wait, 'max-requests': requests } = values
  return {
    url,
    maxWait: wait === undefined ? defaultWait : readWithin('--max-wait', wait, time, [1_000, longestWait]),
    maxRequests:
      requests === undefined
        ? defaultRequests
        : readWithin('--max-requests', requests, wholeNumber, [minRequests, maxRequests]),
    http2: values.http2 ?? false,
    method,
    insecure: values.insecure ?? false,
    headers: readHeaders(values.header ?? []),
    resolve: (values.resolve ?? []).map(readResolution),
    secureContext: readTlsFiles({ cacert: values.cacert, cert: values.cert, key: values.key }),
    yes: values.yes ?? false,
    json: values.json ?? false,
    timeline: values.timeline ?? false,
    quiet: values.quiet ?? false,
    policy:
      behind.length > 0
        ? resolvingBehind(behind, () => resolvePolicy({ behind: readProxies(behind) }))
        : undefined,
    expectations: (values.expect ?? []).map(readExpectation),
  }
}

function readExpectation(text: string): Expectation {
  const expectation = parseExpectation(text)
  if ('holds' in expectation) return expectation
  throw new UsageError(`--expect ${expectation.wrong}`, expectation.remedy)
}

function readHeaders(texts: readonly string[]): ExtraHeader[] {
  const headers = texts.map((text) => {
    const header = parseHeader(text)
    if (typeof header !== 'string') return header
    throw new UsageError(`--header: ${header}`, "write it as in -H 'Authorization: Bearer …'")
  })
  const { count, characters } = headerBounds
  const length = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (headers.length > count || length > characters)
    throw new UsageError(`there are more than ${count} headers or ${characters} characters`, 'send fewer')
  return headers
}

function readResolution(text: string): Resolution {
  const resolution = parseResolution(text)
  if (resolution) return resolution
  throw new UsageError(
    `--resolve must be host:port:address, got ${quote(text)}`,
    'write it as in app.example.com:443:127.0.0.1',
  )
}
