import type { AdviseOptions } from '../../advisor/options.ts'
import { quote } from '../../errors.ts'
import { resolveBehind } from '../../policy/behind.ts'
import {
  type Flags,
  helpFlag,
  type Parsed,
  parseFlags,
  type Quantity,
  readProxies,
  readQuantity,
  resolvingBehind,
  share,
  size,
  time,
  wholeNumber,
} from '../arguments.ts'
import { UsageError } from '../failure.ts'
import type { Help } from '../help.ts'
import type { LogOptions } from './logs/access-log.ts'
import type { PrometheusOptions } from './prometheus.ts'

/** What the command line asks for. */
export interface Arguments {
  readonly from:
    | { readonly file: string; readonly log: LogOptions }
    | { readonly prometheus: PrometheusOptions }
  readonly options: AdviseOptions
  readonly json: boolean
  /** The file for the drawing of the curve. */
  readonly svg: string | undefined
}

const sourceFlags = {
  format: {
    type: 'string',
    value: '<format>',
    about:
      "the log's format: nginx's log_format or Apache's LogFormat line as it stands, in single quotes; the usual formats are recognized",
  },
  'server-timeout': {
    type: 'string',
    value: '<time>',
    about:
      "how long the server kept idle connections when it wrote the log (the server's default: nginx 75s, Apache 5s)",
  },
  prometheus: { type: 'string', value: '<url>', about: 'a Prometheus that scrapes keepalive-kit/prometheus' },
  range: { type: 'string', value: '<time>', about: 'how far to look back in Prometheus (1d)' },
  matchers: { type: 'string', value: '<labels>', about: `which instances, such as 'job="app"'` },
  prefix: { type: 'string', value: '<text>', about: "the prefix of the metrics' names (keepalive_)" },
} as const satisfies Flags

const constraintFlags = {
  behind: {
    type: 'string',
    multiple: true,
    value: '<proxy>',
    about:
      'stay above the idle timeout of this proxy or load balancer: its id, such as aws-alb, or id:time for another idle timeout than its default; repeat it for a chain, nearest first',
  },
  'proxy-timeout': {
    type: 'string',
    value: '<time>',
    about: "the proxy's idle timeout: without --behind, or where it differs from the default of --behind",
  },
  'proxy-margin': {
    type: 'string',
    value: '<time>',
    about: "how far to stay above the proxy's idle timeout",
  },
  'max-idle': { type: 'string', value: '<n>', about: 'connections idle on average, at most' },
  'max-memory': { type: 'string', value: '<size>', about: 'memory of the idle connections, at most' },
  'reuse-share': {
    type: 'string',
    value: '<share>',
    about: 'the share of the reachable reuse to keep (0.95)',
  },
  'idle-memory': {
    type: 'string',
    value: '<size>',
    about: 'memory of one idle connection (15kB; with TLS 40kB)',
  },
} as const satisfies Flags

const answerFlags = {
  timeouts: { type: 'string', value: '<time>,…', about: 'more timeouts to show in the table' },
  json: { type: 'boolean', about: 'print the advice as JSON' },
  svg: { type: 'string', value: '<file>', about: 'draw the curve into this file' },
} as const satisfies Flags

const flags = { ...sourceFlags, ...constraintFlags, ...answerFlags }

export const help: Help = {
  does: 'Computes from recorded traffic what the keep-alive timeout should be',
  usage: ['advise <source> [options]', 'advise --prometheus <url> [options]'],
  notes: [
    "<source> is a snapshot (a file, or a URL that answers with its JSON), an access log (nginx, Apache, Caddy, Traefik, HAProxy, Envoy, ALB, pino-http, Fastify), or this kit's own JSON log. A log may be gzipped; - reads it from standard input.",
    'A time is 500ms, 15s, 5m, 2h or 1d; a size is 800kB, 512MB or 2GB; a share is 0.9 or 90%.',
  ],
  options: [
    { title: 'The source', flags: sourceFlags },
    { title: 'What the timeout must obey', flags: constraintFlags },
    { title: 'The answer', flags: { ...answerFlags, ...helpFlag } },
  ],
  examples: [
    [
      'advise http://localhost:3000/snapshot --behind aws-alb',
      "From a server that answers with the kit's snapshot",
    ],
    ['advise access.log.gz --server-timeout 15s --svg curve.svg', 'From a log, with a drawing of the curve'],
    ['advise --prometheus http://localhost:9090 --range 7d', 'From all instances that Prometheus scrapes'],
  ],
  exitCodes: [
    [0, 'an answer was given, also where the answer is that the traffic does not tell'],
    [1, 'the source cannot be read or used'],
    [2, 'a mistake on the command line'],
  ],
}

