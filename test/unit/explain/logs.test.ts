import { describe, expect, it } from 'vitest'
import type { LoggedFailure, LogReader } from '../../../src/explain/failure.ts'
import { nginxAccess } from '../../../src/explain/logs/nginx-access.ts'
import { recognise } from '../../../src/explain/logs/recognise.ts'

/** What of a failure is compared; the time as ISO text. */
type Expected = Partial<Omit<LoggedFailure, 'time' | 'until'>> & { readonly at?: string }

interface Case {
  readonly name: string
  readonly kind: string
  readonly line: string
  /** `undefined` for a request that did not fail. */
  readonly expected: Expected | 'ok' | 'other'
}

const nginxError = (
  words: string,
  rest = 'upstream: "http://10.0.0.5:3000/a?b", host: "example.com"',
): string =>
  `2026/11/28 00:13:08 [error] 8592#8592: *2 ${words}, client: 10.9.8.7, server: , request: "POST /a?b HTTP/1.1", ${rest}`
const apacheError = (level: string, words: string): string =>
  `[Sat Nov 28 00:13:46.209449 2026] [${level}] [pid 9685:tid 9692] ${words}`
const haproxy = (
  state: string,
  status: number,
  rest = ' 10.0.0.1:42680 10.0.0.5:3000',
  times = '0/0/0/-1/152',
): string =>
  `127.0.0.1:53070 [28/Nov/2026:00:14:21.193] in app/s1 ${times} ${status} 209 - - ${state} 1/1/0/0/0 0/0 "POST /a?b HTTP/1.1"${rest}`
const envoy = (status: number, flags: string, details: string, failure = '-'): string =>
  `[2026-11-28T00:13:08.100Z] "GET /v1/status HTTP/1.1" ${status} ${flags} ${details} - "${failure}" 0 95 400 - "10.90.16.220" "Apache-HttpClient/4.5.1 (Java/1.8.0_372)" "3a7cbcc1-af72" "health.example.com" "10.80.47.192:8181" outbound|80||api.svc.cluster.local 10.80.45.233:37132 10.80.45.233:80 10.80.46.220:59375 - -`
const alb = (status: string, answered: string, target = '10.0.0.1:80'): string =>
  `https 2026-11-28T00:13:08.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 ${target} 0.000 -1 -1 ${status} ${answered} 34 366 "GET https://www.example.com:443/a?b HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" "arn:aws:acm:us-east-2:123456789012:certificate/12345678" 1 2026-11-28T00:13:07.135000Z "forward" "-" "-" "10.0.0.1:80" "-" "-" "-"`
const caddy = (msg: string, status = 502): string =>
  `{"level":"error","ts":1795824813.8229,"logger":"http.log.error","msg":"${msg}","request":{"remote_ip":"127.0.0.1","remote_port":"48160","proto":"HTTP/1.1","method":"POST","host":"example.com","uri":"/a?b","headers":{}},"duration":0.00127,"status":${status},"err_id":"snhmpbyjj"}`
const varnish = (
  error: string,
  open = '22 a 10.0.0.5 3000 10.0.0.1 36250 reuse',
  end = '1795824839.217464',
): string => `1795824839.216571 ${end} "POST http://example.com/a?b HTTP/1.1" 503 "${open}" "${error}"`

const common = { request: 'POST /a?b' }
const nginxCommon = { ...common, port: 0, target: '10.0.0.5:3000', at: '2026-11-28T00:13:08.000Z' }
const haproxyCommon = { ...common, port: 42_680, target: '10.0.0.5:3000', at: '2026-11-28T00:14:21.345Z' }
const envoyCommon = {
  request: 'GET /v1/status',
  port: 37_132,
  target: '10.80.47.192:8181',
  at: '2026-11-28T00:13:08.500Z',
}
const albCommon = { request: 'GET /a?b', port: 0, target: '10.0.0.1:80', at: '2026-11-28T00:13:08.186Z' }

