import { expect, test } from 'vitest'
import { AccessLog, type LogReport } from '../../../../src/cli/advise/logs/access-log.ts'
import { seeded } from '../../../support/random.ts'
import { sum } from '../../../support/sums.ts'

const format = '$remote_addr $connection $connection_requests $msec $request_time'

/** 200 connections of 10 requests, 4 s apart, as they come. */
const lines: readonly string[] = Array.from({ length: 2_000 }, (_, i) => {
  const [connection, number] = [i % 200, Math.floor(i / 200) + 1]
  return { connection, number, end: connection / 10 + number * 4 }
})
  .sort((a, b) => a.end - b.end)
  .map(
    ({ connection, number, end }) =>
      `10.0.0.1 ${connection} ${number} ${(1_795_000_000 + end).toFixed(3)} 0.010`,
  )

function read(kept: (line: number) => boolean): LogReport {
  const log = new AccessLog({ format, serverTimeout: 15_000 })
  log.push(Buffer.from(lines.filter((_, i) => kept(i)).join('\n')))
  return log.finish()
}

const notes = (kept: (line: number) => boolean): string => read(kept).notes.join('\n')

test('a whole log is read without a word about missing requests', () => {
  expect(notes(() => true)).not.toContain('missing')
})

/** Such as `access_log … if=$loggable`, or grep: the last request seen would count as one that nobody came back after. */
test.each([0.5, 0.3, 0.8])(
  'a log with %d of the requests is refused: it shows less reuse than there was',
  (share) => {
    const random = seeded(7)
    expect(() => read(() => random() < share)).toThrow('requests are missing from the log')
  },
)

test('where a few are missing it says so', () => {
  const random = seeded(7)
  const report = read(() => random() < 0.97)
  expect(report.notes.join('\n')).toContain('requests are missing from the log')
  expect(sum(report.intervals.reused)).toBeGreaterThan(1_500)
})

test('a log that begins and ends in the middle of connections misses none', () => {
  expect(notes((i) => i > 700 && i < 1_300)).not.toContain('missing')
})
