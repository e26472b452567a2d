import { dateAt, isDate } from '../../../logs/dates.ts'
import type { Spans } from '../../../logs/format.ts'
import { decimal, hash, whole } from '../../../logs/text.ts'
import type { LineReader } from './entry.ts'

/** The roles of fields, in the order of the spans. */
export const roles = [
  'connection',
  'peer',
  'address',
  'port',
  'number',
  'time',
  'fraction',
  'duration',
  'wait',
  'rest',
  'kept',
  'protocol',
  'request',
] as const

export type Role = (typeof roles)[number]

/** The name of the field, or the path of the key, for each role. */
export type Chosen = Readonly<Partial<Record<Role, string>>>

/** What the values of a format mean. */
export interface Meaning {
  /** Units in ms: of a time that is a number, of its fraction, of the duration. */
  readonly timeUnit: number
  readonly fractionUnit?: number
  readonly durationUnit: number
  /** Whether the time is the end of the response. */
  readonly atEnd: boolean
  /** The number of the first request; a format without numbers leaves it out. */
  readonly firstNumber?: 0 | 1
  /** Whether Apache's `%X` tells if the connection stays open; otherwise the `Connection` header does. */
  readonly keptIsFlag?: boolean
  /** Like Apache's `%k`: see Entry. */
  readonly lastRepeats?: boolean
}

export const newSpans = (): Spans => new Int32Array(roles.length * 2).fill(-1)

export const fieldsOf = (chosen: Chosen): (string | undefined)[] => roles.map((role) => chosen[role])

const firstTime = Date.UTC(2000)
const lastTime = Date.UTC(2100)
const highestNumber = 2 ** 31

const at = Object.fromEntries(roles.map((role, i) => [role, i * 2])) as Readonly<Record<Role, number>>
const { connection, peer, address, port, number, time, fraction, duration, wait, rest, kept, protocol } = at
const { request } = at

/**
 * Reads a request from the spans of a line. A line matches the format only if each value is plausible: a time between 2000 and
 * 2100, a port, a count. This rejects columns of another format that happen to be numbers.
 */
export function requestReader(find: (line: string) => boolean, spans: Spans, meaning: Meaning): LineReader {
  const {
    timeUnit,
    fractionUnit = 0,
    durationUnit,
    atEnd,
    firstNumber,
    lastRepeats = false,
    keptIsFlag,
  } = meaning

  const momentOf = (line: string): number => {
    const from = spans[time]!
    const to = spans[time + 1]!
    const moment = isDate(line, from, to) ? dateAt(line, from, to) : decimal(line, from, to) * timeUnit
    if (spans[fraction]! < 0) return moment
    return moment + whole(line, spans[fraction]!, spans[fraction + 1]!) * fractionUnit
  }

  /** -1 for a part of the duration that did not happen (HAProxy, ALB). */
  const lengthOf = (line: string, slot: number): number => {
    const from = spans[slot]!
    const to = spans[slot + 1]!
    if (from < 0 || (to - from === 2 && line.startsWith('-1', from))) return 0
    return decimal(line, from, to) * durationUnit
  }

  return (line, entry) => {
    if (!find(line)) return 'bad'
    const moment = momentOf(line)
    const length = lengthOf(line, duration) + lengthOf(line, wait) + lengthOf(line, rest)
    const end = atEnd ? moment : moment + length
    if (!(end >= firstTime && end < lastTime && length >= 0)) return 'bad'
    if (!identify(line, spans, entry)) return 'bad'
    entry.number = 0
    if (firstNumber !== undefined) {
      const read = whole(line, spans[number]!, spans[number + 1]!)
      if (!(read < highestNumber)) return 'bad'
      if (read < firstNumber) return 'other'
      entry.number = read + 1 - firstNumber
    }
    const keeps = keptIsFlag
      ? keptByFlag(line, spans)
      : spans[kept]! < 0 || !line.startsWith('close', spans[kept])
    if (keeps === undefined) return 'bad'
    if (isMultiplexed(line, spans) || isNone(line, spans)) return 'other'
    entry.lastRepeats = lastRepeats
    entry.start = end - length
    entry.end = end
    entry.kept = keeps
    return 'entry'
  }
}

/** Fills in the client and the connection. */
function identify(line: string, spans: Spans, entry: Parameters<LineReader>[1]): boolean {
  const numbered = spans[connection]! >= 0
  if (spans[peer]! >= 0 && !numbered) {
    const to = spans[peer + 1]!
    const colon = line.lastIndexOf(':', to - 1)
    // syslog adds a prefix to each line.
    const start = Math.max(spans[peer]!, line.lastIndexOf(' ', to - 1) + 1)
    if (colon <= start || !isPort(line, colon + 1, to)) return false
    entry.client = hash(line, start, colon)
    entry.connection = hash(line, colon + 1, to, entry.client)
    return true
  }
  const from = spans[address]!
  if (from >= 0 && spans[address + 1] === from) return false
  entry.client = from < 0 ? 0 : hash(line, from, spans[address + 1]!)
  if (numbered) {
    entry.connection = whole(line, spans[connection]!, spans[connection + 1]!)
    return entry.connection >= 0
  }
  entry.connection = hash(line, spans[port]!, spans[port + 1]!, entry.client)
  return isPort(line, spans[port]!, spans[port + 1]!)
}

function isPort(line: string, from: number, to: number): boolean {
  const value = whole(line, from, to)
  return value >= 1 && value <= 65_535
}

/** Apache's `%X`: kept, closed, aborted. */
function keptByFlag(line: string, spans: Spans): boolean | undefined {
  const from = spans[kept]!
  const code = spans[kept + 1]! - from === 1 ? line.charCodeAt(from) : 0
  if (code === 43) return true
  return code === 45 || code === 88 ? false : undefined
}

/** HTTP/2 and 3: requests share the connection at the same time. */
function isMultiplexed(line: string, spans: Spans): boolean {
  if (spans[protocol]! >= 0) return isLater(line, spans[protocol]!)
  let end = spans[request + 1]!
  if (line.charCodeAt(end - 1) === 34) end--
  return end >= 8 && (isLater(line, end - 8) || isLater(line, end - 6))
}

/** A connection without a request has a line too: `<BADREQ>` of HAProxy, `- - - ` of ALB. */
function isNone(line: string, spans: Spans): boolean {
  const from = spans[request]!
  return from >= 0 && (line.startsWith('"<BADREQ>', from) || line.startsWith('- - - ', from))
}

function isLater(line: string, from: number): boolean {
  if (!line.startsWith('HTTP/', from)) return false
  const major = line.charCodeAt(from + 5)
  return major === 50 || major === 51
}
