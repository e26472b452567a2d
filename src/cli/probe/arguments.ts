import type { SecureContext } from 'node:tls'
import { quote } from '../../errors.ts'
import { type Policy, resolvePolicy } from '../../policy/policy.ts'
import { type Expectation, expectable, parseExpectation } from '../../probe/expectations.ts'
import { type ExtraHeader, headerBounds, parseHeader } from '../../probe/extra-headers.ts'
import { parseResolution, type Resolution } from '../../probe/resolve.ts'
import { otherRequests } from '../../probe/steps/all.ts'
import { parseFlags, readProxies, readWithin, time, wholeNumber } from '../arguments.ts'
import { UsageError } from '../failure.ts'
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
  /** The judgment alone. */
  readonly quiet: boolean
  /** What the kit would do behind the proxies given. */
  readonly policy: Policy | undefined
  readonly expectations: readonly Expectation[]
}

const defaultWait = 120_000
const longestWait = 6 * 60 * 60_000
const defaultRequests = 200
const leastRequests = 2 * otherRequests
const mostRequests = 10_000

export const help: string = `Measures the keep-alive behaviour of an HTTP server or balancer from outside, as a client

Usage: keepalive-kit probe <url> [options]

  --http2                measure HTTP/2: by ALPN for https, by prior knowledge for http (HTTP/1.1)
  --max-wait <time>      the longest that a step waits, such as 90s or 5m (${defaultWait / 1_000}s)
  --max-requests <n>     requests sent in all at most, ${leastRequests} to ${mostRequests} (${defaultRequests})
  --behind <proxy>       judge for a proxy: its id, or id:time for another idle timeout than its
                         default; several times for a chain, nearest first
  --expect <condition>   exit with 1 unless it is met, such as 'idle>60s'; several times for several;
                         of ${expectable.join(', ')}
  --method <GET|HEAD>    (GET)
  --header, -H <header>  send 'Name: value' with each request; several times for several
  --resolve <h:p:addr>   use this address for the URL's host and port, as in curl
  --cacert <file>        trust the authorities of this file, and no others
  --cert, --key <file>   the client's certificate and its key, in PEM
  --insecure, -k         measure although the certificate is not trusted
  --json                 the report as JSON
  --timeline             tell the life of each connection, event by event
  --quiet, -q            print the first line only: PASS, FAIL or INCOMPLETE, and why
  --yes, -y              do not ask before sending to a public address
  --help                 this text

A time is 500ms, 90s, 5m, 2h, 1d.

Exit codes: 0 PASS; 1 FAIL: an expectation or the proxy's rule is not met, or a finding is an error;
2 INCOMPLETE or not measured; 130 interrupted. Ctrl-C prints what is known so far.`

const flags = {
  'max-wait': { type: 'string' },
  'max-requests': { type: 'string' },
  behind: { type: 'string', multiple: true },
  expect: { type: 'string', multiple: true },
  http2: { type: 'boolean' },
  method: { type: 'string' },
  header: { type: 'string', short: 'H', multiple: true },
  resolve: { type: 'string', multiple: true },
  insecure: { type: 'boolean', short: 'k' },
  cacert: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  json: { type: 'boolean' },
  timeline: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  yes: { type: 'boolean', short: 'y' },
} as const

/**
 * Reads the command line; `undefined` if it asks for help.
 *
 * @throws UsageError, and KeepAliveError for a proxy that `behind` does not take.
 */
export function readArguments(args: readonly string[]): ProbeArguments | undefined {
  const { values, positionals } = parseFlags(args, flags)
  if (values.help) return undefined
  const [url, ...others] = positionals
  if (url === undefined)
    throw new UsageError('there is no URL', 'name one, as in keepalive-kit probe http://localhost:3000/')
  if (others.length > 0)
    throw new UsageError(`${quote(others[0]!)} is one URL too many`, 'probe one at a time')
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
        : readWithin('--max-requests', requests, wholeNumber, [leastRequests, mostRequests]),
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
    policy: behind.length > 0 ? resolvePolicy({ behind: readProxies(behind) }) : undefined,
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
    throw new UsageError(`--header: ${header}`, "such as -H 'Authorization: Bearer …'")
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
    'such as app.example.com:443:127.0.0.1',
  )
}
