import { expect, test } from 'vitest'
import { AccessLog, type LogReport } from '../../../../src/cli/advise/logs/access-log.ts'
import { knownFormats } from '../../../../src/cli/advise/logs/recognise.ts'
import { seeded } from '../../../support/random.ts'

/** Columns that people put behind the usual ones, as nginx writes them for one request. */
interface Sent {
  readonly client: number
  readonly connection: number
  readonly number: number
  readonly end: number
  readonly duration: number
}

const columns: Readonly<Record<string, (sent: Sent) => string>> = {
  connection: ({ connection }) => `${connection}`,
  connection_requests: ({ number }) => `${number}`,
  msec: ({ end }) => (end / 1000).toFixed(3),
  request_time: ({ duration }) => (duration / 1000).toFixed(3),
  upstream_response_time: ({ duration }) => (duration > 2 ? (duration / 1000).toFixed(3) : '0.000'),
  pipe: () => '.',
  request_length: ({ end }) => `${400 + (end % 97)}`,
  bytes_sent: ({ connection }) => `${800 + (connection % 9)}`,
  status: () => '200',
  gzip_ratio: () => '-',
  remote_port: ({ connection }) => `${30_000 + ((connection * 7) % 20_000)}`,
}

/** 40 connections of two to seven requests, as they come. */
const requests: readonly Sent[] = (() => {
  const random = seeded(1)
  const all: Sent[] = []
  for (let i = 0; i < 40; i++) {
    let end = 1_795_758_424_000 + i * 250
    for (let number = 1; number <= 2 + Math.floor(6 * random()); number++) {
      all.push({ client: i % 11, connection: 900 + i, number, end, duration: Math.floor(8 * random()) })
      end += 20 + Math.floor(4_000 * random())
    }
  }
  return all.sort((a, b) => a.end - b.end)
})()

const reused = requests.filter(({ number }) => number > 1).length

const before = (client: number, end: number): string =>
  `10.0.0.${client} - - [${new Date(end).toUTCString().slice(5, 16).replaceAll(' ', '/')}:${new Date(end).toISOString().slice(11, 19)} +0000] "GET /a HTTP/1.1" 200 612 "-" "curl/8.0"`

function logOf(tail: readonly string[], forwarded: string): Buffer {
  const lines = requests.map(
    (sent) =>
      `${before(sent.client, sent.end)}${forwarded} ${tail.map((name) => columns[name]!(sent)).join(' ')}\n`,
  )
  return Buffer.from(lines.join(''))
}

function recognised(lines: Buffer): LogReport | undefined {
  const log = new AccessLog({ format: undefined, serverTimeout: 15_000 })
  try {
    log.push(lines)
    return log.finish()
  } catch {
    return undefined
  }
}

/** All ways to put so many of the columns in order. */
function* tails(length: number): Generator<string[]> {
  if (length === 0) {
    yield []
    return
  }
  for (const tail of tails(length - 1))
    for (const name of Object.keys(columns)) if (!tail.includes(name)) yield [...tail, name]
}

/** All orders of up to three, and one in 31 of those of four. */
test.each([
  [1, 1],
  [2, 1],
  [3, 1],
  [4, 31],
])('no order of %d numbers behind the combined format is read wrongly', (length, step) => {
  const wrong: string[] = []
  for (const tail of [...tails(length)].filter((_, i) => i % step === 0)) {
    const report = recognised(logOf(tail, ''))
    if (report && report.intervals.requestsReused !== reused)
      wrong.push(`${tail.join(' ')}: ${report.notes[0]}`)
    if (report && report.kind !== 'nginx') wrong.push(`${tail.join(' ')} is ${report.kind}`)
  }
  expect(wrong).toEqual([])
})

test('neither is one of five or more, of those that hold the right ones', () => {
  const right = ['connection', 'connection_requests', 'msec', 'request_time']
  const wrong: string[] = []
  for (const forwarded of ['', ' "-"', ' "10.1.1.1"'])
    for (const tail of tails(2))
      for (let at = 0; at <= right.length; at++) {
        const all = [...right.slice(0, at), ...tail, ...right.slice(at)]
        const report = recognised(logOf(all, forwarded))
        if (report && report.intervals.requestsReused !== reused)
          wrong.push(`${all.join(' ')}: ${report.notes[0]}`)
      }
  expect(wrong).toEqual([])
}, 60_000)

test('connection and number in each other’s place are refused, of connections with a request each', () => {
  const lines = Array.from({ length: 60 }, (_, i) => {
    const end = 1_795_758_424_000 + 500 * i
    return `${before(i % 7, end)} 1 ${900 + i} ${(end / 1000).toFixed(3)} 0.001\n`
  })
  expect(recognised(Buffer.from(lines.join('')))).toBeUndefined()
})

test('a proxy that names many clients on one connection is read', () => {
  const lines = Array.from({ length: 60 }, (_, i) => {
    const end = 1_795_758_424_000 + 500 * i
    return `${before(i % 7, end)} 900 ${i + 1} ${(end / 1000).toFixed(3)} 0.001\n`
  })
  expect(recognised(Buffer.from(lines.join('')))?.intervals.requestsReused).toBe(59)
})

test('the logs of two servers, whose connections have the same numbers, are refused', () => {
  const tail = ['connection', 'connection_requests', 'msec', 'request_time']
  const lines = logOf(tail, '').toString().trimEnd().split('\n')
  const format = knownFormats[0]!.format
  const log = new AccessLog({ format, serverTimeout: 15_000 })
  log.push(Buffer.from(lines.flatMap((line) => [line, line]).join('\n')))
  expect(() => log.finish()).toThrow(/of a connection contradict each other: \d+ of \d+/)
})

test('the right ones are read', () => {
  const report = recognised(logOf(['connection', 'connection_requests', 'msec', 'request_time'], ''))
  expect(report).toMatchObject({
    kind: 'nginx',
    intervals: { requests: requests.length, requestsReused: reused },
  })
  expect(knownFormats.some(({ format }) => report!.notes[0]!.endsWith(format))).toBe(true)
})