const cases: readonly Case[] = [
  ...(
    [
      ['upstream prematurely closed connection while reading response header from upstream', 'closed'],
      ['recv() failed (104: Connection reset by peer) while reading response header from upstream', 'closed'],
      ['writev() failed (32: Broken pipe) while sending request to upstream', 'closed'],
      ['upstream prematurely closed connection while reading upstream', 'cut'],
      ['recv() failed (104: Connection reset by peer) while reading upstream', 'cut'],
      ['connect() failed (111: Connection refused) while connecting to upstream', 'refused'],
      ['connect() failed (113: No route to host) while connecting to upstream', 'unreachable'],
      ['upstream timed out (110: Connection timed out) while connecting to upstream', 'connect-timeout'],
      [
        'upstream timed out (110: Connection timed out) while reading response header from upstream',
        'response-timeout',
      ],
      ['upstream sent too big header while reading response header from upstream', 'bad-response'],
      ['SSL_do_handshake() failed (SSL: error:0A00010B) while SSL handshaking to upstream', 'tls'],
      ['something new', 'unclear'],
    ] as const
  ).map(([words, symptom]) => ({
    name: `nginx: ${words}`,
    kind: 'nginx',
    line: nginxError(words),
    expected: { ...nginxCommon, symptom },
  })),
  {
    name: 'nginx: a group without servers',
    kind: 'nginx',
    line: nginxError('no live upstreams while connecting to upstream', 'upstream: "http://app/a?b"'),
    expected: { symptom: 'no-server', target: '' },
  },
  {
    name: 'nginx: a Unix socket',
    kind: 'nginx',
    line: nginxError(
      'connect() to unix:/run/app.sock failed (2: No such file or directory) while connecting to upstream',
      'upstream: "http://unix:/run/app.sock:/a?b"',
    ),
    expected: { symptom: 'refused', target: 'unix:/run/app.sock' },
  },
  {
    name: 'nginx: what is no failure',
    kind: 'nginx',
    line: '2026/11/28 00:13:08 [info] 8592#8592: *1 client 127.0.0.1 closed keepalive connection',
    expected: 'other',
  },
  {
    name: 'nginx: a warning',
    kind: 'nginx',
    line: nginxError('an upstream response is buffered to a temporary file').replace('[error]', '[warn]'),
    expected: 'other',
  },
  ...(
    [
      [
        '(20014)Internal error (specific information not available): [client 127.0.0.1:41644] AH01102: error reading status line from remote server 10.0.0.5:3000',
        'closed',
      ],
      [
        '(104)Connection reset by peer: [client 127.0.0.1:41658] AH01102: error reading status line from remote server 10.0.0.5:3000',
        'closed',
      ],
      [
        '(70007)The timeout specified has expired: [client 127.0.0.1:41686] AH01102: error reading status line from remote server 10.0.0.5:3000',
        'response-timeout',
      ],
    ] as const
  ).map(([words, symptom]) => ({
    name: `Apache: ${words}`,
    kind: 'apache',
    line: apacheError('proxy_http:error', words),
    expected: { symptom, target: '10.0.0.5:3000', port: 0, request: '', at: '2026-11-28T00:13:46.209Z' },
  })),
  {
    name: 'Apache: refused',
    kind: 'apache',
    line: apacheError(
      'proxy:error',
      '(111)Connection refused: AH00957: http: attempt to connect to 10.0.0.5:3000 (10.0.0.5:3000) failed',
    ),
    expected: { symptom: 'refused', target: '10.0.0.5:3000' },
  },
  {
    name: 'Apache: a response that was cut',
    kind: 'apache',
    line: apacheError(
      'proxy_http:error',
      '(70008)Partial results are valid but processing is incomplete: [client 127.0.0.1:41674] AH01110: error reading response',
    ),
    expected: { symptom: 'cut', target: '' },
  },
  {
    name: 'Apache: what repeats another message',
    kind: 'apache',
    line: apacheError(
      'proxy:error',
      '[client 127.0.0.1:41658] AH00898: Error reading from remote server returned by /reset',
    ),
    expected: 'other',
  },
  ...(
    [
      ['SH--', 502, 'closed'],
      ['SD--', 200, 'cut'],
      ['SC--', 503, 'refused'],
      ['sC--', 503, 'connect-timeout'],
      ['sH--', 504, 'response-timeout'],
      ['sQ--', 503, 'no-server'],
      ['PH--', 502, 'bad-response'],
      ['----', 503, 'answered'],
      ['SHVN', 502, 'closed'],
    ] as const
  ).map(([state, status, symptom]) => ({
    name: `HAProxy: ${state} ${status}`,
    kind: 'haproxy',
    line: haproxy(state, status),
    expected: { ...haproxyCommon, status, symptom },
  })),
  { name: 'HAProxy: a success', kind: 'haproxy', line: haproxy('----', 200), expected: 'ok' },
  {
    name: 'HAProxy: a WebSocket that the server closed',
    kind: 'haproxy',
    line: haproxy('SD--', 101),
    expected: 'ok',
  },
  {
    name: 'nginx: a WebSocket that was reset',
    kind: 'nginx',
    line: nginxError('recv() failed (104: Connection reset by peer) while proxying upgraded connection'),
    expected: 'other',
  },
  { name: 'HAProxy: the client left', kind: 'haproxy', line: haproxy('CD--', 200), expected: 'ok' },
  {
    name: 'HAProxy: plain httplog behind syslog',
    kind: 'haproxy',
    line: `Nov 28 00:14:21 lb haproxy[123]: ${haproxy('SH--', 502, '')}`,
    expected: { ...haproxyCommon, port: 0, target: '', symptom: 'closed' },
  },
  {
    name: 'HAProxy: captured headers, IPv6, a retry',
    kind: 'haproxy',
    line: haproxy('SH--', 502, ' fd00::1:42680 fd00::5:3000')
      .replace('0/0 "', '0/0 {example.com|x} "')
      .replace('1/1/0/0/0', '1/1/0/0/+1'),
    expected: { port: 42_680, target: 'fd00::5:3000', symptom: 'closed' },
  },
  {
    name: 'HAProxy: no server',
    kind: 'haproxy',
    line: haproxy('SC--', 503, ' -:- -:-', '0/-1/-1/-1/0').replace('app/s1', 'app/<NOSRV>'),
    expected: { symptom: 'no-server', port: 0, target: '' },
  },
  ...(
    [
      [503, 'UC', 'upstream_reset_before_response_started{connection_termination}', '-', 'closed'],
      [
        503,
        'UF,URX',
        'upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_111}',
        'delayed connect error: 111',
        'refused',
      ],
      [
        503,
        'UF',
        'upstream_reset_before_response_started{connection_timeout}',
        'connection_timeout',
        'connect-timeout',
      ],
      [503, 'URX', 'upstream_reset_before_response_started{connection_termination}', '-', 'closed'],
      [503, 'URX', 'via_upstream', '-', 'answered'],
      [503, '-', 'via_upstream', '-', 'answered'],
      [504, 'UT', 'response_timeout', '-', 'response-timeout'],
      [503, 'UH', 'no_healthy_upstream', '-', 'no-server'],
      [502, 'UPE', 'upstream_reset_before_response_started{protocol_error}', '-', 'bad-response'],
      [200, 'UC', 'upstream_reset_after_response_started{connection_termination}', '-', 'cut'],
    ] as const
  ).map(([status, flags, details, failure, symptom]) => ({
    name: `Envoy: ${status} ${flags} ${details}`,
    kind: 'envoy',
    line: envoy(status, flags, details, failure),
    expected: { ...envoyCommon, status, symptom },
  })),
  {
    name: 'Envoy: the client left',
    kind: 'envoy',
    line: envoy(0, 'DC', 'downstream_remote_disconnect'),
    expected: 'ok',
  },
  { name: 'Envoy: a success', kind: 'envoy', line: envoy(200, '-', 'via_upstream'), expected: 'ok' },
  {
    name: "Envoy: its own format with the proxy's address behind",
    kind: 'envoy',
    line: '[2026-11-28T00:13:08.100Z] "POST /a?b HTTP/1.1" 503 UC 154 0 400 - "-" "curl/8" "35b7" "example.com" "10.0.0.5:3000" 10.0.0.1:37132',
    expected: { ...common, status: 503, symptom: 'closed', port: 37_132, target: '10.0.0.5:3000' },
  },
  {
    name: "Envoy: Istio's JSON",
    kind: 'envoy',
    line: '{"start_time":"2026-11-28T00:13:08.100Z","method":"GET","path":"/v1/status","protocol":"HTTP/1.1","response_code":503,"response_flags":"UC","response_code_details":"upstream_reset_before_response_started{connection_termination}","upstream_transport_failure_reason":null,"duration":400,"upstream_host":"10.80.47.192:8181","upstream_local_address":"10.80.45.233:37132"}',
    expected: { ...envoyCommon, status: 503, symptom: 'closed' },
  },
  ...(
    [
      ['502', '-', 'closed'],
      ['502', '502', 'answered'],
      ['504', '-', 'response-timeout'],
    ] as const
  ).map(([status, answered, symptom]) => ({
    name: `ALB: ${status} ${answered}`,
    kind: 'alb',
    line: alb(status, answered),
    expected: { ...albCommon, status: Number(status), symptom },
  })),
  {
    name: 'ALB: no target',
    kind: 'alb',
    line: alb('503', '-', '-'),
    expected: { symptom: 'no-server', target: '' },
  },
  { name: 'ALB: a success', kind: 'alb', line: alb('200', '200'), expected: 'ok' },
  { name: 'ALB: the client left', kind: 'alb', line: alb('460', '-'), expected: 'ok' },
  ...(
    [
      ['EOF', 502, 'closed', 0, ''],
      [
        'read tcp 10.0.0.1:60362->10.0.0.5:3000: read: connection reset by peer',
        502,
        'closed',
        60_362,
        '10.0.0.5:3000',
      ],
      ['dial tcp 10.0.0.5:3000: connect: connection refused', 502, 'refused', 0, '10.0.0.5:3000'],
      ['dial tcp 10.0.0.5:3000: i/o timeout', 504, 'connect-timeout', 0, '10.0.0.5:3000'],
      ['net/http: timeout awaiting response headers', 504, 'response-timeout', 0, ''],
      ['no upstreams available', 503, 'no-server', 0, ''],
      ['http: server closed idle connection', 502, 'closed', 0, ''],
    ] as const
  ).map(([msg, status, symptom, port, target]) => ({
    name: `Caddy: ${msg}`,
    kind: 'caddy',
    line: caddy(msg, status),
    expected: { ...common, status, symptom, port, target },
  })),
  { name: 'Caddy: the client left', kind: 'caddy', line: caddy('context canceled'), expected: 'ok' },
  {
    name: 'Caddy: an error of another handler',
    kind: 'caddy',
    line: caddy('not found', 404),
    expected: 'ok',
  },
  {
    name: 'Traefik: its own log, version 3',
    kind: 'traefik',
    line: '2026-11-28T00:13:08Z DBG github.com/traefik/traefik/v3/pkg/proxy/httputil/proxy.go:121 > 502 Bad Gateway error="read tcp 10.0.0.1:41234->10.0.0.5:3000: read: connection reset by peer"',
    expected: { status: 502, symptom: 'closed', port: 41_234, target: '10.0.0.5:3000' },
  },
  {
    name: 'Traefik: its own log, version 2',
    kind: 'traefik',
    line: 'time="2026-11-28T00:13:08Z" level=debug msg="\'502 Bad Gateway\' caused by: EOF"',
    expected: { status: 502, symptom: 'closed', port: 0 },
  },
  {
    name: 'Traefik: its own log as JSON',
    kind: 'traefik',
    line: '{"level":"debug","error":"dial tcp 10.0.0.5:3000: connect: connection refused","time":"2026-11-28T00:13:08Z","caller":"proxy.go:121","message":"502 Bad Gateway"}',
    expected: { status: 502, symptom: 'refused', target: '10.0.0.5:3000' },
  },
  {
    name: 'Traefik: access log',
    kind: 'traefik',
    line: '{"ClientAddr":"10.9.8.7:50000","DownstreamStatus":502,"Duration":1500000,"OriginStatus":502,"RequestMethod":"POST","RequestPath":"/a?b","ServiceAddr":"10.0.0.5:3000","StartUTC":"2026-11-28T00:13:08.1Z","level":"info"}',
    expected: { ...common, status: 502, symptom: 'unclear', target: '10.0.0.5:3000' },
  },
  ...(
    [
      ['HTC eof (-1)', undefined, 'closed', 36_250],
      ['first byte timeout', undefined, 'response-timeout', 36_250],
      ['straight insufficient bytes', undefined, 'cut', 36_250],
      ['backend a: fail errno 111 (Connection refused)', '-', 'refused', 0],
      ['backend a: fail errno 0 (Success)', '-', 'no-server', 0],
    ] as const
  ).map(([error, open, symptom, port]) => ({
    name: `Varnish: ${error}`,
    kind: 'varnish',
    line: varnish(error, open),
    expected: { ...common, status: 503, symptom, port, target: open === '-' ? '' : '10.0.0.5:3000' },
  })),
  {
    name: 'Varnish: the server answered',
    kind: 'varnish',
    line: varnish('-', undefined, '-'),
    expected: { symptom: 'answered' },
  },
]

