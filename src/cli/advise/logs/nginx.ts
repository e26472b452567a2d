import { Failure } from '../../failure.ts'
import type { Entry, LineReader } from './entry.ts'
import { adjacent, type Format, fieldFinder, type Part } from './format.ts'
import { decimal, hash, whole } from './text.ts'

const wanted = [
  'connection',
  'connection_requests',
  'msec',
  'request_time',
  'remote_addr',
  'sent_http_connection',
  'server_protocol',
  'request',
] as const

const needed = wanted.slice(0, 4)

/**
 * A reader of the lines of an nginx `log_format`.
 *
 * @throws Failure where a variable is missing that an idle interval cannot be told without.
 */
export function nginxReader(text: string): LineReader {
  const format = parse(text)
  const missing = needed.filter((name) => !format.parts.some(({ field }) => field === name))
  if (missing.length > 0)
    throw new Failure(
      `the log format has no ${missing.map((name) => `$${name}`).join(', ')}`,
      `log $connection, $connection_requests, $msec and $request_time: see docs/advisor.md`,
    )
  const both = adjacent(format)
  if (both)
    throw new Failure(`the log format has nothing between $${both[0]} and $${both[1]}`, 'put a space there')
  const spans = new Int32Array(wanted.length * 2).fill(-1)
  const find = fieldFinder<string>(format, wanted, spans)
  return (line, entry) => (find(line) ? read(line, spans, entry) : 'bad')
}

function read(line: string, spans: Int32Array, entry: Entry): ReturnType<LineReader> {
  const connection = whole(line, spans[0]!, spans[1]!)
  const number = whole(line, spans[2]!, spans[3]!)
  const end = decimal(line, spans[4]!, spans[5]!) * 1000
  const duration = decimal(line, spans[6]!, spans[7]!) * 1000
  // Each of them NaN makes the sum so.
  if (!(connection + end + duration >= 0 && number >= 0)) return 'bad'
  if (number < 1 || isLater(line, spans)) return 'other'
  entry.connection = connection
  entry.number = number
  entry.end = end
  entry.start = end - duration
  entry.client = spans[8]! < 0 ? 0 : hash(line, spans[8]!, spans[9]!)
  entry.kept = spans[10]! < 0 || !line.startsWith('close', spans[10])
  return 'entry'
}

/** HTTP/2 and 3: requests share the connection, and do not wait for each other. */
function isLater(line: string, spans: Int32Array): boolean {
  const [from, to] = spans[12]! >= 0 ? [spans[12]!, spans[13]!] : [spans[15]! - 8, spans[15]!]
  if (from < 0 || !line.startsWith('HTTP/', from)) return false
  const major = line.charCodeAt(from + 5)
  return to > from + 5 && (major === 50 || major === 51)
}

/** `$name` and `${name}`; everything else is text. */
function parse(text: string): Format<string> {
  const variable = /\$(?:(\w+)|\{(\w+)\})/g
  const found = [...text.matchAll(variable)]
  const start = text.slice(0, found[0]?.index ?? text.length)
  const parts = found.map((match, i): Part<string> => {
    const from = match.index + match[0].length
    return { field: match[1] ?? match[2]!, after: text.slice(from, found[i + 1]?.index ?? text.length) }
  })
  return { start, parts }
}