/**
 * Reads the command line; `undefined` if it asks for help.
 *
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): Arguments | undefined {
  const { values, positionals } = parseFlags(args, flags)
  if (values.help) return undefined
  const read = (name: QuantityFlag, quantity: Quantity): number | undefined => {
    const text = values[name]
    return text === undefined ? undefined : readQuantity(`--${name}`, text, quantity)
  }
  return {
    from: readSource(positionals, values, read),
    options: {
      constraints: {
        proxyIdleTimeout: proxyTimeout(values.behind ?? [], read('proxy-timeout', time)),
        proxyMargin: read('proxy-margin', time),
        maxIdleConnections: read('max-idle', wholeNumber),
        maxIdleMemory: read('max-memory', size),
        reuseShare: read('reuse-share', share),
      },
      costs: { idleConnection: read('idle-memory', size) },
      timeouts: values.timeouts?.split(',').map((each) => readQuantity('--timeouts', each.trim(), time)),
    },
    json: values.json === true,
    svg: values.svg,
  }
}

type Values = Parsed<typeof flags>['values']

type QuantityFlag =
  | 'proxy-timeout'
  | 'proxy-margin'
  | 'max-idle'
  | 'max-memory'
  | 'reuse-share'
  | 'idle-memory'
  | 'range'
  | 'server-timeout'

function readSource(
  positionals: readonly string[],
  values: Values,
  read: (name: QuantityFlag, quantity: Quantity) => number | undefined,
): Arguments['from'] {
  const [file, ...more] = positionals
  if (more.length > 0)
    throw new UsageError(
      `advise takes one source, got ${quote(more[0]!)} too`,
      'join logs with cat, and write -',
    )
  const { prometheus } = values
  if (prometheus !== undefined) {
    if (file !== undefined)
      throw new UsageError('there are two sources', `leave out ${quote(file)}, or --prometheus`)
    if (!/^https?:\/\//.test(prometheus))
      throw new UsageError(
        `--prometheus must be a URL, got ${quote(prometheus)}`,
        'write one such as http://127.0.0.1:9090',
      )
    const { matchers = '', prefix = 'keepalive_' } = values
    return { prometheus: { url: prometheus, range: read('range', time) ?? 86_400_000, matchers, prefix } }
  }
  if (file === undefined)
    throw new UsageError(
      'there is no source',
      'name a snapshot or a log, or write --prometheus <url>: see --help',
    )
  return { file, log: { format: values.format, serverTimeout: read('server-timeout', time) } }
}

/** @param idleTimeout - of `--proxy-timeout`. */
function proxyTimeout(behind: readonly string[], idleTimeout: number | undefined): number | undefined {
  if (behind.length === 0) return idleTimeout
  const proxies = readProxies(behind)
  // For each of a chain: only the pool's idle timeout counts here.
  const { pool } = resolvingBehind(behind, () =>
    resolveBehind(
      idleTimeout === undefined
        ? proxies
        : proxies.map((proxy) => (typeof proxy === 'string' ? { proxy, idleTimeout } : proxy)),
    ),
  )
  if (pool === undefined)
    throw new UsageError(
      `${behind.join(', ')} forgets idle connections and does not reuse them, so no timeout has to be above its idle timeout`,
      'leave out --behind, and keep the timeout with its buffer below it',
    )
  if (idleTimeout !== undefined && pool.idleTimeout !== idleTimeout)
    throw new UsageError(
      `${pool.id} has two idle timeouts`,
      'leave out --proxy-timeout, or the time in --behind',
    )
  return pool.idleTimeout
}
