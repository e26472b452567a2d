import type { AdviseOptions } from '../../advisor/options.ts'
import { quote } from '../../errors.ts'
import { resolveBehind } from '../../policy/behind.ts'
import {
  type Parsed,
  parseFlags,
  type Quantity,
  readProxies,
  readQuantity,
  share,
  size,
  time,
  wholeNumber,
} from '../arguments.ts'
import { UsageError } from '../failure.ts'
import type { LogOptions } from './logs/access-log.ts'
import type { PrometheusOptions } from './prometheus.ts'

/** What the command line asks for. */
export interface Arguments {
  readonly from:
    | { readonly file: string; readonly log: LogOptions }
    | { readonly prometheus: PrometheusOptions }
  readonly options: AdviseOptions
  readonly json: boolean
  /** Where the curve is to be drawn. */
  readonly svg: string | undefined
}

const flags = {
  prometheus: { type: 'string' },
  range: { type: 'string' },
  matchers: { type: 'string' },
  prefix: { type: 'string' },
  format: { type: 'string' },
  'server-timeout': { type: 'string' },
  behind: { type: 'string', multiple: true },
  'proxy-timeout': { type: 'string' },
  'proxy-margin': { type: 'string' },
  'max-idle': { type: 'string' },
  'max-memory': { type: 'string' },
  'reuse-share': { type: 'string' },
  'idle-memory': { type: 'string' },
  timeouts: { type: 'string' },
  json: { type: 'boolean' },
  svg: { type: 'string' },
} as const

export const help = `What the keep-alive timeout should be, from the traffic as it was

Usage: keepalive-kit advise <source> [options]
       keepalive-kit advise --prometheus <url> [options]

<source> is a snapshot (a file, or a URL that answers with its JSON), an access log (nginx, Apache, Caddy, Traefik,
HAProxy, Envoy, ALB, pino-http, Fastify), or this kit's own JSON log, each gzipped or not; - is a log on standard input.

Of the source
  --format <format>        the log's format: nginx's log_format or Apache's LogFormat line as it stands, in single
                           quotes; usual ones are recognised
  --server-timeout <time>  how long the server kept idle connections when the log was written; its default where left out
                           (nginx 75s, Apache 5s)
  --prometheus <url>       a Prometheus that scrapes keepalive-kit/prometheus
  --range <time>           how far to look back there (1d)
  --matchers <labels>      which instances, such as 'job="app"'
  --prefix <text>          of the metrics' names (keepalive_)

What the timeout has to obey
  --behind <proxy>         be above the idle timeout of the proxy that reuses the connections: its id, such as aws-alb,
                           or id:time for another idle timeout than its default; several times for a chain, nearest
                           first
  --proxy-timeout <time>   the proxy's idle timeout, with --behind where it is another, or alone
  --proxy-margin <time>    by how much above it
  --max-idle <n>           connections idle on average, at most
  --max-memory <size>      their memory, at most
  --reuse-share <share>    the share of the reachable reuse to keep (0.95)
  --idle-memory <size>     what an idle connection takes (15kB; with TLS 40kB)

Of the answer
  --timeouts <time>,…      timeouts that the table is to have
  --json                   the advice as JSON
  --svg <file>             draws the curve
  --help                   this text

A time is 500ms, 15s, 5m, 2h, 1d; a size 800kB, 512MB, 2GB; a share 0.9 or 90%.

Exit codes: 0 advised; 1 the source is of no use; 2 a mistake on the command line.`

/**
 * Reads the command line; `undefined` if it asks for help.
 *
 * @throws UsageError, and KeepAliveError for a proxy that `behind` does not take.
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
    throw new UsageError(`${quote(more[0]!)} is one source too many`, 'join logs with cat, and give -')
  const { prometheus } = values
  if (prometheus !== undefined) {
    if (file !== undefined)
      throw new UsageError('there are two sources', `leave out ${quote(file)} or --prometheus`)
    if (!/^https?:\/\//.test(prometheus))
      throw new UsageError(
        `--prometheus must be a URL, got ${quote(prometheus)}`,
        'such as http://127.0.0.1:9090',
      )
    const { matchers = '', prefix = 'keepalive_' } = values
    return { prometheus: { url: prometheus, range: read('range', time) ?? 86_400_000, matchers, prefix } }
  }
  if (file === undefined)
    throw new UsageError('there is no source', 'give a snapshot, a log, or --prometheus: see --help')
  return { file, log: { format: values.format, serverTimeout: read('server-timeout', time) } }
}

/** @param idleTimeout - of `--proxy-timeout`. */
function proxyTimeout(behind: readonly string[], idleTimeout: number | undefined): number | undefined {
  if (behind.length === 0) return idleTimeout
  const proxies = readProxies(behind)
  // For each: of a chain only the pool's idle timeout is asked for here.
  const { pool } = resolveBehind(
    idleTimeout === undefined
      ? proxies
      : proxies.map((proxy) => (typeof proxy === 'string' ? { proxy, idleTimeout } : proxy)),
  )
  if (pool === undefined)
    throw new UsageError(
      `${behind.join(', ')} forgets idle connections, but does not reuse them: nothing has to be above its timeout`,
      'leave it out, and keep the timeout and its buffer below it',
    )
  if (idleTimeout !== undefined && pool.idleTimeout !== idleTimeout)
    throw new UsageError(
      `${pool.id} has two idle timeouts`,
      'leave out --proxy-timeout, or the time in --behind',
    )
  return pool.idleTimeout
}
