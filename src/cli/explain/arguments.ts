import { quote } from '../../errors.ts'
import type { ProxyName } from '../../explain/summary.ts'
import { directiveOf } from '../../logs/directive.ts'
import { resolveBehind } from '../../policy/behind.ts'
import {
  type Flags,
  helpFlag,
  parseFlags,
  readProxies,
  readWithin,
  resolvingBehind,
  wholeNumber,
} from '../arguments.ts'
import { UsageError } from '../failure.ts'
import type { Help } from '../help.ts'

/** What the command line asks for. */
export interface Arguments {
  /** A path, or `-` for standard input. */
  readonly log: string
  readonly records: readonly string[]
  /** nginx's `log_format`, where it was given. */
  readonly format: string | undefined
  /** The proxy and its idle timeout, where `--behind` says so. */
  readonly proxy: ProxyName | undefined
  /** Failures in the table, at most. */
  readonly rows: number
  readonly json: boolean
}

const flags = {
  records: {
    type: 'string',
    multiple: true,
    value: '<file>',
    about:
      "closed connections as keepalive-kit logs them (log: 'json', log: true, or pino's lines); repeat it for several files; without it: what the log alone proves",
  },
  format: {
    type: 'string',
    value: '<format>',
    about:
      "the log's format: nginx's log_format line as it stands, in single quotes; the usual formats are recognized",
  },
  behind: {
    type: 'string',
    value: '<proxy>',
    about:
      'the proxy or load balancer: its id, such as aws-alb, or id:time for another idle timeout than its default',
  },
  rows: { type: 'string', value: '<n>', about: 'failures in the table, at most (20)' },
  json: { type: 'boolean', about: 'print all failures as JSON' },
} as const satisfies Flags

export const help: Help = {
  does: 'Gives each request that failed at a proxy or load balancer its cause: each 502, 503 and 504',
  usage: ['explain <log> [--records <file>] [options]'],
  notes: [
    '<log> is the log of the proxy: nginx (error log or access log), HAProxy, Apache (error log), Envoy and Istio, Caddy, Traefik, Varnish (varnishncsa -b), AWS ALB. It may be gzipped; - reads it from standard input. docs/explain.md has the line of configuration that makes the answer exact.',
  ],
  options: [{ flags: { ...flags, ...helpFlag } }],
  examples: [
    ['explain /var/log/nginx/error.log --records closed.json', "nginx, and the lines of log: 'json'"],
    ['explain haproxy.log.gz --records pod-1.log --records pod-2.log', 'HAProxy in front of two instances'],
    [
      'explain alb.log --records closed.json --behind aws-alb:120s --json',
      'An idle timeout of 120 s, as JSON',
    ],
  ],
  exitCodes: [
    [0, 'the failures were explained, or nothing failed'],
    [1, 'the log or the records cannot be read or used'],
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
  const [log, ...more] = positionals
  if (log === undefined) throw new UsageError('there is no log', 'name the log of the proxy: see --help')
  if (more.length > 0)
    throw new UsageError(
      `${quote(more[0]!)} is one log too many`,
      'name records with --records; join logs with cat, and give -',
    )
  const { records = [], behind, rows } = values
  if (records.includes('-'))
    throw new UsageError(
      '--records must be a file, got "-"',
      'write the records into a file: it is read twice',
    )
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
  const { pool } = resolvingBehind([text], () => resolveBehind(readProxies([text])))
  if (pool === undefined)
    throw new UsageError(`${text} does not reuse connections`, 'name the proxy that wrote the log')
  return { name: pool.id, idleTimeout: pool.idleTimeout, isDefault: !pool.overridden }
}
