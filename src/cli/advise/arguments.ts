import { parseArgs } from 'node:util'
import type { AdviseOptions } from '../../advisor/options.ts'
import { quote } from '../../errors.ts'
import { resolveBehind } from '../../policy/behind.ts'
import type { FrontId } from '../../policy/fronts.ts'
import { nearNames } from '../../policy/spelling.ts'
import { Misuse } from './failure.ts'
import type { LogOptions } from './logs/access-log.ts'
import type { PrometheusOptions } from './prometheus.ts'
import { duration, share, size, wholeNumber } from './quantities.ts'

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

const names = {
  prometheus: { type: 'string' },
  range: { type: 'string' },
  matchers: { type: 'string' },
  prefix: { type: 'string' },
  format: { type: 'string' },
  'server-timeout': { type: 'string' },
  behind: { type: 'string' },
  'front-timeout': { type: 'string' },
  'front-margin': { type: 'string' },
  'max-idle': { type: 'string' },
  'max-memory': { type: 'string' },
  'reuse-share': { type: 'string' },
  'idle-memory': { type: 'string' },
  timeouts: { type: 'string' },
  json: { type: 'boolean' },
  svg: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export const help = `What the keep-alive timeout should be, from the traffic as it was

Usage: keepalive-kit advise SOURCE [options]
       keepalive-kit advise --prometheus URL [options]

SOURCE is a snapshot (a file, or a URL that answers with its JSON), an access log of nginx or Apache, this kit's own JSON
log, each gzipped or not; - is a log on standard input.

Of the source
  --format FORMAT         the log's format, as in the server's configuration; usual ones are recognised
  --server-timeout TIME   how long the server kept idle connections when the log was written (nginx 75s, Apache 5s)
  --prometheus URL        a Prometheus that scrapes keepalive-kit/prometheus
  --range TIME            how far to look back there (1d)
  --matchers LABELS       which instances, such as 'job="app"'
  --prefix TEXT           of the metrics' names (keepalive_)

What the timeout has to obey
  --behind FRONT          the front that reuses the connections, such as aws-alb: above its idle timeout
  --front-timeout TIME    the front's idle timeout, where it is another
  --front-margin TIME     by how much above it
  --max-idle NUMBER       connections idle on average, at most
  --max-memory SIZE       their memory, at most
  --reuse-share SHARE     the share of the reachable reuse to keep (0.95)
  --idle-memory SIZE      what an idle connection takes (15kB; with TLS 40kB)

Of the answer
  --timeouts TIME,…       timeouts that the table is to have
  --json                  the advice as JSON
  --svg FILE              draws the curve

TIME is 500ms, 15s, 5m, 2h, 1d; SIZE is 800kB, 512MB, 2GB.`

/**
 * @returns `undefined` where help is asked for.
 * @throws Misuse, KeepAliveError
 */
export function readArguments(args: readonly string[]): Arguments | undefined {
  const { values, positionals } = parse(args)
  if (values.help) return undefined
  const read = <T>(name: keyof typeof values, how: (name: string, text: string) => T): T | undefined => {
    const text = values[name]
    return typeof text === 'string' ? how(`--${name}`, text) : undefined
  }
  return {
    from: readSource(positionals, values, read),
    options: {
      constraints: {
        frontIdleTimeout: frontTimeout(values.behind, read('front-timeout', duration)),
        frontMargin: read('front-margin', duration),
        maxIdleConnections: read('max-idle', wholeNumber),
        maxIdleMemory: read('max-memory', size),
        reuseShare: read('reuse-share', share),
      },
      costs: { idleConnection: read('idle-memory', size) },
      timeouts: read('timeouts', (name, text) => text.split(',').map((each) => duration(name, each.trim()))),
    },
    json: values.json === true,
    svg: values.svg,
  }
}

type Values = ReturnType<typeof parse>['values']

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: names, allowPositionals: true })
  } catch (error) {
    const { message } = error as Error
    const [, given] = /option '(--?[^' ]{1,80})/.exec(message) ?? []
    const [near] = given === undefined ? [] : nearNames(given, Object.keys(names))
    const what = message.split('\n')[0]!.split('. ')[0]!
    throw new Misuse(
      what.slice(0, 200),
      near && `--${near}` !== given ? `did you mean --${near}?` : 'see --help',
    )
  }
}

function readSource(
  positionals: readonly string[],
  values: Values,
  read: <T>(name: keyof Values, how: (name: string, text: string) => T) => T | undefined,
): Arguments['from'] {
  const [file, ...more] = positionals
  if (more.length > 0)
    throw new Misuse(`${quote(more[0]!)} is one source too many`, 'join logs with cat, and give -')
  const { prometheus } = values
  if (prometheus !== undefined) {
    if (file !== undefined)
      throw new Misuse('there are two sources', `leave out ${quote(file)} or --prometheus`)
    if (!/^https?:\/\//.test(prometheus))
      throw new Misuse(
        `--prometheus must be a URL, got ${quote(prometheus)}`,
        'such as http://127.0.0.1:9090',
      )
    const { matchers = '', prefix = 'keepalive_' } = values
    return { prometheus: { url: prometheus, range: read('range', duration) ?? 86_400_000, matchers, prefix } }
  }
  if (file === undefined)
    throw new Misuse('there is no source', 'give a snapshot, a log, or --prometheus: see --help')
  return { file, log: { format: values.format, serverTimeout: read('server-timeout', duration) } }
}

function frontTimeout(behind: string | undefined, idleTimeout: number | undefined): number | undefined {
  if (behind === undefined) return idleTimeout
  const front = behind as FrontId
  const { pool } = resolveBehind(idleTimeout === undefined ? front : { front, idleTimeout })
  if (pool === undefined)
    throw new Misuse(
      `${behind} forgets idle connections, but does not reuse them: nothing has to be above its timeout`,
      'leave it out, and keep the timeout and its buffer below it',
    )
  return pool.idleTimeout
}
