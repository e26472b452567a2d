import { Failure } from '../../failure.ts'
import type { Entry, LineReader } from './entry.ts'
import { adjacent, type Format, fieldFinder, type Part } from './format.ts'
import { decimal, hash, whole } from './text.ts'

/** How many of a directive's units make a ms: when a request began or ended. */
const timeUnits: Readonly<Record<string, number>> = { sec: 0.001, msec: 1, usec: 1000 }

/** How long it took. */
const durationUnits: Readonly<Record<string, number>> = {
  D: 1000,
  T: 0.001,
  '{s}T': 0.001,
  '{ms}T': 1,
  '{us}T': 1000,
}

/**
 * What tells connections apart: the client's port beside its address. `%{c}L`, the id of the connection, is `-` but where the
 * error log has something of it.
 */
const port = '{remote}p'
const addresses = ['{c}a', 'a', 'h']

/**
 * A reader of the lines of an Apache `LogFormat`.
 *
 * @throws Failure where a directive is missing that an idle interval cannot be told without.
 */
export function apacheReader(text: string): LineReader {
  const format = parse(text)
  const fields = format.parts.map(({ field }) => field)
  const first = (names: readonly string[]): string | undefined => names.find((name) => fields.includes(name))
  const address = first(addresses)
  const duration = first(Object.keys(durationUnits))
  const time = fields.find((field) => timeOf(field) !== undefined)
  const missing = [
    ...(fields.includes('k') ? [] : ['%k']),
    ...(time === undefined ? ['%{usec}t'] : []),
    ...(duration === undefined ? ['%D'] : []),
    ...(fields.includes(port) ? [] : ['%{remote}p']),
    ...(address === undefined ? ['%a'] : []),
  ]
  if (time === undefined || duration === undefined || address === undefined || missing.length > 0)
    throw new Failure(
      `the log format has no ${missing.join(', ')}`,
      'log %a, %{remote}p, %k, %{usec}t and %D: see docs/advisor.md',
    )
  const both = adjacent(format)
  if (both)
    throw new Failure(`the log format has nothing between %${both[0]} and %${both[1]}`, 'put a space there')
  const wanted = ['k', time, duration, port, address, 'X', 'H', 'r']
  const spans = new Int32Array(wanted.length * 2).fill(-1)
  const find = fieldFinder<string>(format, wanted, spans)
  const { unit, atEnd } = timeOf(time)!
  const units = { time: unit, duration: durationUnits[duration]!, atEnd }
  return (line, entry) => (find(line) ? read(line, spans, units, entry) : 'bad')
}

interface Units {
  readonly time: number
  readonly duration: number
  readonly atEnd: boolean
}

function read(line: string, spans: Int32Array, units: Units, entry: Entry): ReturnType<LineReader> {
  const reused = whole(line, spans[0]!, spans[1]!)
  const time = decimal(line, spans[2]!, spans[3]!) / units.time
  const duration = decimal(line, spans[4]!, spans[5]!) / units.duration
  if (!(reused + time + duration >= 0)) return 'bad'
  if (isLater(line, spans)) return 'other'
  entry.client = hash(line, spans[8]!, spans[9]!)
  entry.connection = hash(line, spans[6]!, spans[7]!, entry.client)
  entry.number = reused + 1
  // %k counts responses that kept the connection, less one: the response that closes it adds none.
  entry.lastRepeats = true
  entry.start = units.atEnd ? time - duration : time
  entry.end = entry.start + duration
  // Apache's %X: only + is a connection kept.
  entry.kept = spans[10]! < 0 || line.charCodeAt(spans[10]!) === 43
  return 'entry'
}

/** HTTP/2: requests share the connection, and do not wait for each other. */
function isLater(line: string, spans: Int32Array): boolean {
  const from = spans[12]! >= 0 ? spans[12]! : spans[15]! - 8
  return from >= 0 && line.startsWith('HTTP/2', from)
}

/** The begin of the request, unless the directive says `end:`. */
function timeOf(field: string): { readonly unit: number; readonly atEnd: boolean } | undefined {
  const [, when, unit] = /^\{(begin:|end:)?(\w+)\}t$/.exec(field) ?? []
  if (unit === undefined || !Object.hasOwn(timeUnits, unit)) return undefined
  return { unit: timeUnits[unit]!, atEnd: when === 'end:' }
}

/** `%…` with what may stand between: conditions on the status, `<`, `>`, `!`, `{…}`. As it is written in a configuration. */
function parse(text: string): Format<string> {
  const plain = text.replaceAll('\\"', '"').replaceAll('\\t', '\t')
  const directive = /%(%|[<>!\d,]*((?:\{[^}]*\})?(?:\^FB|\^t[io]|[A-Za-z])))/g
  const parts: Part<string>[] = []
  let start = ''
  let literal = ''
  let at = 0
  const end = (): void => {
    if (parts.length === 0) start = literal
    else parts.push({ field: parts.pop()!.field, after: literal })
    literal = ''
  }
  for (const match of plain.matchAll(directive)) {
    literal += plain.slice(at, match.index)
    at = match.index + match[0].length
    if (match[1] === '%') literal += '%'
    else {
      end()
      parts.push({ field: match[2]!, after: '' })
    }
  }
  literal += plain.slice(at)
  end()
  return { start, parts }
}
