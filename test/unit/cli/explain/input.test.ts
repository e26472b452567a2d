import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readArguments } from '../../../../src/cli/explain/arguments.ts'
import { explainLog } from '../../../../src/cli/explain/explain.ts'
import type { ClosedConnection } from '../../../../src/closed.ts'
import type { Explained } from '../../../../src/explain/join.ts'
import type { Summary } from '../../../../src/explain/summary.ts'
import { closedLine } from '../../../../src/reporters/closed-line.ts'
import { lineOf, recordOf, start } from '../../../support/closed-record.ts'
import { scratch } from '../../../support/proxies.ts'

const failed = (port = 40_000, time = start): string =>
  `[${new Date(time).toISOString()}] "POST /a HTTP/1.1" 503 UC 154 0 0 - "-" "agent" "id" "example.com" "10.0.0.5:3000" 10.0.0.1:${port}\n`
const succeeded = failed().replace('503 UC', '200 -')
const record = `${lineOf(recordOf())}\n`

interface Read {
  readonly explained: readonly Explained[]
  readonly summary: Summary
}

async function read(log: string | Buffer, ...records: (string | Buffer)[]): Promise<Read> {
  const folder = scratch('explain-')
  const path = (name: string, text: string | Buffer): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const explained: Explained[] = []
  const summary = await explainLog(
    {
      log: path('log', log),
      records: records.map((text, i) => path(`records-${i}`, text)),
      format: undefined,
      proxy: undefined,
    },
    async (more) => void explained.push(...more),
  )
  return { explained, summary }
}

describe('the command line', () => {
  it.each([
    [[], 'there is no log'],
    [['a', 'b'], 'one log too many'],
    [['a', '--record', 'b'], 'did you mean --records'],
    [['a', '--records', '-'], 'must be a file'],
    [['a', '--format', '%h %l'], "takes nginx's log_format"],
    [['a', '--behind', 'aws-abl'], "'aws-alb'"],
    [['a', '--behind', 'aws-nlb'], 'does not reuse connections'],
    [['a', '--behind', 'aws-alb:60'], 'id:time with a unit'],
    [['a', '--rows', 'x'], 'a whole number'],
    [['a', '--rows', '100000'], 'from 0 to 10,000'],
  ])('%j is refused', (args, words) => {
    expect(() => readArguments(args)).toThrow(expect.objectContaining({ message: expect.any(String) }))
    try {
      readArguments(args)
    } catch (error) {
      const { message, remedy = '' } = error as { message: string; remedy?: string }
      expect(`${message}: ${remedy}`).toContain(words)
    }
  })

  it('names the proxy and its idle timeout', () => {
    expect(readArguments(['a', '--behind', 'aws-alb:120s'])!.proxy).toEqual({
      name: 'aws-alb',
      idleTimeout: 120_000,
      isDefault: false,
    })
    expect(readArguments(['a', '--behind', 'aws-alb'])!.proxy).toMatchObject({ isDefault: true })
  })
})

