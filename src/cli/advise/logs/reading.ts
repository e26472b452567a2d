import { quote } from '../../../errors.ts'
import { recognise } from '../../../explain/logs/recognise.ts'
import { duration } from '../../../words.ts'
import { Failure } from '../../failure.ts'
import type { LogFormat } from './entry.ts'
import { servers } from './servers.ts'
import { refusal } from './unfit.ts'
import type { Waits } from './waits.ts'

/** The counts from reading a log. */
export interface Reading {
  readonly format: LogFormat
  readonly waits: Pick<Waits, 'requests' | 'unseen' | 'missing' | 'longest' | 'followers' | 'impossible'>
  /** How long the server kept idle connections, in ms. */
  readonly kept: number
  /** Whether the command line gave `kept`; otherwise it is the server's default. */
  readonly isKeptGiven: boolean
  readonly lines: number
  /** Lines that do not match the format. */
  readonly bad: number
  /** The first of these lines. */
  readonly example: string | undefined
  /** Valid lines that show no idle interval. */
  readonly others: number
  /** Closed connections, in the kit's own log. */
  readonly closings: number
  /** Whether several processes write one log of the kit. */
  readonly isShared: boolean
}

/** A request this long after the timeout shows that the server's timeout was longer, in ms. */
const tolerance = 2_000

/** So many requests after another one are enough to check the reading. */
const telling = 20

/** How the log was read, and which lines were not used: a sentence each, without a full stop. */
export function notesOn(reading: Reading): string[] {
  const { format, waits, kept, isKeptGiven, lines, bad, example, closings, isShared } = reading
  const { name, setting, by = `${name}'s default` } = servers[format.kind]
  const taken = isKeptGiven ? 'as given' : `${by}: pass ${setting} with --server-timeout`
  const notes = [
    `${name} log, ${format.text}`,
    `the server kept idle connections for ${whole(kept)} ms (${taken})`,
  ]
  if (!format.isNumbered)
    notes.push(
      `the lines have no request numbers: requests from one address and port count as one connection until ${whole(kept)} ms pass without a request`,
    )
  if (bad > 0)
    notes.push(
      `${whole(bad)} of ${whole(lines)} lines do not match this format, or their time does not fit the lines around them, such as ${quote(example ?? '')}`,
    )
  if (closings > 0 && isShared)
    notes.push(
      'the log mixes lines of several processes, and the lines of closed connections do not name their process, so they are left out. Use the log of one process at a time',
    )
  if (waits.missing > waits.followers / 100)
    notes.push(
      `${missingOf(waits)}, so there was more reuse than the curve shows. Log every request, also where access_log has an if=`,
    )
  if (waits.unseen > waits.requests / 100)
    notes.push(
      `for ${whole(waits.unseen)} requests, the previous request on the same connection is not in the log: these gaps are left out`,
    )
  return notes
}

/** @throws Failure where no request was read, or the requests contradict each other or the server's timeout. */
export function checkReading(reading: Reading): void {
  if (reading.waits.requests === 0) throw nothing(reading)
  // The kit's own log has the numbers of the kit.
  if (reading.format.kind !== 'kit') checkNumbers(reading)
  checkTimeout(reading)
}

function checkNumbers({ waits }: Reading): void {
  const { followers, impossible, missing } = waits
  if (followers < telling) return
  if (missing * 10 > followers)
    throw new Failure(
      `${missingOf(waits)}, so the log shows less reuse than there was`,
      'log every request, also where access_log has an if=, and do not filter the log',
    )
  if (impossible * 10 <= followers) return
  throw new Failure(
    `the requests of a connection contradict each other: ${whole(impossible)} of ${whole(followers)} do not have a higher number than the request before, or begin before it ended`,
    'check --format, use the log of one server at a time, and log the protocol: requests of HTTP/2 overlap',
  )
}

function checkTimeout({ format, waits: { longest }, kept, isKeptGiven }: Reading): void {
  if (longest <= kept + tolerance) return
  const { name, setting, by = `${name}'s default` } = servers[format.kind]
  throw new Failure(
    `a request came ${duration(longest)} after the one before on its connection, so the server kept idle connections longer than ${duration(kept)}${isKeptGiven ? '' : `, ${by}`}. A curve for ${duration(kept)} would be wrong`,
    `pass ${setting} with --server-timeout, as it was in force when the server wrote the log; the longest where there were several`,
  )
}

/** If the next request is not in the log, the connection seems to stay idle. */
const missingOf = ({ missing, followers }: Reading['waits']): string =>
  `requests are missing from the log: ${whole(missing)} of ${whole(followers)} do not have the next number on their connection`

/** Why a log without --format cannot be read. */
export function unknownFormat(sample: readonly string[]): Failure {
  const [line] = sample
  if (line === undefined) return new Failure('the log is empty', 'name a log with requests in it')
  return (
    refusal(sample) ??
    ofFailures(sample) ??
    new Failure(
      `the log's format is not known: ${quote(line)}`,
      "write --format '…' with the format from the server's configuration, in single quotes",
    )
  )
}

/** An error log has no idle gaps, but the other command reads it. */
function ofFailures(sample: readonly string[]): Failure | undefined {
  // A few lines show the format.
  const lines = sample.slice(0, 20).map((line) => line.slice(0, 4_096))
  const log = recognise(lines)
  if (log === undefined) return undefined
  // Any JSON may be a log of a proxy, until one line of it is about a failed request.
  if (log.name !== 'error log' && !lines.some((line) => typeof log.read(line) === 'object')) return undefined
  return new Failure(
    `this is a log of ${log.kind} (${log.name}), which does not show idle gaps`,
    'pass an access log; for the cause of failed requests, write keepalive-kit explain <log>',
  )
}

function nothing({ lines, example, others, closings }: Reading): Failure {
  if (closings > 0)
    return new Failure(
      'the log has closed connections only, and these do not show the gaps that ended in reuse',
      "log the requests too, by pino-http with the kit's bindings, or name a snapshot",
    )
  const such = example === undefined ? '' : `, such as ${quote(example)}`
  const of = others > 0 ? ' about HTTP/1 connections' : ''
  return new Failure(`no line of ${lines} has a request${of}${such}`, 'check --format')
}

const whole = (value: number): string => value.toLocaleString('en')
