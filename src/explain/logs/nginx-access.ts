import { dateAt, isDate } from '../../logs/dates.ts'
import { fieldFinder, parseVariables } from '../../logs/format.ts'
import { jsonFinder, keysOf } from '../../logs/json.ts'
import { decimal } from '../../logs/text.ts'
import { failureAt, type LineReading, type LogReader, requestOf, type Symptom, statusOf } from '../failure.ts'

/** The format that docs/explain.md gives. */
export const nginxUpstream =
  '$msec "$request" $status "$upstream_addr" "$upstream_status" "$upstream_connect_time" "$upstream_header_time"'

const combined =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'

/** What ingress-nginx writes. */
const ingress = `${combined} $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id`

export const nginxFormats: readonly string[] = [nginxUpstream, ingress]

/** The usual formats of nginx and Apache alike: they say that a request failed, and nothing else. */
export const accessFormats: readonly string[] = [
  combined,
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent',
]

/** Variables in the order of the spans; of times the best first. */
const names = [
  'msec',
  'time_iso8601',
  'time_local',
  'request',
  'request_method',
  'request_uri',
  'status',
  'upstream_addr',
  'upstream_status',
  'upstream_connect_time',
  'upstream_header_time',
  'upstream_response_length',
  'upstream_bytes_received',
] as const

type Name = (typeof names)[number]

/** Those without which failures are not told apart. */
const telling: readonly Name[] = [
  'msec',
  'upstream_addr',
  'upstream_status',
  'upstream_connect_time',
  'upstream_header_time',
]

/** @returns `undefined` for a format without a time or a status. */
export function nginxAccess(text: string, kind: 'nginx' | 'access' = 'nginx'): LogReader | undefined {
  const format = parseVariables(text)
  const has = (name: Name): boolean => format.parts.some(({ field }) => field === name)
  const time = names.slice(0, 3).find((name) => has(name))
  if (time === undefined || !has('status')) return undefined
  const spans = new Int32Array(names.length * 2).fill(-1)
  const keys = keysOf(
    format,
    names.map((name) => (has(name) ? name : undefined)),
  )
  const find = keys ? jsonFinder(keys, spans) : fieldFinder(format, names, spans, spacesIn)
  const missing = telling.filter((name) => !has(name)).map((name) => `$${name}`)
  return reader(find, spans, time === 'msec' ? 1 : 1_000, kind, keys ? 'JSON' : text, missing)
}

/** JSON with the names of the variables as its keys. */
export function nginxJson(): LogReader {
  const spans = new Int32Array(names.length * 2).fill(-1)
  const find = jsonFinder(names, spans)
  const hasTime = (line: string): boolean =>
    find(line) && spans.subarray(0, 6).some((at) => at >= 0) && spans[12]! >= 0
  return reader(hasTime, spans, 1_000, 'nginx', 'JSON with the names of its variables')
}

function reader(
  find: (line: string) => boolean,
  spans: Int32Array,
  precision: number,
  kind: 'nginx' | 'access',
  name: string,
  missing: readonly string[] = [],
): LogReader {
  const from = (of: Name): number => spans[names.indexOf(of) * 2]!
  const get = (line: string, of: Name): string | undefined => {
    const at = names.indexOf(of) * 2
    return spans[at]! < 0 ? undefined : line.slice(spans[at]!, spans[at + 1]!)
  }
  return {
    kind,
    name,
    zoned: true,
    ...(missing.length > 0 && { moreWith: `${missing.join(', ')} in log_format of nginx` }),
    read(line): LineReading {
      if (!find(line)) return 'bad'
      const status = statusOf(get(line, 'status'))
      const code = get(line, 'status')
      if (status === 0 && code !== '000') return 'bad'
      if (status < 500) return 'ok'
      const request =
        get(line, 'request') ?? `${get(line, 'request_method') ?? ''} ${get(line, 'request_uri') ?? ''}`
      const target = last(get(line, 'upstream_addr'))
      const symptom = symptomOf(status, target, (of) => last(get(line, of)))
      const exact = from('msec') >= 0
      return failureAt(timeOf(line, spans), exact ? 2 : precision, {
        symptom,
        ...(isUsual(symptom, from('upstream_connect_time') >= 0) && { isUsual: true }),
        status,
        request: requestOf(request.trim()),
        target: target !== undefined && /:\d+$|^unix:/.test(target) ? target : '',
      })
    },
  }
}

function timeOf(line: string, spans: Int32Array): number {
  for (let at = 0; at < 6; at += 2) {
    const [from, to] = [spans[at]!, spans[at + 1]!]
    if (from < 0) continue
    if (at > 0 || isDate(line, from, to)) return dateAt(line, from, to)
    // JSON may have it as a number, and nginx rounds down.
    return decimal(line, from, to) * 1_000
  }
  return Number.NaN
}

/** nginx puts the values of several servers behind each other: the last one is the one that counts. */
const last = (value: string | undefined): string | undefined =>
  value
    ?.split(/, | : /)
    .at(-1)
    ?.trim()

/** A server group without a server that is up stands in `$upstream_addr` by its name. */
function symptomOf(
  status: number,
  target: string | undefined,
  get: (of: Name) => string | undefined,
): Symptom {
  if (target === undefined) return 'unclear'
  if (!/:\d+$|^unix:/.test(target)) return target === '-' || target === '' ? 'unclear' : 'no-server'
  const header = get('upstream_header_time')
  const connect = get('upstream_connect_time')
  const length = Number(get('upstream_response_length'))
  if (/^\d/.test(header ?? '') || length > 0) return 'answered'
  const isConnected = connect === undefined ? undefined : /^\d/.test(connect)
  if (status === 504) return isConnected === false ? 'connect-timeout' : 'response-timeout'
  if (isConnected === undefined || header === undefined) return 'unclear'
  return isConnected ? 'closed' : 'refused'
}

/**
 * Without a time of connecting, an unreachable server or a failed TLS handshake look like a refused connection. Where no line
 * has such a time, any timeout looks like one of the response.
 */
const isUsual = (symptom: Symptom, hasConnectTime: boolean): boolean =>
  symptom === 'refused' || (symptom === 'response-timeout' && !hasConnectTime)

const spacesIn = (field: string): number => {
  if (field === 'time_local') return 1
  return field.startsWith('upstream_') ? -1 : 0
}
