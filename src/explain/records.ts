import { detached } from '../logs/text.ts'
import {
  type AppClose,
  appCloses,
  type ClosedBy,
  type CloseReason,
  closeReasons,
  closers,
} from '../reasons.ts'
import { type Fields, isFields, parseObject, textOf } from './logs/json-line.ts'

/** A record of a closed connection, as far as its line has it. Times in Unix ms. */
export interface ConnectionRecord {
  readonly id: number
  readonly requests: number
  readonly age: number
  readonly idleAtClose: number
  readonly closedBy: ClosedBy
  readonly reason: CloseReason
  readonly late: number
  readonly remoteAddress: string | undefined
  readonly remotePort: number
  readonly closedAt: number
  /** The server's side, such as `10.0.0.5:3000`; empty where the line does not say. */
  readonly target: string
  readonly appClose: AppClose | undefined
  /** Tells processes apart: the pid, and the host. */
  readonly process: string
}

/** `untimed`: a record whose line has no time, so that it cannot be joined. */
export type RecordReading = ConnectionRecord | 'untimed' | 'other' | 'bad'

/**
 * Reads a line of the kit's closed records: those of `log: 'json'` and `log: 'logfmt'`, and pino's, whose own time and process
 * are taken. A log collector may have put a time before it.
 */
export function readRecord(line: string): RecordReading {
  const object = parseObject(line)
  if (object) return fromFields(object, line)
  const at = line.search(/(?:^|\s)id=\d+ requests=/)
  if (at < 0) return line.includes('{') && !line.endsWith('}') ? 'bad' : 'other'
  const pairs: Record<string, string> = {}
  for (const [, key, value] of line.slice(at).matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|\S+)/g)) pairs[key!] = value!
  return fromFields(pairs, line)
}

function fromFields(line: Fields, text: string): RecordReading {
  const record = recordIn(line)
  if (!record) return 'other'
  const number = (name: string): number => Number(record[name] ?? Number.NaN)
  const reason = textOf(record.reason) as CloseReason
  const closedBy = textOf(record.closedBy) as ClosedBy
  const age = number('age')
  const isKnown = closeReasons.includes(reason) && closers.includes(closedBy)
  if (!isKnown || !(number('id') >= 0) || !(age >= 0)) return 'bad'
  const closedAt = closeTime(record, line, text)
  if (Number.isNaN(closedAt)) return 'untimed'
  const appClose = textOf(record.appClose) as AppClose
  const port = textOf(record.localPort)
  return {
    id: number('id'),
    requests: number('requests') || 0,
    age,
    idleAtClose: number('idleAtClose') || 0,
    closedBy,
    reason,
    late: number('late') || 0,
    remoteAddress: record.remoteAddress ? detached(textOf(record.remoteAddress)) : undefined,
    remotePort: number('remotePort') || 0,
    closedAt,
    target: port === '' ? '' : `${plainAddress(textOf(record.localAddress))}:${port}`,
    appClose: appCloses.includes(appClose) ? appClose : undefined,
    process: `${textOf(line.hostname)} ${textOf(line.pid)}`,
  }
}

/** The record itself is the line, or one of its values: `logger.info({ closed }, …)`. */
function recordIn(line: Fields): Fields | undefined {
  if ('closedBy' in line && 'reason' in line) return line
  for (const value of Object.values(line))
    if (isFields(value) && 'closedBy' in value && 'reason' in value) return value
  return undefined
}

/** Older records have no `closedAt`: then the logger's time, or the collector's, is some ms late. */
function closeTime(record: Fields, line: Fields, text: string): number {
  for (const value of [record.closedAt, line.time, line.timestamp]) {
    const time =
      typeof value === 'string' && !/^\d+$/.test(value) ? Date.parse(value) : Number(value ?? Number.NaN)
    if (time >= firstTime && time < lastTime) return time
  }
  const [stamp] = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)/.exec(text) ?? []
  return stamp === undefined ? Number.NaN : Date.parse(stamp.replace(',', '.'))
}

const firstTime = Date.UTC(2000)
const lastTime = Date.UTC(2100)

/** As a proxy writes it: an IPv4 address in an IPv6 socket is IPv4. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=[\d.]+$)/, '')
