import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AccessLog, type LogOptions, type LogReport } from '../../../../src/cli/advise/logs/access-log.ts'
import { knownFormats } from '../../../../src/cli/advise/logs/recognise.ts'
import { sum } from '../../../support/sums.ts'

const short = '$remote_addr $connection $connection_requests $msec $request_time'

function read(lines: readonly string[], options: Partial<LogOptions> = {}): LogReport {
  const log = new AccessLog({ format: short, serverTimeout: 15_000, ...options })
  log.push(Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1'))
  return log.finish()
}

const ends = ({ intervals }: LogReport): number[] =>
  [intervals.reused, intervals.clientClosed, intervals.cutOff, intervals.open].map(sum)

/** The upper bounds of the bins that have something. */
const gaps = ({ intervals }: LogReport): number[] =>
  intervals.reused.flatMap((count, bin) => Array<number>(count).fill(intervals.bounds[bin]!))

const near = (gap: number): unknown => expect.closeTo(gap, -Math.log10(gap * 0.1))

describe("the kit's log", () => {
  const request = (pid: number, connection: number, number: number, time: number): string =>
    JSON.stringify({ pid, time, responseTime: 0, connectionId: connection, requestNumber: number })
  const closed = (id: number): string => JSON.stringify({ id, idleAtClose: 900, closedBy: 'client' })
  const kitLog = (lines: readonly string[]): LogReport => read(lines, { format: undefined })

  test('has the ends of connections, where it is of one process', () => {
    const report = kitLog([request(1, 7, 1, 1_000), request(1, 7, 2, 1_400), closed(7)])
    expect(ends(report)).toEqual([1, 1, 0, 0])
    expect(report.intervals.closesUnseen).toBe(false)
  })

  test('of several processes has ends that nobody can tell apart: they are left out, and it says so', () => {
    const report = kitLog([
      request(1, 7, 1, 1_000),
      request(2, 7, 1, 1_000),
      closed(7),
      request(1, 7, 2, 1_400),
    ])
    expect(ends(report).slice(0, 3)).toEqual([1, 0, 0])
    expect(report.intervals.closesUnseen).toBe(true)
    expect(report.notes.join()).toContain('mixes lines of several processes')
  })

  test('of closed connections alone says nothing of reuse', () => {
    expect(() => kitLog([closed(1), closed(2)])).toThrow('closed connections only')
  })
})

describe("nginx's log", () => {
  test('gives the gap from the end of a response to the beginning of the next request', () => {
    const report = read([
      '10.0.0.1 7 1 1700001000.500 0.100',
      '10.0.0.1 7 2 1700001004.750 0.250',
      '10.0.0.1 7 3 1700001016.0 0.0',
    ])
    // 1700001004.5 − 1000.5, and 1700001016 − 1004.75.
    expect(gaps(report)).toEqual([near(4_100), near(11_250)])
    expect(report.intervals).toMatchObject({ requests: 3, requestsReused: 2, keepAliveTimeout: 15_000 })
    expect(report.intervals.duration).toBeCloseTo(15_600, 5)
  })

  test.each([
    [15_000, 73_000, 'longer than 15 s. '],
    [undefined, 300_000, "longer than 75 s, nginx's default. "],
  ])('with a server timeout of %s ms and a gap of %i ms contradicts itself', (serverTimeout, gap, words) => {
    const end = 1_700_001_000 + gap / 1_000
    const lines = ['a 7 1 1700001000 0', `a 7 2 ${end} 0`]
    expect(() => read(lines, { serverTimeout })).toThrow(words)
    expect(() => read(lines, { serverTimeout: gap })).not.toThrow()
  })

  test("the kit's own log contradicts it too", () => {
    const lines = [0, 300_000].map((time, i) =>
      JSON.stringify({
        pid: 1,
        time: 1_700_001_000_000 + time,
        responseTime: 0,
        connectionId: 7,
        requestNumber: i + 1,
      }),
    )
    const given = { format: undefined, serverTimeout: undefined }
    expect(() => read(lines, given)).toThrow("longer than 66 s, keepalive-kit's default. ")
  })

  test('counts a connection without another request as cut off, once the server would have closed it', () => {
    const report = read([
      'a 1 1 1700001000 0',
      'b 2 1 1700001010 0',
      'b 2 2 1700001012 0',
      'c 3 1 1700001020 0',
    ])
    expect(ends(report)).toEqual([1, 0, 1, 2])
    const { cutOffSums } = report.intervals
    expect(sum(cutOffSums)).toBe(15_000)
  })

  test('remembers connections over generations', () => {
    const lines = ['a 1 1 1700001000 0']
    for (let time = 1_700_001_001; time < 1_700_001_014; time++) lines.push(`b ${time} 1 ${time} 0`)
    // The second one takes 70 s, in which another generation begins; the third comes after both have been given up.
    lines.push(
      'c 9 1 1700001080 0',
      'a 1 2 1700001084 70',
      'd 10 1 1700001160 0',
      'd 11 1 1700001240 0',
      'a 1 3 1700001250 160',
    )
    const report = read(lines)
    expect(gaps(report)).toEqual([near(14_000)])
    expect(ends(report).slice(0, 3)).toEqual([1, 0, 16])
  })

  test('leaves out gaps with requests that are not in the log, and says so', () => {
    const report = read([
      'a 1 1 1700001000 0',
      'a 1 5 1700001002 0',
      'a 2 3 1700001003 0',
      'a 2 4 1700001004 0',
    ])
    expect(ends(report)).toEqual([1, 0, 0, 2])
    expect(report.notes.join()).toContain('for 2 requests, the previous request')
  })

  test('takes a connection number that begins anew for a new connection', () => {
    expect(
      ends(read(['a 1 1 1700001000 0', 'a 1 2 1700001001 0', 'a 1 1 1700001003 0', 'a 1 2 1700001004 0'])),
    ).toEqual([2, 0, 0, 2])
  })

  test('knows what a closing response is, and HTTP/2, where the format says so', () => {
    const format = `${short} $sent_http_connection "$request"`
    const line = (rest: string): string => `a 1 ${rest}`
    const report = read(
      [
        line('1 1700001000 0 keep-alive "GET / HTTP/1.1"'),
        line('2 1700001001 0 close "GET /HTTP/2.0 HTTP/1.1"'),
        'b 2 1 1700001002 0 - "GET / HTTP/2.0"',
        'b 2 2 1700001003 0 - "GET / HTTP/3.0"',
      ],
      { format },
    )
    expect(ends(report)).toEqual([1, 0, 0, 0])
    expect(report.intervals.requests).toBe(2)
  })

  test.each([
    ['$remote_addr $msec', '$connection, $connection_requests, $request_time'],
    ['$connection$connection_requests $msec $request_time', 'nothing between'],
    ['combined', 'neither variables'],
  ])('is refused with the format %s', (format, message) => {
    expect(() => read([], { format })).toThrow(message)
  })

  test.each([
    ['connection', 'connection_requests', 'msec', 'request_time'].map((name) => `$\{${name}}`).join('|'),
    '[$connection] $connection_requests $msec $request_time.',
  ])('is read with the format %s', (format) => {
    const line = (number: number, time: number): string =>
      format
        .replace(/\$\{?connection_requests\}?/, `${number}`)
        .replace(/\$\{?connection\}?/, '4')
        .replace(/\$\{?msec\}?/, `${time}.000`)
        .replace(/\$\{?request_time\}?/, '0.001')
    expect(ends(read([line(1, 1_700_001_000), line(2, 1_700_001_002)], { format }))).toEqual([1, 0, 0, 1])
  })
})

describe("Apache's log", () => {
  const format = '%h "%r" %{remote}p %k %X %{usec}t %D'
  const line = (port: number, k: number, x: string, ms: number, duration = 0): string =>
    `10.0.0.1 "GET / HTTP/1.1" ${port} ${k} ${x} ${(1_700_000_000_000 + ms) * 1000} ${duration * 1000}`

  test('tells connections apart by address and port, and the gap from begin and duration', () => {
    const report = read([line(5, 0, '+', 1000, 100), line(6, 0, '+', 1050), line(5, 1, '+', 3000)], {
      format,
    })
    expect(ends(report)).toEqual([1, 0, 0, 2])
    expect(gaps(report)).toEqual([near(1_950)])
  })

  // As of Apache 2.4: %k does not count the response that closes.
  test('takes the number that is repeated for the last request of its connection', () => {
    const report = read(
      [
        line(5, 0, '+', 1000),
        line(5, 1, '+', 2000),
        line(5, 1, '-', 3000),
        line(6, 0, '+', 1000),
        line(6, 0, '-', 4000),
      ],
      { format },
    )
    expect(ends(report)).toEqual([3, 0, 0, 0])
    expect(report.intervals.requestsReused).toBe(3)
  })

  test('without %X too', () => {
    const plain = '%a %{remote}p %k %{msec}t %{ms}T'
    const report = read(
      ['a 5 0 1700000001000 0', 'a 5 1 1700000002000 0', 'a 5 1 1700000003000 0', 'a 5 0 1700000060000 0'],
      { format: plain },
    )
    expect(ends(report)).toEqual([2, 0, 0, 1])
  })

  test.each([
    ['%h %k %{usec}t %D', '%{remote}p'],
    ['%a %{remote}p %k %D', '%{usec}t'],
    ['%a %{remote}p %{usec}t', '%D'],
  ])('is refused with the format %s', (given, missing) => {
    expect(() => read([], { format: given })).toThrow(`has no ${missing}`)
  })

  test('reads quotes that are escaped, in the line and in the format', () => {
    const quoted = '%a \\"%{User-Agent}i\\" %{remote}p %k %{end:msec}t %{ms}T'
    const agent = '"a \\" b \\\\"'
    const report = read([`a ${agent} 5 0 1700000001000 10`, `a ${agent} 5 1 1700000003000 500`], {
      format: quoted,
    })
    expect(gaps(report)).toEqual([near(1_500)])
  })
})

describe('the format', () => {
  const values: Readonly<Record<string, string>> = {
    connection: '12',
    connection_requests: '1',
    msec: '1700000000.123',
    request_time: '0.005',
    upstream_response_time: '0.001, 0.003 : 0.002',
    time_local: '21/Nov/2026:15:13:00 +0000',
    '{remote}p': '40000',
    k: '0',
    X: '+',
    '{%Y-%m-%d %H:%M:%S}t': '2026-11-21 15:13:00',
    '{usec_frac}t': '123456',
    '{usec}t': '1700000000123456',
    D: '5000',
    r: 'GET / HTTP/1.1',
    request: 'GET / HTTP/1.1',
    t: '[21/Nov/2026:15:13:00 +0000]',
  }
  const lineOf = (format: string): string =>
    format.replace(
      /\$(\w+)|%>?((?:\{[^}]*\})?[A-Za-z])/g,
      (_, nginx, apache) => values[nginx ?? apache] ?? 'x',
    )

  test.each(knownFormats)('$format is recognised', ({ kind, format }) => {
    const report = read([lineOf(format), lineOf(format)], { format: undefined })
    expect(report.kind).toBe(kind)
    expect(report.notes[0]).toContain(format)
    expect(report.intervals.requests).toBe(2)
  })

  test('that nobody knows is asked for, with an example', () => {
    const log = new AccessLog({ format: undefined, serverTimeout: undefined })
    log.push(Buffer.from('127.0.0.1 - - [now] "GET /\x1b[31m HTTP/1.1" 200 5\n'))
    expect(() => log.finish()).toThrow(/not known: "127\.0\.0\.1 - - \[now\] \\"GET \/\\u001b\[31m HTTP/)
  })

  test('of an empty log is no format', () => {
    expect(() => new AccessLog({ format: undefined, serverTimeout: undefined }).finish()).toThrow('empty')
  })
})

test('the guide gives formats that are recognised', () => {
  const guide = readFileSync(new URL('../../../../docs/advisor.md', import.meta.url), 'utf8')
  const [, nginx] = /log_format \w+ '(.*)';/.exec(guide)!
  const [, apache] = /LogFormat "(.*)" \w+$/m.exec(guide)!
  const formats = knownFormats.map(({ format }) => format)
  expect(formats).toContain(nginx)
  expect(formats).toContain(apache!.replaceAll('\\"', '"'))
})

describe('bad lines', () => {
  test('are counted, and shown by one, escaped and cut', () => {
    const bad = `\x1b]0;${'x'.repeat(500)}`
    const { notes, intervals } = read([
      'a 1 1 1700001000 0',
      bad,
      'a 1 two 1700001001 0',
      'a 1 2 1700001001 0',
    ])
    expect(intervals.requests).toBe(2)
    const [note] = notes.filter((each) => each.includes('do not match this format'))
    expect(note).toMatch(
      /^2 of 4 lines do not match this format, or their time does not fit the lines around them, such as "\\u001b\]0;x+…"$/,
    )
    expect(note!.length).toBeLessThan(200)
  })

  test('alone are an error', () => {
    expect(() => read(['nothing', 'of this'])).toThrow('no line of 2 has a request, such as "nothing"')
  })

  test('are those without an end, too: memory is bounded', () => {
    const log = new AccessLog({ format: short, serverTimeout: 15_000 })
    for (let i = 0; i < 100; i++) log.push(Buffer.alloc(65_536, 'x'))
    log.push(Buffer.from('\na 1 1 1700001000 0\na 1 2 1700001001 0'))
    const { notes, intervals } = log.finish()
    expect(intervals.requests).toBe(2)
    expect(notes.join()).toContain('1 of 3 lines')
  })
})

const lineOrNoise = fc.oneof(
  fc
    .tuple(fc.nat(5), fc.integer({ min: 1, max: 4 }), fc.nat(100_000))
    .map(
      ([connection, number, ms]) =>
        `a ${connection} ${number} ${(1_700_000_000 + ms / 1000).toFixed(3)} 0.001`,
    ),
  fc.string({ maxLength: 40 }).map((text) => text.replaceAll(/[\r\n]/g, '')),
)

/** What a log says, or why it says nothing. */
function ended(log: AccessLog): LogReport | string {
  try {
    return log.finish()
  } catch (error) {
    return (error as Error).message
  }
}

test('whatever the lines are and however they are cut, each is counted once', () => {
  fc.assert(
    fc.property(fc.array(lineOrNoise, { maxLength: 50 }), fc.integer({ min: 1, max: 40 }), (lines, size) => {
      const bytes = Buffer.from(['a 9 1 1700000000.5 0', ...lines].join('\n'), 'latin1')
      const log = new AccessLog({ format: short, serverTimeout: 15_000 })
      for (let at = 0; at < bytes.length; at += size) log.push(bytes.subarray(at, at + size))
      const whole = new AccessLog({ format: short, serverTimeout: 15_000 })
      whole.push(bytes)
      const [cut, uncut] = [ended(log), ended(whole)]
      expect(cut).toEqual(uncut)
      if (typeof cut === 'string') return
      const [reused, , cutOff, open] = ends(cut)
      // Each request begins an interval, but where the one before it on its connection is not in the log.
      expect(reused! + cutOff! + open!).toBeLessThanOrEqual(cut.intervals.requests)
      expect(cut.intervals.groups).toHaveLength(16)
    }),
  )
})

describe('a corrupt line', () => {
  const line = (i: number, time = `${1_700_000_000 + 2 * i}.000`): string =>
    `10.0.0.1 1 ${i + 1} ${time} 0.001`
  const clean = Array.from({ length: 800 }, (_, i) => line(i))
  const duration = 799 * 2_000 + 1

  test.each([
    ['a number without end', '9'.repeat(400)],
    ['a number beyond 2^53', '99999999999999999'],
    ['the year 2286', '9999999999.000'],
    ['the year 1970', '1.000'],
  ])('with %s is left out, wherever it is', (_what, time) => {
    for (const at of [0, 1, 2, 400, 798, 799]) {
      const report = read(clean.with(at, line(at, time)))
      // Before three lines have agreed, nobody can tell which is wrong.
      const lost = at === 1 || at === 2 ? at : 0
      expect(report.intervals.requests).toBeGreaterThanOrEqual(799 - lost)
      expect(report.intervals.duration).toBeGreaterThan(duration - 7_000)
      expect(report.intervals.duration).toBeLessThanOrEqual(duration)
      expect(report.notes.join()).toMatch(/[123] of 800 lines do not match this format/)
    }
  })

  test('with a request of a year is left out', () => {
    const report = read(clean.with(9, '10.0.0.1 1 10 1700000018.000 31536000.000'))
    expect(report.intervals).toMatchObject({ requests: 799, duration })
  })

  test('is none where the next ones agree: a log may have a gap', () => {
    const later = clean.map((_, i) => line(i, `${1_700_400_000 + 2 * i}.000`))
    const report = read([...clean, ...later])
    expect(report.intervals).toMatchObject({ requests: 1_600, duration: 400_000_000 + duration })
  })
})