describe('bad input', () => {
  it.each([
    ['an empty log', '', [], 'the log is empty'],
    ['a log of nothing known', 'hello\n'.repeat(10), [], 'the log\'s format is not known: "hello"'],
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'), [], 'is binary'],
    ['another archive', Buffer.from('BZh91AY&SY'), [], 'bzip2 -dc'],
    ['half of a gzip file', gzipSync(failed().repeat(500)).subarray(0, 60), [], 'no whole gzip file'],
    ["the kit's records as the log", record.repeat(3), [], 'give these with --records'],
    ['no records', failed(), [''], 'is empty'],
    ['a log as the records', failed(), [failed()], 'has no record of a closed connection, but'],
    [
      'records without a time',
      failed(),
      [record.replace(/"closedAt":\d+,/, '')],
      'the 1 records of .* have no time',
    ],
  ] as const)('%s is named', async (_, log, records, words) => {
    await expect(read(log as string | Buffer, ...records)).rejects.toMatchObject({
      message: expect.any(String),
      remedy: expect.any(String),
    })
    await read(log as string | Buffer, ...records).catch(({ message, remedy }) =>
      expect(`${message}: ${remedy}`).toMatch(new RegExp(words)),
    )
  })

  it('a file that is not there, and a folder', async () => {
    const folder = scratch('explain-')
    mkdirSync(join(folder, 'sub'))
    const given = { records: [], format: undefined, proxy: undefined }
    await expect(explainLog({ ...given, log: join(folder, 'none') }, async () => {})).rejects.toThrow(
      /cannot be read \(ENOENT\)/,
    )
    await expect(explainLog({ ...given, log: join(folder, 'sub') }, async () => {})).rejects.toThrow(
      'is a directory',
    )
  })

  it('lines that are cut off or of another format are counted', async () => {
    const { summary } = await read(failed() + failed(40_001).slice(0, 90), record)
    expect(summary.failures).toBe(1)
    expect(summary.notes.join('\n')).toMatch(/1 of 2 lines are not of this format, such as "\[2026/)
  })

  it('a format that no line has', async () => {
    const path = join(scratch('explain-'), 'log')
    writeFileSync(path, 'hello\n')
    const given = { log: path, records: [], format: '$msec $status x', proxy: undefined }
    await expect(explainLog(given, async () => {})).rejects.toThrow('none of 1 lines is of this format')
  })
})

describe('what there is to say of the files', () => {
  it('nothing failed', async () => {
    const { explained, summary } = await read(succeeded.repeat(3), record)
    expect(explained).toEqual([])
    expect(summary).toMatchObject({ headline: 'No request failed in 3 requests', failures: 0, causes: [] })
  })

  it('records of another time', async () => {
    const { explained, summary } = await read(
      failed(),
      `${lineOf(recordOf({ closedAt: start + 86_400_000 * 3 }))}\n`,
    )
    expect(explained).toMatchObject([{ cause: 'unknown', certainty: 'unknown' }])
    expect(summary.notes.join('\n')).toContain('the records are of another time')
  })

  it('records of another server', async () => {
    const other = recordOf({ remotePort: 1, target: '10.0.0.6:3000', age: 60_000, closedAt: start + 9_000 })
    const { summary } = await read(failed(), `${lineOf(other)}\n`)
    expect(summary.notes.join('\n')).toContain('no failure has a record')
  })

  it('records that end before the last failure prove no crash', async () => {
    const at = (seconds: number): string =>
      `2026/11/28 12:00:${String(seconds).padStart(2, '0')} [error] 7#7: *1 `
    const rest =
      ' while reading response header from upstream, client: 10.9.9.9, server: , request: "GET /a HTTP/1.1", upstream: "http://10.0.0.5:3000/a", host: "a"\n'
    const log =
      `${at(12)}recv() failed (104: Connection reset by peer)${rest}`.repeat(2) +
      `${at(40)}connect() failed (111: Connection refused)${rest}`
    const { explained, summary } = await read(log, `${lineOf(recordOf({ closedAt: start + 5_000 }))}\n`)
    expect(explained.map(({ cause }) => cause)).toEqual(['unknown', 'unknown', 'refused'])
    expect(summary.headline).toMatch(/^2 of 3 failures: the cause is not known\. /)
    expect(summary.notes.join('\n')).toContain('the records end 36 s before the last failure')
    const { remedy } = summary.causes[0]!
    expect(remedy).toContain('$msec and the $upstream_… variables')
    expect(remedy).not.toMatch(/port/i)
  })

  it.each([
    [
      '$time_iso8601 $status',
      '$msec, $upstream_addr, $upstream_status, $upstream_connect_time, $upstream_header_time',
    ],
    [
      '$msec $status $upstream_addr',
      '$upstream_status, $upstream_connect_time, $upstream_header_time in log_format',
    ],
  ])('the format %s lacks variables', async (format, words) => {
    const path = join(scratch('explain-'), 'log')
    writeFileSync(
      path,
      `${format
        .replace('$time_iso8601', '2026-11-28T12:00:00Z')
        .replace('$msec', '1795867200.5')
        .replace('$status', '502')
        .replace('$upstream_addr', '10.0.0.5:3000')}\n`,
    )
    const { causes } = await explainLog({ log: path, records: [], format, proxy: undefined }, async () => {})
    expect(causes[0]!.remedy).toContain(words)
  })

  it('no records', async () => {
    const { summary } = await read(failed())
    expect(summary).toMatchObject({
      records: null,
      notes: [expect.anything(), expect.stringContaining('no records')],
    })
  })

  it('clocks that differ', async () => {
    const times = Array.from({ length: 12 }, (_, i) => start + i * i * 1_337)
    const log = times.map((time, i) => failed(40_000 + i, time + 41_000)).join('')
    const records = times.map((closedAt, i) => `${lineOf(recordOf({ remotePort: 40_000 + i, closedAt }))}\n`)
    const { explained, summary } = await read(log, records.join(''))
    expect(explained.every(({ certainty }) => certainty === 'exact')).toBe(true)
    expect(summary.notes.join('\n')).toContain(
      'the clock of the log is 41 s ahead of the clock of the records',
    )
    expect(Math.abs(summary.clockSkew - 41_000)).toBeLessThan(5)
  })

  it('the idle times of both sides', async () => {
    const { summary } = await read(failed(), record)
    expect(summary.headline).toBe(
      '1 of 1 failure: the server closed idle connections after 5 s; Envoy keeps them for 1 h by default. Set keepAliveTimeout above 1 h, or above the idle timeout that Envoy is set to.',
    )
  })

  it('requests of an attacker are one line each', async () => {
    const { explained } = await read(failed().replace('/a', '/\u001b[31m\u202e'), record)
    expect(explained).toHaveLength(1)
  })
})

describe('records', () => {
  const closed: ClosedConnection = {
    ...{ id: 1, requests: 3, reused: 2, age: 8_000, idleAtClose: 5_000, late: 1, dropped: 0, bytesRead: 1 },
    closedBy: 'server',
    reason: 'idle-timeout',
    ...{ bytesWritten: 1, remoteAddress: '::ffff:10.0.0.1', remotePort: 40_000, tls: null, protocol: '1.1' },
    ...{ closedAt: start, localAddress: '::ffff:10.0.0.5', localPort: 3_000, appClose: undefined },
  }
  const { closedAt: _, ...old } = closed

  it.each([
    ["log: 'json'", closedLine(closed, 'json')],
    ['log: true', closedLine(closed, 'logfmt')],
    ['pino', JSON.stringify({ level: 30, time: start + 1, pid: 1, hostname: 'a', ...closed, msg: 'closed' })],
    ['pino, an older record', JSON.stringify({ level: 30, time: start + 1, pid: 1, hostname: 'a', ...old })],
    [
      'pino, with a name',
      JSON.stringify({ level: 30, time: start + 1, pid: 1, hostname: 'a', connection: closed }),
    ],
    ['pino, times as text', JSON.stringify({ time: new Date(start).toISOString(), ...old })],
    ['a collector of Kubernetes', `${new Date(start).toISOString()} stdout F ${closedLine(closed, 'json')}`],
    [
      'a collector, an older record',
      `${new Date(start).toISOString()} app | ${closedLine(old as ClosedConnection, 'logfmt')}`,
    ],
  ])('of %s are read', async (_name, line) => {
    const { explained } = await read(failed(), `{"level":30,"msg":"hello"}\nhello\n${line}\n`)
    expect(explained).toMatchObject([{ cause: 'idle-timeout', certainty: 'exact' }])
    expect(explained[0]!.connection).toMatchObject({
      id: 1,
      late: 1,
      remotePort: 40_000,
      target: '10.0.0.5:3000',
    })
  })

  it('of several files, gzipped or not, are joined', async () => {
    const second = `${lineOf(recordOf({ remotePort: 40_001, reason: 'max-requests' }))}\n`
    const log = gzipSync(failed() + failed(40_001))
    const { explained } = await read(log, record, gzipSync(second))
    expect(explained.map(({ cause }) => cause)).toEqual(['idle-timeout', 'cap'])
  })
})