const reader = (line: string): LogReader => {
  const found = recognise([line])
  expect(found, line).toBeDefined()
  return found!
}

describe('a line of', () => {
  it.each(cases)('$name', ({ kind, line, expected }) => {
    const { kind: found, read } = reader(line)
    expect(found).toBe(kind)
    const reading = read(line)
    if (typeof expected === 'string') {
      expect(reading).toBe(expected)
      return
    }
    const { at, ...rest } = expected
    expect(reading).toMatchObject(rest)
    const { time, until } = reading as LoggedFailure
    if (at !== undefined) expect(Math.abs(time - Date.parse(at))).toBeLessThan(1)
    expect(until).toBeGreaterThan(time)
  })
})

describe("nginx's access log", () => {
  const upstream = (
    status: number,
    address: string,
    answered: string,
    connect: string,
    header: string,
  ): string =>
    `1795824788.313 "POST /a?b HTTP/1.1" ${status} "${address}" "${answered}" "${connect}" "${header}"`

  it.each([
    [upstream(502, '10.0.0.5:3000', '502', '0.000', '-'), 'closed'],
    [upstream(502, '10.0.0.5:3000', '502', '-', '-'), 'refused'],
    [upstream(502, '10.0.0.5:3000', '502', '0.000', '0.004'), 'answered'],
    [upstream(504, '10.0.0.5:3000', '504', '0.000', '-'), 'response-timeout'],
    [upstream(504, '10.0.0.5:3000', '504', '-', '-'), 'connect-timeout'],
    [upstream(502, 'app', '502', '-', '-'), 'no-server'],
    [upstream(502, '10.0.0.4:3000, 10.0.0.5:3000', '502, 502', '0.000, 0.001', '-, -'), 'closed'],
  ] as const)('%s: %s', (line, symptom) => {
    const { kind, read } = reader(line)
    expect(kind).toBe('nginx')
    const target = symptom === 'no-server' ? '' : '10.0.0.5:3000'
    const failure = read(line) as LoggedFailure
    expect(failure).toMatchObject({ symptom, target, time: 1_795_824_788_313, request: 'POST /a?b' })
    expect(failure.isUsual === true).toBe(symptom === 'refused')
  })

  it('does not tell a timeout of the response from one of connecting without the time of that', () => {
    const { read } = nginxAccess('$msec $status $upstream_addr')!
    expect(read('1795824788.313 504 10.0.0.5:3000')).toMatchObject({
      symptom: 'response-timeout',
      isUsual: true,
    })
  })

  it('takes a request that a second server answered for a success', () => {
    const line = upstream(200, '10.0.0.4:3000, 10.0.0.5:3000', '502, 200', '0.000, 0.001', '-, 0.002')
    expect(reader(line).read(line)).toBe('ok')
  })

  it('has another format where it is given', () => {
    const { read } = nginxAccess('$status|$request_method|$request_uri|$msec|$upstream_addr')!
    expect(read('502|POST|/a?b|1795824788.313|10.0.0.5:3000')).toMatchObject({
      symptom: 'unclear',
      request: 'POST /a?b',
      target: '10.0.0.5:3000',
    })
    expect(nginxAccess('$remote_addr $status')).toBeUndefined()
  })

  it('is read as combined, which says nothing of the server', () => {
    const line = '10.9.8.7 - - [28/Nov/2026:00:13:08 +0100] "POST /a?b HTTP/1.1" 502 157 "-" "curl/8"'
    const { kind, read } = reader(line)
    expect(kind).toBe('access')
    expect(read(line)).toMatchObject({
      symptom: 'unclear',
      time: Date.UTC(2026, 10, 27, 23, 13, 8),
      status: 502,
    })
  })
})

