import type { LoggedFailure, LogReader } from '../../explain/failure.ts'
import { type Explained, Join } from '../../explain/join.ts'
import { nginxAccess } from '../../explain/logs/nginx-access.ts'
import { recognise } from '../../explain/logs/recognise.ts'
import { Counts, type LogRead } from '../../explain/summary.ts'
import { Survey, type Surveyed } from '../../explain/survey.ts'
import { type Verb, verb } from '../verb.ts'
import { type Arguments, help, readArguments } from './arguments.ts'
import { checkReading, notesOn, unknownLog } from './notes.ts'
import { JsonOutput, print } from './output.ts'
import { proxyOf } from './proxy.ts'
import { readRecords } from './read-records.ts'
import { report } from './report.ts'
import { readLines } from './source.ts'

/** From a proxy's log and the kit's records to a cause for each failure. */
export const explain: Verb = verb({
  name: 'explain',
  about: "why requests failed at a proxy, from its log and the kit's closed records",
  help,
  read: readArguments,
  run: answer,
  failed: 1,
})

/** Failures that are held at a time: the records are read once for so many. */
const batchSize = 50_000

/** Lines by which the format is recognized. */
const sampleSize = 200

async function answer(given: Arguments): Promise<number> {
  const json = given.json ? new JsonOutput() : undefined
  const counts = new Counts()
  const rows: Explained[] = []
  const log = new ReadLog(given.format)
  let surveyed: Surveyed | undefined

  const explainBatch = async (): Promise<void> => {
    const failures = log.take()
    if (given.records.length > 0 && !surveyed) {
      const survey = new Survey(failures)
      await readRecords(given.records, (record) => survey.see(record))
      surveyed = survey.finish(log.reader!.zoned)
    }
    const join = new Join(failures, surveyed ?? nothing)
    if (surveyed) await readRecords(given.records, (record) => join.match(record))
    const explained = join.explain()
    for (const each of explained) {
      counts.add(each)
      if (rows.length < given.rows) rows.push(each)
    }
    await json?.add(explained)
  }

  await readLines(
    given.log,
    'log',
    (line) => log.push(line),
    () => (log.failures.length >= batchSize ? explainBatch() : undefined),
  )
  log.finish()
  if (log.failures.length > 0 || !surveyed) await explainBatch()
  const read = log.read()
  checkReading(read)
  const proxy = proxyOf(log.reader!.kind, given.proxy)
  const notes = notesOn(read, log, surveyed, counts)
  const summary = counts.summary(read, surveyed, proxy, notes)
  if (json) await json.finish(summary)
  else await print(`${report(summary, rows).join('\n')}\n`)
  return 0
}

const nothing: Surveyed = { skew: 0, lives: [], targets: new Set(), count: 0, from: Infinity, to: -Infinity }

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
    const { kind, name } = this.reader!
    return {
      kind,
      format: name,
      lines: this.#lines,
      requests: this.#requests,
      bad: this.#bad,
      example: this.#example,
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
