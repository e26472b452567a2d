import type { Intervals } from '../../../advisor/intervals.ts'
import { Lines } from '../../../logs/lines.ts'
import { configuredFormat } from './configuration.ts'
import { type LineReader, type LogFormat, type LogKind, newEntry } from './entry.ts'
import { Gaps } from './gaps.ts'
import { KitReader } from './kit.ts'
import { Outliers } from './outliers.ts'
import { checkReading, notesOn, type Reading, unknownFormat } from './reading.ts'
import { recognise } from './recognise.ts'
import { servers } from './servers.ts'
import { Waits } from './waits.ts'

export interface LogOptions {
  /** The format from the server's configuration; recognized by the lines where left out. */
  readonly format: string | undefined
  /** How long the server kept idle connections, in ms; the server's default where left out. */
  readonly serverTimeout: number | undefined
}

/** The result of reading a log. */
export interface LogReport {
  readonly intervals: Intervals
  readonly kind: LogKind
  /** How the log was read: its format, and the assumed timeout. A sentence each. */
  readonly notes: readonly string[]
}

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

  /** @throws Failure for a format that lacks something. */
  constructor(options: LogOptions) {
    this.#options = options
    this.#lines = new Lines((line) => this.#take(line))
    if (options.format !== undefined) this.#begin(configuredFormat(options.format))
  }

  /** @throws Failure where the format is not recognized. */
  push(chunk: Buffer): void {
    this.#lines.push(chunk)
  }

  /** @throws Failure where no line was read, or the lines contradict each other. */
  finish(): LogReport {
    this.#lines.end()
    if (this.#sample) this.#recognise(this.#sample)
    this.#outliers.finish()
    const waits = this.#waits!
    waits.finish()
    const reading = this.#reading(waits)
    checkReading(reading)
    const { kind, gapError } = reading.format
    const duration = waits.last - waits.first
    return {
      kind,
      notes: notesOn(reading),
      intervals: {
        ...this.#gaps.intervals(),
        requests: waits.requests,
        requestsReused: waits.reused,
        ...(duration > 0 && { duration }),
        keepAliveTimeout: this.#kept,
        gapError,
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
    if (known === undefined) throw unknownFormat(sample)
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

  /** The kit's own log has the end of each connection; access logs do not. */
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

  #reading(waits: Waits): Reading {
    return {
      format: this.#format!,
      waits,
      kept: this.#kept,
      isKeptGiven: this.#options.serverTimeout !== undefined,
      lines: this.#total,
      bad: this.#bad,
      example: this.#example,
      others: this.#others,
      closings: this.#closings,
      isShared: this.#kit.isShared,
    }
  }
}
