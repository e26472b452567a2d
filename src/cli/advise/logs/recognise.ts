import { Failure } from '../../failure.ts'
import { apacheReader } from './apache.ts'
import { type LineReader, newEntry } from './entry.ts'
import { nginxReader } from './nginx.ts'

/** Whose log it is. */
export type LogKind = 'nginx' | 'apache' | 'kit'

export interface KnownFormat {
  readonly kind: Exclude<LogKind, 'kit'>
  readonly format: string
}

/** The formats that docs/advisor.md gives, and what is made of them by putting the same at the end of the usual ones. */
export const knownFormats: readonly KnownFormat[] = [
  {
    kind: 'nginx',
    format:
      '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $connection $connection_requests $msec $request_time',
  },
  {
    kind: 'nginx',
    format:
      '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for" $connection $connection_requests $msec $request_time',
  },
  {
    kind: 'nginx',
    format: '$remote_addr $connection $connection_requests $msec $request_time "$request" $status',
  },
  {
    kind: 'apache',
    format: '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %{remote}p %k %X %{usec}t %D',
  },
  {
    kind: 'apache',
    format: '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %{remote}p %k %{usec}t %D',
  },
  { kind: 'apache', format: '%h %l %u %t "%r" %>s %b %{remote}p %k %X %{usec}t %D' },
]

/** A format as the server's configuration has it. */
export function readerOf(format: string): {
  readonly kind: Exclude<LogKind, 'kit'>
  readonly read: LineReader
} {
  if (/\$\{?\w/.test(format)) return { kind: 'nginx', read: nginxReader(format) }
  if (format.includes('%')) return { kind: 'apache', read: apacheReader(format) }
  throw new Failure(
    'the log format has neither variables of nginx ($connection) nor directives of Apache (%k)',
    "quote it for the shell: --format '$remote_addr $connection …'",
  )
}

/**
 * The format of a log by its first lines: the known one that fits most of them.
 *
 * @returns `undefined` where none fits half of them.
 */
export function recognise(lines: readonly string[]): KnownFormat | 'kit' | undefined {
  if (lines.length === 0) return undefined
  const isKit = (line: string): boolean =>
    line.startsWith('{') && (line.includes('"connectionId":') || line.includes('"idleAtClose":'))
  if (lines.some(isKit)) return 'kit'
  const entry = newEntry()
  const fits = knownFormats.map((known) => {
    const { read } = readerOf(known.format)
    return lines.filter((line) => read(line, entry) !== 'bad').length
  })
  const most = Math.max(...fits)
  return most * 2 >= lines.length ? knownFormats[fits.indexOf(most)] : undefined
}
