import { describe, expect, test } from 'vitest'
import { AccessLog } from '../../../../src/cli/advise/logs/access-log.ts'
import { configuredFormat } from '../../../../src/cli/advise/logs/configuration.ts'
import { newEntry } from '../../../../src/cli/advise/logs/entry.ts'
import { Failure } from '../../../../src/cli/failure.ts'
import { timeRatio } from '../../../support/time-ratio.ts'

function refusalOf(lines: readonly string[], format?: string): Failure {
  try {
    const log = new AccessLog({ format, serverTimeout: undefined })
    log.push(Buffer.from(lines.map((line) => `${line}\n`).join('')))
    log.finish()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('it was read')
}

const begin = '10.0.0.1 - - [27/Nov/2026:05:47:04 +0000] "GET /a HTTP/1.1"'
const end = '"https://shop.example/" "Mozilla/5.0 (X11)"'

describe('a format that cannot serve is named, with the line for its server', () => {
  test.each([
    ['nginx writes no bytes as 0', [`${begin} 304 0 ${end}`], "nginx's combined", 'log_format', 'LogFormat'],
    [
      'nginx escapes quotes as \\x22',
      [`${begin} 200 12 "-" "a \\x22b\\x22"`],
      "nginx's combined",
      'log_format',
      'LogFormat',
    ],
    [
      'Apache writes no bytes as -',
      [`${begin} 304 - ${end}`],
      "Apache's combined",
      'LogFormat',
      'log_format',
    ],
    [
      'Apache escapes quotes as \\"',
      [`${begin} 200 12 "-" "a \\"b\\""`],
      "Apache's combined",
      'LogFormat',
      'log_format',
    ],
    ['common', [`${begin} 304 -`], "Apache's common", 'LogFormat', 'log_format'],
    ['main', [`${begin} 200 12 ${end} "-"`], "nginx's usual main", 'log_format', 'LogFormat'],
    [
      'vhost_combined',
      [`shop.example:443 ${begin} 200 12 ${end}`],
      "Apache's vhost_combined",
      'LogFormat',
      'log_format',
    ],
    [
      'ingress',
      [`${begin} 200 12 ${end} 431 0.004 [shop-web-80] [] 10.0.0.2:3000 12 0.004 200 6f1c`],
      'ingress-nginx',
      'log-format-upstream',
      'LogFormat',
    ],
    [
      'Traefik',
      [`${begin} 200 12 "-" "-" 7 "web@docker" "http://10.0.0.2:80" 3ms`],
      "Traefik's common",
      'accessLog.format to json',
      '$connection',
    ],
    [
      'Envoy',
      ['[2026-11-27T05:00:00.123Z] "GET / HTTP/1.1" 200 - 0 2 3 2 "-" "agent" "req" "host" "10.0.0.2:3000"'],
      "Envoy's default",
      '%DOWNSTREAM_REMOTE_ADDRESS%',
      '$connection',
    ],
    [
      'HAProxy',
      ['10.0.0.8:54456 [27/Nov/2026:05:47:04.917] fe be/s1 1/0/5007 212 -- 2/2/0/0/0 0/0'],
      "HAProxy's tcplog",
      'option httplog',
      '$connection',
    ],
  ])('%s', (_what, lines, name, remedy, other) => {
    const failure = refusalOf([...lines, ...lines])
    expect(failure.message).toContain(`this is ${name}`)
    expect(failure.remedy).toContain(remedy)
    expect(failure.remedy).not.toContain(other)
  })

  test('where nothing tells the two apart, both are named', () => {
    const { message, remedy } = refusalOf([`${begin} 200 12 ${end}`])
    expect(message).toContain("nginx's and Apache's combined format")
    expect(remedy).toMatch(/log_format.*LogFormat/)
  })

  test('the line that it gives is read', () => {
    const nginx = refusalOf([`${begin} 304 0 ${end}`]).remedy
    expect(configuredFormat(/log_format .*?;/.exec(nginx)![0]).isNumbered).toBe(true)
    const apache = refusalOf([`${begin} 304 - ${end}`]).remedy
    expect(configuredFormat(/LogFormat ".*?" keepalive/.exec(apache)![0]).isNumbered).toBe(true)
  })

  test('any other is shown, and no server is guessed', () => {
    const { message, remedy } = refusalOf(['hello'])
    expect(message).toBe('the log\'s format is not known: "hello"')
    expect(remedy).not.toMatch(/\$|LogFormat|log_format/)
  })

  test.each([
    [
      'nginx',
      '2026/11/28 02:00:01 [error] 12#12: *5 upstream prematurely closed connection while reading response header from upstream, client: 10.0.0.1, server: x, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:3000/", host: "x"',
    ],
    ['nginx', '2026/11/28 02:00:01 [notice] 12#12: signal process started'],
    [
      'apache',
      '[Sat Nov 28 02:00:01.123456 2026] [proxy:error] [pid 12:tid 34] (111)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:3000 (127.0.0.1) failed',
    ],
  ])('an error log of %s is for explain', (kind, line) => {
    const { message, remedy } = refusalOf([line, line])
    expect(message).toBe(`this is a log of ${kind} (error log), which does not show idle gaps`)
    expect(remedy).toContain('keepalive-kit explain')
  })

  test('JSON of another program is not taken for a log of a proxy', () => {
    expect(refusalOf(['{"level":30,"msg":"hello"}']).remedy).not.toContain('explain')
  })

  test('lines made to be slow to look at are not', () => {
    const hostile = [
      `${begin} 200 12 "${'\\'.repeat(60_000)}`,
      `${'a '.repeat(30_000)}`,
      `${begin} 200 12 ${'" '.repeat(20_000)}`,
    ]
    const look = (lines: readonly string[]) => (): void =>
      void refusalOf(Array.from({ length: 300 }, (_, i) => lines[i % lines.length]!))
    const usual = [`${begin} 200 12 "-" "${'x'.repeat(60_000)}`]
    expect(timeRatio(look(hostile), look(usual), 5)).toBeLessThan(20)
  })
})

describe('--format', () => {
  test.each([
    ['%ci:%cp [%tr] %ft %b/%s', 'HAProxy'],
    ['[%START_TIME%] "%REQ(:METHOD)%" %DURATION%', 'Envoy'],
  ])('%s is of %s, and no hint is for another server', (format, server) => {
    const { message, remedy } = refusalOf([], format)
    expect(message).toContain(`this is a format of ${server}`)
    expect(remedy).not.toMatch(/\$connection|%k/)
  })

  test.each([
    ['$remote_addr $msec', 'nginx', '%'],
    ['LogFormat "%h %t" short', 'Apache', '$'],
  ])('%s lacks what is to be added in %s', (format, server, other) => {
    const { remedy } = refusalOf([], format)
    expect(remedy).toContain(`in ${server}`)
    expect(remedy).not.toContain(other)
  })

  const line = '10.0.0.1\t7\t3\t1795758424.500\t0.250'
  const variables = ['remote_addr', 'connection', 'connection_requests', 'msec', 'request_time']
  const names = variables.map((name) => `$${name}`)

  test.each([
    ['the format', names.join('\\t')],
    ['the directive', `log_format own '${names.join('\\t')}';`],
    ['the directive with escape', `log_format own escape=none "${names.join('\\t')}";`],
    [
      'the directive over lines',
      `  log_format own\n    '${names.slice(0, 2).join('\\t')}\\t'\n    '${names.slice(2).join('\\t')}';\n`,
    ],
    ['its strings', `'${names.slice(0, 2).join('\\t')}' '\\t${names.slice(2).join('\\t')}';`],
    ['braces', variables.map((name) => `$\{${name}}`).join('\\t')],
    ["Apache's directive", 'LogFormat "%a\\t7\\t%{remote}p\\t1%{msec}t\\t%T" own'],
    ["Apache's CustomLog", 'CustomLog logs/access.log "%a\\t%{remote}p\\t%k\\t%{usec}t\\t%D"'],
  ])('takes %s', (what, format) => {
    const entry = newEntry()
    const { read, kind } = configuredFormat(format)
    if (what.startsWith('Apache')) expect(kind).toBe('apache')
    else {
      expect(read(line, entry)).toBe('entry')
      expect(entry).toMatchObject({ connection: 7, number: 3, end: 1795758424500, start: 1795758424250 })
    }
  })

  test('reads JSON by its keys, in whatever order they come', () => {
    const { read } = configuredFormat(
      `log_format own escape=json '{"t":"$msec","c":$connection,' '"n":"$connection_requests", "d":$request_time,"ua":"$http_user_agent"}';`,
    )
    const entry = newEntry()
    const given = '{"ua":"a \\"n\\":9, {","d":0.250,"n":"3","c":7,"host":"added later","t":"1795758424.500"}'
    expect(read(given, entry)).toBe('entry')
    expect(entry).toMatchObject({ connection: 7, number: 3, end: 1795758424500, start: 1795758424250 })
  })

  test.each([
    ['27/Nov/2026:06:47:04 +0100', '$time_local'],
    ['2026-11-27T00:47:04-05:00', '$time_iso8601'],
  ])('reads %s of %s', (text, variable) => {
    const { read, gapError } = configuredFormat(
      `$remote_addr ${variable} $connection $connection_requests $request_time`,
    )
    const entry = newEntry()
    expect(read(`a ${text} 7 3 0.004`, entry)).toBe('entry')
    expect(entry.end).toBe(Date.UTC(2026, 10, 27, 5, 47, 4))
    expect(gapError).toBe(1000)
    for (const wrong of [text.replace('47', '67'), text.replace('27', '37'), text.replace('04', '0x')])
      expect(read(`a ${wrong} 7 3 0.004`, entry)).toBe('bad')
  })

  test.each([
    ['%a %{remote}p %k %X %{usec}t %D', 'a 40000 0 + 1795758424000000 5', 'entry'],
    ['%a %{remote}p %k %X %{usec}t %D', 'a 70000 0 + 1795758424000000 5', 'bad'],
    ['%a %{remote}p %k %X %{usec}t %D', 'a 40000 0.000 + 1795758424000000 5', 'bad'],
    ['%a %{remote}p %k %X %{usec}t %D', 'a 40000 0 . 1795758424000000 5', 'bad'],
    ['%a %{remote}p %k %X %{usec}t %D', 'a 40000 0 ++ 1795758424000000 5', 'bad'],
    ['%a %{remote}p %k %X %{usec}t %D', 'a 40000 0 + 1795758424 5', 'bad'],
    ['$connection $connection_requests $msec $request_time', '7 1 915148800.000 0.1', 'bad'],
    ['$connection $connection_requests $msec $request_time', '7 1 9157588000.000 0.1', 'bad'],
    ['$connection $connection_requests $msec $request_time', '7 1.0 1795758424.000 0.1', 'bad'],
    [
      '$connection $connection_requests $upstream_response_time $msec $request_time',
      '7 1 0.1, 0.2 : 0.3 1795758424.000 0.6',
      'entry',
    ],
  ])('%s: %s is %s', (format, text, outcome) => {
    expect(configuredFormat(format).read(text, newEntry())).toBe(outcome)
  })
})
