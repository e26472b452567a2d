import { quote } from '../../errors.ts'
import type { LogReader } from '../../explain/failure.ts'
import { readRecord } from '../../explain/records.ts'
import type { LogRead } from '../../explain/summary.ts'
import type { Surveyed } from '../../explain/survey.ts'
import { count, duration, number } from '../../words.ts'
import { Failure } from '../failure.ts'

/** What the notes tell of the log. */
interface Log {
  readonly reader: LogReader | undefined
  readonly first: number
  readonly last: number
  readonly ported: number
}

/** What the notes tell of the failures. */
interface Joined {
  readonly joined: number
  readonly total: number
  readonly unknown: number
}

/** @throws Failure where nothing of the log could be read. */
export function checkReading({ lines, bad, example }: LogRead): void {
  if (lines > bad) return
  throw new Failure(
    `none of ${number(lines)} lines is of this format, such as ${quote(example ?? '')}`,
    'check --format',
  )
}

/** Why a log is not read. */
export function unknownLog(sample: readonly string[], format: string | undefined): Failure {
  if (format !== undefined)
    return new Failure(
      `the log format has no time or no status: ${quote(format)}`,
      'add $msec and $status to log_format in nginx',
    )
  const [line] = sample
  if (line === undefined) return new Failure('the log is empty', 'give another one')
  const records = sample.filter((each) => typeof readRecord(each) === 'object').length
  if (records * 2 > sample.length)
    return new Failure(
      "the log has keepalive-kit's own closed records",
      'give these with --records, and the log of the proxy as <log>',
    )
  return new Failure(
    `the log's format is not known: ${quote(line)}`,
    'docs/explain.md has the formats that are recognized; nginx: give its log_format with --format',
  )
}

/** How the files were read, and what became of their lines, a sentence each. */
export function notesOn(
  { lines, bad, example, requests }: LogRead,
  { reader, first, last, ported }: Log,
  surveyed: Surveyed | undefined,
  { joined, total, unknown }: Joined,
): string[] {
  const { name, kind, exactWith } = reader!
  const notes = [`${kind} log, ${name}: ${count(total, 'failure')} in ${count(requests, 'request')}`]
  if (bad > 0)
    notes.push(
      `${number(bad)} of ${number(lines)} lines are not of this format${example === undefined ? '' : `, such as ${quote(example)}`}`,
    )
  if (total === 0) return notes
  if (!surveyed) {
    notes.push('no records were given: this is what the log alone proves')
    return notes
  }
  const { skew, from, to } = surveyed
  notes.push(`${count(surveyed.count, 'record')} of closed connections, ${timeText(from)} to ${timeText(to)}`)
  if (Math.abs(skew) >= 1_000)
    notes.push(
      `the clock of the log is ${duration(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} the clock of the records: corrected`,
    )
  if (first - skew > to + hour || last - skew < from - hour)
    notes.push(
      `the records are of another time: the failures were from ${timeText(first)} to ${timeText(last)}. Give the records of that time`,
    )
  else if (joined === 0)
    notes.push('no failure has a record. Are the records those of the server that the proxy sends to?')
  else if (ported < total && !surveyed.timesAgree)
    notes.push(
      'failures and lost requests do not come at the same times: the causes of those without a port are unknown. Are the records those of the server, and of that time?',
    )
  if (unknown > 0 && last - skew > to + slack && last - skew <= to + hour)
    notes.push(
      `the records end ${duration(last - skew - to)} before the last failure: give the later ones too. If there are none, the process may have crashed, but no record proves that`,
    )
  if (ported === 0 && exactWith !== undefined)
    notes.push(`the log has no port of the proxy towards the server. Exact with ${exactWith}`)
  return notes
}

const hour = 3_600_000

/** The clocks are known to about so much, in ms. */
const slack = 1_500

const timeText = (time: number): string => new Date(time).toISOString()
