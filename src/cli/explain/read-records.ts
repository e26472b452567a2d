import { quote } from '../../errors.ts'
import { type ConnectionRecord, readRecord } from '../../explain/records.ts'
import { Failure } from '../failure.ts'
import { readLines } from './source.ts'

/**
 * Reads the closed records of all files, one file after the other.
 *
 * @throws Failure for a file that has none.
 */
export async function readRecords(
  files: readonly string[],
  take: (record: ConnectionRecord) => void,
): Promise<void> {
  for (const file of files) {
    let records = 0
    let untimed = 0
    let example: string | undefined
    await readLines(file, 'records', (line) => {
      const reading = line === undefined ? 'bad' : readRecord(line)
      if (reading === 'untimed') untimed++
      else if (reading === 'other' || reading === 'bad') example ??= line
      else {
        records++
        take(reading)
      }
    })
    if (records > 0) continue
    if (untimed > 0)
      throw new Failure(
        `the ${untimed} records of ${file} have no time`,
        'update keepalive-kit: records have closedAt; or log them with pino, whose lines have a time',
      )
    throw new Failure(
      example === undefined
        ? `${file} is empty`
        : `${file} has no record of a closed connection, but ${quote(example)}`,
      "give what keepAlive({ log: 'json' }) prints",
    )
  }
}
