import { quote } from '../../../errors.ts'
import { Failure } from '../../failure.ts'
import type { LogFormat } from './entry.ts'
import { servers } from './servers.ts'
import { refusal } from './unfit.ts'
import type { Waits } from './waits.ts'

/** What was counted while a log was read. */
export interface Reading {
  readonly format: LogFormat
  readonly waits: Pick<Waits, 'requests' | 'unseen' | 'missing' | 'longest' | 'followers' | 'impossible'>
  /** How long the server kept idle connections, in ms. */
  readonly kept: number
  /** Whether somebody said so; by the server's default otherwise. */
  readonly isKeptGiven: boolean
  readonly lines: number
  /** Lines that are not of the format. */
  readonly bad: number
  /** The first one of those. */
  readonly example: string | undefined
  /** Lines in order that say nothing of idle intervals. */
  readonly others: number
  /** Closed connections, in the kit's own log. */
  readonly closings: number
  /** Whether several processes write one log of the kit. */
  readonly isShared: boolean
}

/** A request after a longer gap than this beyond the timeout was not served by a server with that timeout, in ms. */
const tolerance = 2_000

/** So many requests that follow another one say whether the log is read rightly. */
const telling = 20

/** How the log was read, and what became of its lines, a sentence each. */
export function notesOn(reading: Reading): string[] {
  const { format, waits, kept, isKeptGiven, lines, bad, example, closings, isShared } = reading
  const { name, setting, by = `${name}'s default` } = servers[format.kind]
  const taken = isKeptGiven ? 'as given' : `${by}: pass ${setting} with --server-timeout`
  const notes = [`${name} log, ${format.text}`, `idle connections were kept for ${whole(kept)} ms (${taken})`]
  if (!format.isNumbered)
    notes.push(
      `the lines have no request numbers: requests from one address and port are taken for one connection until ${whole(kept)} ms pass without one`,
    )
  if (waits.longest > kept + tolerance)
    notes.push(
      `a request came after ${whole(Math.round(waits.longest))} ms: they were kept for longer than that, and the curve is wrong. Pass the timeout that was in force with --server-timeout`,
    )
  if (bad > 0)
    notes.push(
      `${whole(bad)} of ${whole(lines)} lines are not of this format, or of another time than those around them, such as ${quote(example ?? '')}`,
    )
  if (closings > 0 && isShared)
    notes.push(
      'lines of several processes are mixed, and those of closed connections do not say of which: they are left out. Give the log of each process for itself',
    )
  if (waits.missing > waits.followers / 100)
    notes.push(
      `${missingOf(waits)}: there was more reuse than the curve shows. Log every request, also where access_log has an if=`,
    )
  if (waits.unseen > waits.requests / 100)
    notes.push(
      `of ${whole(waits.unseen)} requests the one before, on the same connection, is not in the log: those gaps are left out`,
    )
  return notes
}

/** @throws Failure where nothing was read, or what was read cannot have been so. */
export function checkReading(reading: Reading): void {
  const { format, waits } = reading
  if (waits.requests === 0) throw nothing(reading)
  // The kit's own log has no such doubts.
  if (format.kind === 'kit') return
  const { followers, impossible, missing } = waits
  if (followers < telling) return
  if (missing * 10 > followers)
    throw new Failure(
      `${missingOf(waits)}: what is left shows less reuse than there was`,
      'log every request, also where access_log has an if=, and give the log unfiltered',
    )
  if (impossible * 10 <= followers) return
  throw new Failure(
    `the log's requests do not follow each other on their connections: ${whole(impossible)} of ${whole(followers)} have no higher number than the one before, or begin before it has ended`,
    'check --format, use the log of one server at a time, and log the protocol: requests of HTTP/2 overlap',
  )
}

/** After a request that is followed by one that is not in the log, the connection seems to wait in vain. */
const missingOf = ({ missing, followers }: Reading['waits']): string =>
  `requests are missing from the log: ${whole(missing)} of ${whole(followers)} do not have the next number on their connection`

/** Why a log without a given format is not read. */
export function unknownFormat(sample: readonly string[]): Failure {
  const [line] = sample
  if (line === undefined) return new Failure('the log is empty', 'name a log with requests in it')
  return (
    refusal(sample) ??
    new Failure(
      `the log's format is not known: ${quote(line)}`,
      "write --format '…' with the format from the server's configuration, in single quotes",
    )
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
