import { quote } from '../../errors.ts'
import { directiveOf } from '../../logs/directive.ts'
import { resolveBehind } from '../../policy/behind.ts'
import { parseFlags, readProxies, readWithin, wholeNumber } from '../arguments.ts'
import { UsageError } from '../failure.ts'

/** What the command line asks for. */
export interface Arguments {
  /** A path, or `-` for standard input. */
  readonly log: string
  readonly records: readonly string[]
  /** nginx's `log_format`, where it was given. */
  readonly format: string | undefined
  /** The proxy's name and idle timeout, where `--behind` says so. In ms. */
  readonly proxy: { readonly name: string; readonly idleTimeout: number } | undefined
  /** Failures in the table, at most. */
  readonly rows: number
  readonly json: boolean
}

const flags = {
  records: { type: 'string', multiple: true },
  format: { type: 'string' },
  behind: { type: 'string' },
  rows: { type: 'string' },
  json: { type: 'boolean' },
} as const

export const help = `Why requests failed at a proxy or load balancer: a cause for each 502, 503 and 504

Usage: keepalive-kit explain <log> [--records <file>] [options]

<log> is the log of the proxy: nginx (error log, or access log), HAProxy, Apache (error log), Envoy and Istio, Caddy,
Traefik, Varnish (varnishncsa -b), AWS ALB; gzipped or not; - is standard input.

  --records <file>     closed connections as keepalive-kit logs them (log: 'json', log: true, or pino's lines); several
                       times for several files. Without them: what the log alone proves
  --format <format>    nginx's log_format line as it stands, in single quotes; usual ones are recognized
  --behind <proxy>     the proxy's id, such as aws-alb, or id:time where its idle timeout is not the default
  --rows <n>           failures in the table, at most (20)
  --json               all failures as JSON
  --help               this text

Examples:
  keepalive-kit explain /var/log/nginx/error.log --records closed.json
  keepalive-kit explain haproxy.log.gz --records pod-1.log --records pod-2.log
  zcat *.log.gz | keepalive-kit explain - --records closed.json --behind aws-alb:120s --json

The line of the proxy's configuration that makes the answer exact: docs/explain.md

Exit codes: 0 explained, or nothing failed; 1 the log or the records are of no use; 2 a mistake on the command line.`

/**
 * Reads the command line; `undefined` if it asks for help.
 *
 * @throws UsageError, and KeepAliveError for a proxy that `behind` does not take.
 */
export function readArguments(args: readonly string[]): Arguments | undefined {
  const { values, positionals } = parseFlags(args, flags)
  if (values.help) return undefined
  const [log, ...more] = positionals
  if (log === undefined) throw new UsageError('there is no log', 'give the log of the proxy: see --help')
  if (more.length > 0)
    throw new UsageError(
      `${quote(more[0]!)} is one log too many`,
      'give records with --records; join logs with cat, and give -',
    )
  const { records = [], behind, rows } = values
  if (records.includes('-'))
    throw new UsageError('--records must be a file, got "-"', 'records are read twice')
  return {
    log,
    records,
    format: values.format === undefined ? undefined : readFormat(values.format),
    proxy: behind === undefined ? undefined : readBehind(behind),
    rows: rows === undefined ? 20 : readWithin('--rows', rows, wholeNumber, [0, 10_000]),
    json: values.json === true,
  }
}

function readFormat(given: string): string {
  const { server, text } = directiveOf(given)
  if (server !== 'apache' && /\$\{?\w/.test(text)) return text
  throw new UsageError(
    `--format takes nginx's log_format, got ${quote(given)}`,
    'leave it out for other proxies: docs/explain.md has the formats that are recognized',
  )
}

function readBehind(text: string): Arguments['proxy'] {
  const { pool } = resolveBehind(readProxies([text]))
  if (pool === undefined)
    throw new UsageError(`${text} does not reuse connections`, 'name the proxy that wrote the log')
  return { name: pool.id, idleTimeout: pool.idleTimeout }
}
