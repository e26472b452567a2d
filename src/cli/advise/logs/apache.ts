import { adjacent, type Format, fieldFinder, type Part } from '../../../logs/format.ts'
import { jsonFinder, keysOf } from '../../../logs/json.ts'
import { Failure } from '../../failure.ts'
import type { LogFormat } from './entry.ts'
import { type Chosen, fieldsOf, newSpans, requestReader } from './request.ts'

/** The length of a unit of the time, in ms. The finest unit is used. */
const timeUnits: Readonly<Record<string, number>> = { usec: 0.001, msec: 1, sec: 1000 }

/** The length of a unit of the duration, in ms. */
const durationUnits: Readonly<Record<string, number>> = {
  D: 0.001,
  '{us}T': 0.001,
  '{ms}T': 1,
  '{s}T': 1000,
  T: 1000,
}

const fractionUnits: Readonly<Record<string, number>> = { '{usec_frac}t': 0.001, '{msec_frac}t': 1 }

/** Dates that dateAt() reads. */
const readable = /^\[?(%Y-%m-%d[T ]%H:%M:%S|%d\/%b\/%Y[: ]%H:%M:%S)( ?%z|Z)?\]?$/

/** `%{c}L`, the id of the connection, is `-` unless the error log has an entry for it. So the client's port identifies it. */
const addresses = ['{c}a', 'a', 'h']
const port = '{remote}p'

/**
 * A reader of the lines of an Apache `LogFormat`.
 *
 * @param whole - whether a line must match to its end.
 * @throws Failure where a directive is missing without which idle intervals are unknown.
 */
export function apacheFormat(text: string, whole = false): LogFormat {
  const format = parse(text)
  const fields = format.parts.map(({ field }) => field)
  const first = (names: readonly string[]): string | undefined => names.find((name) => fields.includes(name))
  const fraction = first(Object.keys(fractionUnits))
  const times = fields.map((field) => timeOf(field, fraction)).filter((time) => time !== undefined)
  const time = times.sort((a, b) => a.rounding - b.rounding)[0]
  const duration = first(Object.keys(durationUnits))
  const address = first(addresses)
  const missing = [
    ...(address === undefined ? ['%a'] : []),
    ...(fields.includes(port) ? [] : [`%${port}`]),
    ...(time === undefined ? ['%{usec}t'] : []),
    ...(duration === undefined ? ['%D'] : []),
  ]
  if (time === undefined || duration === undefined || address === undefined || missing.length > 0)
    throw new Failure(
      `the log format has no ${missing.join(', ')}`,
      `add ${missing.join(' ')} to LogFormat in Apache`,
    )
  const both = adjacent(format)
  if (both)
    throw new Failure(`the log format has nothing between %${both[0]} and %${both[1]}`, 'put a space there')
  const has = (field: string): string | undefined => first([field])
  const chosen: Chosen = compact({
    address,
    port,
    number: has('k'),
    time: time.field,
    fraction: time.hasFraction ? fraction : undefined,
    duration,
    kept: has('X'),
    protocol: has('H'),
    request: has('r'),
  })
  const spans = newSpans()
  const keys = keysOf(format, fieldsOf(chosen))
  const find = keys ? jsonFinder(keys, spans) : fieldFinder(format, fieldsOf(chosen), spans, spacesIn, whole)
  const isNumbered = chosen.number !== undefined
  return {
    kind: 'apache',
    text,
    read: requestReader(find, spans, {
      timeUnit: time.unit,
      fractionUnit: fractionUnits[fraction ?? ''] ?? 0,
      durationUnit: durationUnits[duration]!,
      atEnd: time.atEnd,
      keptIsFlag: chosen.kept !== undefined,
      // On a response that closes the connection, %k repeats the previous number, unless Apache's own cap closes it. %X is
      // '-' one response early: docs/logs.md#apaches-k-and-x.
      ...(isNumbered && { firstNumber: 0 as const, lastRepeats: true }),
    }),
    gapError: Math.max(1, coarse(time.rounding) + coarse(durationUnits[duration]!)),
    isNumbered,
  }
}

/** How much such a rounding adds to the error of a gap; a few ms do not matter. */
const coarse = (rounding: number): number => (rounding > 1 ? rounding : 0)

function compact(chosen: Readonly<Record<string, string | undefined>>): Chosen {
  return Object.fromEntries(Object.entries(chosen).filter(([, field]) => field !== undefined)) as Chosen
}

interface Time {
  readonly field: string
  readonly unit: number
  /** Whether another field has the fraction of the second. */
  readonly hasFraction: boolean
  readonly atEnd: boolean
  /** In ms. */
  readonly rounding: number
}

/** The start of the request, unless the directive says `end:`. */
function timeOf(field: string, fraction: string | undefined): Time | undefined {
  const [, when, text] = /^\{(begin:|end:)?([^}]+)\}t$/.exec(field) ?? (field === 't' ? ['', '', ''] : [])
  if (text === undefined) return undefined
  const atEnd = when === 'end:'
  if (Object.hasOwn(timeUnits, text)) {
    const unit = timeUnits[text]!
    return { field, unit, hasFraction: false, atEnd, rounding: Math.max(1, unit) }
  }
  if (text !== '' && !readable.test(plainDate(text))) return undefined
  const hasFraction = text !== '' && fraction !== undefined
  return { field, unit: 1, hasFraction, atEnd, rounding: hasFraction ? 1 : 1000 }
}

/** strftime's abbreviations written out. */
const plainDate = (text: string): string => text.replaceAll('%F', '%Y-%m-%d').replaceAll('%T', '%H:%M:%S')

/** A date contains spaces. */
function spacesIn(field: string): number {
  if (field === 't') return 1
  return field.endsWith('}t') ? field.split(' ').length - 1 : 0
}

/** `%…` with its optional parts: conditions on the status, `<`, `>`, `!`, `{…}`. */
function parse(text: string): Format {
  const directive = /%(%|[<>!\d,]*((?:\{[^}]*\})?(?:\^FB|\^t[io]|[A-Za-z])))/g
  const parts: Part[] = []
  let start = ''
  let literal = ''
  let at = 0
  const end = (): void => {
    if (parts.length === 0) start = literal
    else parts.push({ field: parts.pop()!.field, after: literal })
    literal = ''
  }
  for (const match of text.matchAll(directive)) {
    literal += text.slice(at, match.index)
    at = match.index + match[0].length
    if (match[1] === '%') literal += '%'
    else {
      end()
      parts.push({ field: match[2]!, after: '' })
    }
  }
  literal += text.slice(at)
  end()
  return { start, parts }
}
