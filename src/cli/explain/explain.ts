import { type Explained, Join } from '../../explain/join.ts'
import { Counts, type Summary } from '../../explain/summary.ts'
import { Survey, type Surveyed } from '../../explain/survey.ts'
import { type Command, command } from '../command.ts'
import { lookOf } from '../look.ts'
import { type Arguments, help, readArguments } from './arguments.ts'
import { checkReading, notesOn } from './notes.ts'
import { JsonOutput, print } from './output.ts'
import { proxyOf } from './proxy.ts'
import { ReadLog } from './read-log.ts'
import { readRecords } from './read-records.ts'
import { report } from './report.ts'
import { readLines } from './source.ts'

/** From a proxy's log and the kit's records to a cause for each failure. */
export const explain: Command = command({
  name: 'explain',
  about: "find the cause of each 502 from the proxy's log and the kit's closed records",
  help,
  read: readArguments,
  run: answer,
  failed: 1,
})

async function answer(given: Arguments): Promise<number> {
  const json = given.json ? new JsonOutput() : undefined
  const rows: Explained[] = []
  const summary = await explainLog(given, async (explained) => {
    rows.push(...explained.slice(0, given.rows - rows.length))
    await json?.add(explained)
  })
  if (json) await json.finish(summary)
  else await print(`${report(summary, rows, lookOf(process.stdout)).join('\n')}\n`)
  return 0
}

/** Failures that are held at a time: the records are read once for so many. */
const usualBatch = 50_000

/**
 * Reads the log once, and the records once for each batch of failures, so that memory does not grow with either.
 *
 * @param tell - gets the failures of each batch, explained.
 * @throws Failure for what cannot be read.
 */
export async function explainLog(
  given: Pick<Arguments, 'log' | 'records' | 'format' | 'proxy'>,
  tell: (explained: readonly Explained[]) => Promise<void>,
  batchSize: number = usualBatch,
): Promise<Summary> {
  const counts = new Counts()
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
    for (const each of explained) counts.add(each)
    await tell(explained)
  }

  await readLines(
    given.log,
    'log',
    (line) => log.push(line),
    () => (log.failures.length >= batchSize ? explainBatch() : undefined),
  )
  log.finish()
  const read = log.read()
  checkReading(read)
  if (log.failures.length > 0 || !surveyed) await explainBatch()
  const proxy = proxyOf(read.kind, given.proxy)
  return counts.summary(read, surveyed, proxy, notesOn(read, log, surveyed, counts))
}

const nothing: Surveyed = {
  skew: 0,
  timesAgree: false,
  lives: [],
  mixed: new Set(),
  targets: new Set(),
  count: 0,
  from: Number.POSITIVE_INFINITY,
  to: Number.NEGATIVE_INFINITY,
}
