import { decimal, whole } from '../../../logs/text.ts'
import type { Entry } from './entry.ts'

/** The end of a connection, from the kit's own log. */
export interface Closing {
  connection: number
  /** In ms; 0 where the connection was not idle. */
  idle: number
  byClient: boolean
}

/** The key of a connection contains its process: this number times the pid. */
const perProcess = 2 ** 31

/**
 * Reads the kit's own JSON lines: pino-http's for requests, with `connectionProps`, and those of closed connections (`log:
 * 'json'`). Their keys are looked for, and the rest of a line is not: a quote inside a value is escaped, so a key found with
 * its quotes is one.
 */
export class KitReader {
  readonly closing: Closing = { connection: 0, idle: 0, byClient: false }
  /** True once lines of a second process were read: then the process of a closed connection is unknown. */
  isShared = false
  #process: number | undefined

  read(line: string, entry: Entry): 'entry' | 'closing' | 'other' | 'bad' {
    if (line.charCodeAt(0) !== 123 || line.charCodeAt(line.length - 1) !== 125) return 'bad'
    if (line.includes('"idleAtClose":')) return this.#readClosing(line)
    const responseTime = numberOf(line, '"responseTime":')
    const connection = numberOf(line, '"connectionId":')
    if (Number.isNaN(responseTime) || Number.isNaN(connection)) return 'other'
    const end = numberOf(line, '"time":')
    const number = numberOf(line, '"requestNumber":')
    if (!(end + number >= 1)) return 'bad'
    const pid = numberOf(line, '"pid":')
    const process = Number.isNaN(pid) ? 0 : (pid % 2 ** 21) * perProcess
    this.isShared ||= process !== (this.#process ?? process)
    this.#process = process
    entry.connection = process + connection
    entry.number = number
    entry.end = end
    entry.start = end - responseTime
    entry.client = 0
    const outcome = valueAt(line, '"connectionOutcome":')
    entry.kept = outcome < 0 || line.startsWith('"+"', outcome)
    return 'entry'
  }

  #readClosing(line: string): 'closing' | 'bad' {
    const id = numberOf(line, '"id":')
    const idle = numberOf(line, '"idleAtClose":')
    const by = valueAt(line, '"closedBy":')
    if (!(id + idle >= 0) || by < 0) return 'bad'
    this.closing.connection = (this.#process ?? 0) + id
    this.closing.idle = idle
    this.closing.byClient = line.startsWith('"client"', by)
    return 'closing'
  }
}

function valueAt(line: string, key: string): number {
  const at = line.indexOf(key)
  return at > 0 ? at + key.length : -1
}

function numberOf(line: string, key: string): number {
  const from = valueAt(line, key)
  if (from < 0) return Number.NaN
  let to = from
  while (isInNumber(line.charCodeAt(to))) to++
  return key === '"responseTime":' ? decimal(line, from, to) : whole(line, from, to)
}

const isInNumber = (code: number): boolean => (code >= 48 && code <= 57) || code === 46
