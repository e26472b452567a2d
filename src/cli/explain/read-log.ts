import type { LoggedFailure, LogReader } from '../../explain/failure.ts'
import { nginxAccess } from '../../explain/logs/nginx-access.ts'
import { recognise } from '../../explain/logs/recognise.ts'
import type { LogRead } from '../../explain/summary.ts'
import { unknownLog } from './notes.ts'

/** Lines by which the format is recognized. */
const sampleSize = 200

/** The proxy's log, as far as it was read. */
export class ReadLog {
  reader: LogReader | undefined
  failures: LoggedFailure[] = []
  /** The first and the last failure, in Unix ms. */
  first: number = Number.POSITIVE_INFINITY
  last: number = Number.NEGATIVE_INFINITY
  /** Failures with the port of their connection, of those that had one. */
  ported = 0
  #sample: string[] | undefined = []
  #lines = 0
  #requests = 0
  #bad = 0
  #example: string | undefined

  constructor(format: string | undefined) {
    if (format === undefined) return
    this.reader = nginxAccess(format)
    if (!this.reader) throw unknownLog([], format)
    this.#sample = undefined
  }

  push(line: string | undefined): void {
    this.#lines++
    if (line === undefined) this.#bad++
    else if (!this.#sample) this.#read(line)
    else if (this.#sample.push(line) >= sampleSize) this.finish()
  }

  /** @throws Failure where the format is not known. */
  finish(): void {
    const sample = this.#sample
    if (!sample) return
    this.#sample = undefined
    this.reader = recognise(sample)
    if (!this.reader) throw unknownLog(sample, undefined)
    for (const line of sample) this.#read(line)
  }

  /** The failures since it was called last. */
  take(): LoggedFailure[] {
    const taken = this.failures
    this.failures = []
    return taken
  }

  read(): LogRead {
    const { kind, name, exactWith, moreWith } = this.reader!
    const needed = exactWith === undefined ? moreWith : exactWith
    const answer = exactWith === undefined ? 'A better answer' : 'An exact answer'
    return {
      kind,
      format: name,
      lines: this.#lines,
      requests: this.#requests,
      bad: this.#bad,
      example: this.#example,
      lacks: needed === undefined || this.ported > 0 ? undefined : `${answer} needs ${needed}`,
    }
  }

  #read(line: string): void {
    const reading = this.reader!.read(line)
    if (reading === 'bad') {
      this.#bad++
      this.#example ??= line
    } else if (reading === 'ok') this.#requests++
    else if (reading !== 'other') {
      this.#requests++
      this.failures.push(reading)
      this.first = Math.min(this.first, reading.time)
      this.last = Math.max(this.last, reading.until)
      if (reading.port !== 0) this.ported++
    }
  }
}
