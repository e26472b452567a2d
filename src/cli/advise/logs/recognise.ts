import { apacheFormat } from './apache.ts'
import { type LineReader, type LogFormat, type LogKind, newEntry } from './entry.ts'
import { fastifyFormat } from './fastify.ts'
import { nginxFormat } from './nginx.ts'
import { serviceFormat, services } from './services.ts'

export interface KnownFormat {
  readonly kind: Extract<LogKind, 'nginx' | 'apache'>
  readonly format: string
}

const combined = {
  nginx:
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"',
  apache: '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
} as const

/** The formats that docs/advisor.md gives, what is made of them by putting the same at the end of the usual ones, and others seen. */
export const knownFormats: readonly KnownFormat[] = [
  { kind: 'nginx', format: `${combined.nginx} $connection $connection_requests $msec $request_time` },
  {
    kind: 'nginx',
    format: `${combined.nginx} "$http_x_forwarded_for" $connection $connection_requests $msec $request_time`,
  },
  {
    kind: 'nginx',
    format: '$remote_addr $connection $connection_requests $msec $request_time "$request" $status',
  },
  {
    kind: 'nginx',
    format: `${combined.nginx} "$http_x_forwarded_for" $request_time $upstream_response_time $pipe $connection $connection_requests`,
  },
  {
    kind: 'nginx',
    format:
      '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent $request_time "$http_referer" "$http_user_agent" "$http_x_forwarded_for" $connection $connection_requests $msec',
  },
  { kind: 'apache', format: `${combined.apache} %{remote}p %k %X %{usec}t %D` },
  { kind: 'apache', format: `${combined.apache} %{remote}p %k %{usec}t %D` },
  { kind: 'apache', format: '%h %l %u %t "%r" %>s %b %{remote}p %k %X %{usec}t %D' },
  {
    kind: 'apache',
    format:
      '%h %u [%{%Y-%m-%d %H:%M:%S}t.%{usec_frac}t] "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %{remote}p %v %A %p %R %X %{UNIQUE_ID}e %D',
  },
]

const candidates: readonly (() => LogFormat)[] = [
  ...knownFormats.map(
    ({ kind, format }) =>
      () =>
        kind === 'nginx' ? nginxFormat(format, true) : apacheFormat(format, true),
  ),
  ...services.map((service) => () => serviceFormat(service)),
  fastifyFormat,
]

/**
 * The format of a log: the known format that fits most of its first lines.
 *
 * @returns `undefined` if no format fits half of the lines.
 */
export function recognise(lines: readonly string[]): LogFormat | 'kit' | undefined {
  if (lines.length === 0) return undefined
  const isKit = (line: string): boolean =>
    line.startsWith('{') && (line.includes('"connectionId":') || line.includes('"idleAtClose":'))
  if (lines.some(isKit)) return 'kit'
  const fits = candidates.map((make) => fitOf(make(), lines))
  const most = Math.max(...fits)
  return most > 0 ? candidates[fits.indexOf(most)]!() : undefined
}

/** How many lines have a request, in a format that fits at least half of the lines and whose request numbers count up. */
function fitOf({ read, isNumbered }: LogFormat, lines: readonly string[]): number {
  const outcomes = lines.map((line) => read(line, newEntry()))
  const bad = outcomes.filter((outcome) => outcome === 'bad').length
  if (bad * 2 > lines.length || (isNumbered && !countsUp(lines, read))) return 0
  // A log of HTTP/2 alone has a format too; JSON without a request may be any log.
  const isText = lines[0]?.charCodeAt(0) !== 123
  return outcomes.filter((outcome) => outcome === 'entry').length + (isText ? 0.5 : 0)
}

/**
 * Whether most requests after another one on their connection have the next number. If connection and number are swapped, they
 * may seem to: then one connection has many clients, and there are fewer connections than requests on one.
 */
function countsUp(lines: readonly string[], read: LineReader): boolean {
  const last = new Map<number, { readonly number: number; readonly client: number }>()
  const entry = newEntry()
  let pairs = 0
  let next = 0
  let swapped = 0
  for (const line of lines) {
    if (read(line, entry) !== 'entry') continue
    const { connection, number, client, lastRepeats } = entry
    const before = last.get(connection)
    last.set(connection, { number, client })
    if (before === undefined) continue
    pairs++
    if (number > connection && client !== before.client) swapped++
    else if (number === before.number + 1 || number === 1 || (lastRepeats && number === before.number)) next++
  }
  return next * 2 >= pairs && swapped * 2 <= pairs
}