describe('Caddy', () => {
  it('says a failure once, though error and access log have it', () => {
    const { read } = reader(caddy('EOF'))
    expect(read(caddy('EOF'))).toMatchObject({ symptom: 'closed' })
    const access = caddy('handled request').replace('http.log.error', 'http.log.access')
    expect(read(access)).toBe('ok')
    expect(read(access)).toMatchObject({ symptom: 'unclear' })
  })
})

describe('whatever a line is', () => {
  const hostile = [
    '',
    '{',
    '{}',
    '[]',
    '"',
    'null',
    `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
    '\u0000\u001b[31m',
    `${'a '.repeat(30_000)}"`,
    `[2026-11-28T00:13:08.100Z] "${'" 1 a b - "'.repeat(6_000)}`,
    `1795824839.216571 - "${'" 200 "a" "b" '.repeat(4_500)}`,
    `2026/11/28 00:13:08 [error] 1#1: *2 ${', request: "a", x'.repeat(4_000)}`,
    `[28/Nov/2026:00:14:21.193] ${'1/'.repeat(20_000)}`,
    `2026/11/28 00:13:08 [error] 1#1: *2 ${', request: "'.repeat(5_000)}`,
  ]
  it.each(
    cases
      .filter(({ expected }) => typeof expected === 'object')
      .map(({ name, line }) => [name, line] as const),
  )('the reader of %s neither throws nor takes it for a failure', (_, line) => {
    const { read } = reader(line)
    for (const each of hostile) expect(['ok', 'other', 'bad']).toContain(read(each))
    // Truncated lines are of no format, or say less; they never throw.
    for (let length = 0; length < line.length; length += 7) read(line.slice(0, length))
  })

  it('a referrer does not tell where a request went', () => {
    const line = nginxError(
      'something new',
      'upstream: "http://10.0.0.5:3000/a?b", host: "a", referrer: "x, upstream: "http://6.6.6.6:66/"',
    )
    expect(reader(line).read(line)).toMatchObject({ target: '10.0.0.5:3000', request: 'POST /a?b' })
  })

  it('a request is shown as it was typed', () => {
    const line = Buffer.from(nginxError('something new').replaceAll('/a?b', '/ä€')).toString('latin1')
    expect(reader(line).read(line)).toMatchObject({ request: 'POST /ä€' })
  })
})
