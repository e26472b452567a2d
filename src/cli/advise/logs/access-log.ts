import type { Intervals } from '../../../advisor/intervals.ts'
import { quote } from '../../../errors.ts'
import { Failure } from '../../failure.ts'
import { configuredFormat } from './configuration.ts'
import { type LineReader, type LogFormat, type LogKind, newEntry } from './entry.ts'
import { Gaps } from './gaps.ts'
import { KitReader } from './kit.ts'
import { Lines } from './lines.ts'
import { Outliers } from './outliers.ts'
import { recognise } from './recognise.ts'
import { servers } from './servers.ts'
import { refusal } from './unfit.ts'
import { Waits } from './waits.ts'

export interface LogOptions {
  /** The format as in the server's configuration; recognised where left out. */
  readonly format: string | undefined
  /** How long the server kept idle connections, in ms; the server's default where left out. */
  readonly serverTimeout: number | undefined
}

/** What was read of a log. */
export interface LogReport {
  readonly intervals: Intervals
  readonly kind: LogKind
  /** How it was read, in words: the format, the timeout taken. */
  readonly notes: readonly string[]
}

/** A request after a longer gap than this beyond the timeout was not served by a server with that timeout. */
const tolerance = 2_000

const sampleSize = 200

/** Reads an access log, chunk by chunk, in constant memory. */
export class AccessLog {
  readonly #options: LogOptions
  readonly #lines: Lines
  readonly #entry = newEntry()
  readonly #kit = new KitReader()
  readonly #gaps = new Gaps()
  readonly #outliers = new Outliers(
    (entry) => this.#waits!.request(entry),
    (line) => this.#spoil(line),
  )
  #sample: string[] | undefined = []
  #format: LogFormat | undefined
  #read: LineReader = () => 'bad'
  #waits: Waits | undefined
  #kept = 0
  #total = 0
  #bad = 0
  #example: string | undefined
  #others = 0
  #closings = 0

  /** @throws Failure for a format that cannot do. */
  constructor(options: LogOptions) {
    this.#options = options
    this.#lines = new Lines((line) => this.#take(line))
    if (options.format !== undefined) this.#begin(configuredFormat(options.format))
  }

  /** @throws Failure where the format is not recognised. */
  push(chunk: Buffer): void {
    this.#lines.push(chunk)
  }

  /** @throws Failure where nothing in it could be read. */
  finish(): LogReport {
    this.#lines.end()
    if (this.#sample) this.#recognise(this.#sample)
    this.#outliers.finish()
    const waits = this.#waits!
    waits.finish()
    if (waits.requests === 0) throw this.#nothing()
    const { kind } = this.#format!
    if (kind !== 'kit') judge(waits)
    const duration = waits.last - waits.first
    return {
      kind,
      notes: this.#notes(waits),
      intervals: {
        ...this.#gaps.intervals(),
        requests: waits.requests,
        requestsReused: waits.reused,
        ...(duration > 0 && { duration }),
        keepAliveTimeout: this.#kept,
        closesUnseen: this.#closings === 0 || this.#kit.isShared,
      },
    }
  }

  /** Lines read so far. */
  get lines(): number {
    return this.#total
  }

  #take(line: string | undefined): void {
    this.#total++
    if (line === undefined) this.#spoil('a line of more than 65,536 bytes')
    else if (this.#sample) this.#collect(this.#sample, line)
    else this.#readLine(line)
  }

  #collect(sample: string[], line: string): void {
    sample.push(line)
    if (sample.length >= sampleSize) this.#recognise(sample)
  }

  #recognise(sample: readonly string[]): void {
    this.#sample = undefined
    const known = recognise(sample)
    if (known === undefined) throw this.#unknown(sample)
    this.#begin(known === 'kit' ? this.#kitFormat() : known)
    for (const line of sample) this.#readLine(line)
  }

  #kitFormat(): LogFormat {
    const read: LineReader = (line, entry) => this.#readKit(line, entry)
    return { kind: 'kit', text: 'JSON', read, gapError: 1, isNumbered: true }
  }

  #begin(format: LogFormat): void {
    this.#sample = undefined
    this.#read = format.read
    this.#format = format
    this.#kept = this.#options.serverTimeout ?? servers[format.kind].keeps
    this.#waits = new Waits(this.#gaps, this.#kept, format.gapError)
  }

  #readLine(line: string): void {
    const outcome = this.#read(line, this.#entry)
    if (outcome === 'entry') this.#outliers.take(this.#entry, line)
    else if (outcome === 'other') this.#others++
    else this.#spoil(line)
  }

  /** The kit's log says of a connection's end what access logs leave open. */
  #readKit(line: string, entry: Parameters<LineReader>[1]): ReturnType<LineReader> {
    const outcome = this.#kit.read(line, entry)
    if (outcome !== 'closing') return outcome
    this.#closings++
    this.#outliers.settle()
    this.#waits!.endsAreLogged = !this.#kit.isShared
    if (this.#kit.isShared) return 'other'
    const { connection, idle, byClient } = this.#kit.closing
    const known = this.#waits!.forget(connection)
    if (idle > 0) this.#gaps.add(byClient ? 'clientClosed' : 'cutOff', idle, known?.client ?? 0, connection)
    return 'other'
  }

  #spoil(line: string): void {
    this.#bad++
    this.#example ??= line
  }

  #notes({ requests, unseen, longest }: Waits): string[] {
    const count = (value: number): string => value.toLocaleString('en')
    const { kind, text, gapError, isNumbered } = this.#format!
    const { name, setting, by = `${name}'s default` } = servers[kind]
    const taken =
      this.#options.serverTimeout === undefined ? `${by}: pass ${setting} with --server-timeout` : 'as given'
    const notes = [
      `${name} log, ${text}`,
      `idle connections were kept for ${count(this.#kept)} ms (${taken})`,
    ]
    if (gapError > 1)
      notes.push(
        `times are rounded to seconds: each idle gap may be wrong by up to ${count(gapError)} ms, and shares at timeouts below ${count(3 * gapError)} ms say little`,
      )
    if (!isNumbered)
      notes.push(
        `the lines have no request numbers: requests from one address and port are taken for one connection until ${count(this.#kept)} ms pass without one`,
      )
    if (longest > this.#kept + tolerance)
      notes.push(
        `a request came after ${count(Math.round(longest))} ms: they were kept for longer than that, and the curve is wrong. Pass the timeout that was in force with --server-timeout`,
      )
    if (this.#bad > 0)
      notes.push(
        `${count(this.#bad)} of ${count(this.#total)} lines are not of this format, or of another time than those around them, such as ${quote(this.#example ?? '')}`,
      )
    if (this.#closings > 0 && this.#kit.isShared)
      notes.push(
        'lines of several processes are mixed, and those of closed connections do not say of which: they are left out. Give the log of each process for itself',
      )
    if (unseen > requests / 100)
      notes.push(
        `of ${count(unseen)} requests the one before, on the same connection, is not in the log: those gaps are left out`,
      )
    return notes
  }

  #unknown(sample: readonly string[]): Failure {
    const [line] = sample
    if (line === undefined) return new Failure('the log is empty', 'give another one')
    return (
      refusal(sample) ??
      new Failure(
        `the log's format is not known: ${quote(line)}`,
        "give the line of the server's configuration that has the format, in single quotes: --format '…'",
      )
    )
  }

  #nothing(): Failure {
    if (this.#closings > 0)
      return new Failure(
        'the log has closed connections only, and those say nothing of the gaps that ended in reuse',
        "add the requests, by pino-http with the kit's bindings, or give a snapshot",
      )
    const example = this.#example === undefined ? '' : `, such as ${quote(this.#example)}`
    const of = this.#others > 0 ? ' about HTTP/1 connections' : ''
    return new Failure(`none of ${this.#total} lines says something${of}${example}`, 'check --format')
  }
}

/** So many requests that follow another one say whether the log is read rightly. */
const telling = 20

/** @throws Failure where requests on one connection cannot have been so: the format is wrong, or connections are mixed up. */
function judge({ followers, impossible }: Waits): void {
  if (followers < telling || impossible * 10 <= followers) return
  const count = (value: number): string => value.toLocaleString('en')
  throw new Failure(
    `the log's requests do not follow each other on their connections: ${count(impossible)} of ${count(followers)} have no higher number than the one before, or begin before it has ended`,
    'check --format, give the log of each server for itself, and log the protocol: requests of HTTP/2 overlap',
  )
}
