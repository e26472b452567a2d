import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { lineOf, recordOf, start } from '../support/closed-record.ts'
import { run } from '../support/command.ts'
import { scratch } from '../support/proxies.ts'
import { within } from '../support/within.ts'

const main = join(import.meta.dirname, '../../dist/cli.cjs')

const failed = (i: number, state: string): string =>
  `10.9.8.7:5000 [28/Nov/2026:12:00:${String(i % 60).padStart(2, '0')}.000] in app/s1 0/0/0/-1/5 502 209 - - ${state} 1/1/0/0/0 0/0 "POST /orders/${i} HTTP/1.1" 10.0.0.1:${40_000 + i} 10.0.0.5:3000\n`

const lost = Array.from({ length: 12 }, (_, i) => i)
const log = lost.map((i) => failed(i, i < 10 ? 'SH--' : 'SC--')).join('')
const records = lost
  .map((i) => `${lineOf(recordOf({ id: i + 1, remotePort: 40_000 + i, closedAt: start + i * 1_000 + 5 }))}\n`)
  .join('')

function files(): readonly [log: string, records: string] {
  const folder = scratch('explain-')
  writeFileSync(join(folder, 'haproxy.log.gz'), gzipSync(log))
  writeFileSync(join(folder, 'closed.json'), records)
  return [join(folder, 'haproxy.log.gz'), join(folder, 'closed.json')]
}

it('says the summary first, then a table', async () => {
  const [path, closed] = files()
  const { code, out, errors } = await run(
    'explain',
    path,
    '--records',
    closed,
    '--behind',
    'aws-alb',
    '--rows',
    '2',
  )
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(
    out,
  ).toBe(`CAUSE: 10 of 12 failures: the server closed idle connections after 5 s; aws-alb keeps them for 60 s by default. Set keepAliveTimeout above 60 s, or above the idle timeout that aws-alb is set to.

- haproxy log, option httplog: 12 failures in 12 requests
- 12 records of closed connections, 2026-11-28T11:59:52.005Z to 2026-11-28T12:00:11.005Z

cause         failures  exact  likely  unknown  what happened
idle-timeout        10     10       0        0  the server closed idle connections after 5 s; aws-alb keeps them for 60 s by default
refused              2      2       0        0  nothing accepted the connection

time                      status  request         cause         certainty  connection
2026-11-28T12:00:00.005Z     502  POST /orders/0  idle-timeout  exact      id 1, port 40000, closed by idle-timeout, 3 requests, idle for 5 s, 1 late
2026-11-28T12:00:01.005Z     502  POST /orders/1  idle-timeout  exact      id 2, port 40001, closed by idle-timeout, 3 requests, idle for 5 s, 1 late
… 10 more: --rows 12, or --json

What to do
- idle-timeout: Set keepAliveTimeout above 60 s, or above the idle timeout that aws-alb is set to.
- refused: Start the new process before the old one stops, and check host and port.
`)
})

it('gives JSON of a fixed shape, from standard input as well', async () => {
  const [, closed] = files()
  const child = spawn(process.execPath, [main, 'explain', '-', '--records', closed, '--json'])
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stdin.end(log)
  const ended = new Promise<number | null>((done) => child.on('close', done))
  expect(await within(20_000, 'the end of the command', ended)).toBe(0)
  const { version, failures, summary } = JSON.parse(out)
  expect(version).toBe(1)
  expect(failures).toHaveLength(12)
  expect(Object.keys(failures[0])).toEqual([
    'time',
    'status',
    'request',
    'certainty',
    'cause',
    'remedy',
    'connection',
  ])
  expect(failures[0]).toMatchObject({
    time: start + 5,
    status: 502,
    request: 'POST /orders/0',
    connection: { id: 1 },
  })
  expect(summary).toMatchObject({
    failures: 12,
    clockSkew: 0,
    records: { count: 12 },
    log: { kind: 'haproxy' },
  })
})

it('ends quietly where its reader has enough', async () => {
  const folder = scratch('explain-')
  writeFileSync(join(folder, 'log'), log.repeat(3_000))
  const child = spawn(process.execPath, [main, 'explain', join(folder, 'log'), '--json'])
  onTestFinished(() => void child.kill('SIGKILL'))
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  child.stdout.once('data', () => child.stdout.destroy())
  const ended = new Promise<number | null>((done) => child.on('close', done))
  await within(20_000, 'the end of the command', ended)
  expect(errors).toBe('')
})

it.each([
  [['explain'], 2, 'there is no log'],
  [['explain', '/nowhere.log'], 1, '/nowhere.log cannot be read (ENOENT)'],
  [['explain', '--help'], 0, ''],
])('%j ends with %d', async (args, code, words) => {
  const ended = await run(...args)
  expect(ended.code).toBe(code)
  expect(ended.errors).toContain(words)
})
