import { describe, expect, test } from 'vitest'
import { AccessLog, type LogOptions, type LogReport } from '../../../../src/cli/advise/logs/access-log.ts'
import { newEntry } from '../../../../src/cli/advise/logs/entry.ts'
import { fastifyFormat } from '../../../../src/cli/advise/logs/fastify.ts'
import { sum } from '../../../support/sums.ts'

const start = Date.UTC(2026, 10, 27, 5, 0, 0)

/** A request at so many ms after the start. */
interface Sent {
  readonly at: number
  readonly address: string
  readonly port: number
  readonly duration: number
  readonly protocol?: string
}

const iso = (time: number): string => new Date(time).toISOString()

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function common(time: number): string {
  const date = new Date(time)
  const [day, clock] = [`${date.getUTCDate()}`.padStart(2, '0'), date.toISOString().slice(11, 23)]
  return `${day}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}:${clock}`
}

/** The lines of each program, as in its documentation or its output. */
const programs: Readonly<Record<string, (sent: Sent, i: number) => string>> = {
  caddy: ({ at, address, port, duration, protocol = 'HTTP/1.1' }) =>
    `{"level":"info","ts":${(start + at + duration) / 1000},"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"${address}","remote_port":"${port}","proto":"${protocol}","method":"GET","host":"shop.example","uri":"/a?ts=1","headers":{"Duration":["9"],"User-Agent":["\\"ts\\":1"]}},"duration":${(duration / 1000).toFixed(9)},"size":2,"status":200}`,
  traefik: ({ at, address, port, duration, protocol = 'HTTP/1.1' }) =>
    `{"ClientAddr":"${address}:${port}","ClientHost":"${address}","ClientPort":"${port}","Duration":${duration * 1e6},"OriginDuration":1200000,"RequestMethod":"GET","RequestPath":"/","RequestProtocol":"${protocol}","OriginStatus":200,"StartUTC":"${iso(start + at)}","level":"info","msg":""}`,
  haproxy: ({ at, address, port, duration, protocol = 'HTTP/1.1' }) =>
    `Nov 27 05:47:04 lb haproxy[811]: ${address}:${port} [${common(start + at)}] fe be/s1 0/0/1/4/${duration} 200 73 - - ---- 2/2/0/0/0 0/0 {shop.example|agent of it} "GET /a?i=1 ${protocol}"`,
  envoy: ({ at, address, port, duration, protocol = 'HTTP/1.1' }) =>
    `[${iso(start + at)}] "GET / ${protocol}" 200 - via_upstream - "-" 0 2 ${duration} 2 "-" "agent" "req" "host" "10.0.0.2:3000" outbound|80||x 10.0.0.1:50000 10.0.0.2:3000 ${address}:${port} - -`,
  alb: ({ at, address, port, duration, protocol = 'HTTP/1.1' }, i) =>
    `${protocol === 'HTTP/1.1' ? 'https' : 'h2'} ${iso(start + at + duration).replace('Z', '000Z')} app/lb/50dc6c495c0c9188 ${address}:${port} 10.0.0.66:3000 ${i % 5 === 0 ? -1 : '0.000'} ${(duration / 1000).toFixed(3)} ${i % 5 === 0 ? -1 : '0.000'} 200 200 0 257 "GET https://shop.example:443/a?b=1 ${protocol}" "agent" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/t/73e2d6bc24d8a067 "Root=1-58337281-1d84f3d73c47ec4e58577259" "shop.example" "-" 1 ${iso(start + at)} "forward" "-" "-" "10.0.0.66:3000" "-" "-" "-" TID_1`,
  pino: ({ at, address, port, duration }, i) =>
    `{"level":30,"time":${start + at + duration},"pid":2,"hostname":"h","req":{"id":${i},"method":"GET","url":"/?responseTime=1","query":{"responseTime":7},"params":{},"headers":{"host":"x","time":"12"},"remoteAddress":"${address}","remotePort":${port}},"res":{"statusCode":200,"headers":{}},"responseTime":${duration},"msg":"request completed"}`,
  fastify: ({ at, address, port, duration }, i) =>
    `{"level":30,"time":${start + at},"pid":2,"hostname":"h","reqId":"req-${i.toString(36)}","req":{"method":"GET","url":"/","host":"x","remoteAddress":"${address}","remotePort":${port}},"msg":"incoming request"}
{"level":30,"time":${start + at + duration},"pid":2,"hostname":"h","reqId":"req-${i.toString(36)}","res":{"statusCode":200},"responseTime":${duration}.4189,"msg":"request completed"}`,
}

function read(lines: readonly string[], options: Partial<LogOptions> = {}): LogReport {
  const log = new AccessLog({ format: undefined, serverTimeout: 15_000, ...options })
  log.push(Buffer.from(lines.map((line) => `${line}\n`).join('')))
  return log.finish()
}

/** 20 connections with three requests each: 2 s and 5 s apart. Then two of the ports come again, of other connections. */
const traffic: readonly Sent[] = [
  ...[0, 2_020, 7_050].flatMap((at) =>
    Array.from({ length: 20 }, (_, i) => ({
      at: at + i,
      address: i % 2 === 0 ? `10.0.0.${i}` : '2001:db8::7',
      port: 40_000 + i,
      duration: at === 2_020 ? 30 : 20,
    })),
  ),
  { at: 60_000, address: '10.0.0.0', port: 40_000, duration: 5 },
  { at: 60_100, address: '2001:db8::7', port: 40_001, duration: 5 },
]

describe.each(Object.entries(programs))('the log of %s', (kind, lineOf) => {
  test('is recognised, and has its gaps by address and port', () => {
    const report = read(traffic.map(lineOf))
    expect(report.kind).toBe(kind)
    expect(report.intervals).toMatchObject({ requests: 62, requestsReused: 40 })
    const { reused, cutOff, open, bounds } = report.intervals
    expect([reused, cutOff, open].map(sum)).toEqual([40, 20, 2])
    const gaps = reused.flatMap((count, bin) => Array<number>(count).fill(bounds[bin]!))
    for (const gap of gaps.slice(0, 20)) expect(gap / 2_000).toBeCloseTo(1, 1)
    for (const gap of gaps.slice(20)) expect(gap / 5_000).toBeCloseTo(1, 1)
    expect(report.notes.join()).toContain('have no request numbers')
  })

  test('names the default that is taken for its server', () => {
    expect(read(traffic.map(lineOf), { serverTimeout: undefined }).notes[1]).toMatch(
      /: pass .+ with --server-timeout\)$/,
    )
  })

  test('of requests that overlap on a connection is refused', () => {
    const lines = traffic.map((sent, i) =>
      lineOf({ ...sent, address: '10.0.0.1', port: 40_000, duration: 900 }, i),
    )
    expect(() => read(lines)).toThrow(/of a connection contradict each other: \d+ of \d+/)
  })
})

test.each(['caddy', 'traefik', 'haproxy', 'envoy', 'alb'])('HTTP/2 in the log of %s is left out', (kind) => {
  const lineOf = programs[kind]!
  const protocol = kind === 'envoy' ? 'HTTP/2' : 'HTTP/2.0'
  const lines = traffic.flatMap((sent, i) => [lineOf(sent, i), lineOf({ ...sent, protocol }, i + 1_000)])
  expect(read(lines).intervals.requests).toBe(62)
})

test('lines between those of requests are none', () => {
  const lines = traffic.flatMap((sent, i) => [
    `{"level":30,"time":${start},"pid":2,"hostname":"h","msg":"cart \\"req\\" {"}`,
    programs.pino!(sent, i),
  ])
  const { intervals, notes } = read(lines)
  expect(intervals.requests).toBe(62)
  expect(notes.join()).not.toContain('not of this format')
})

test('a connection of HAProxy without a request is none', () => {
  const bad = `10.0.0.1:50000 [${common(start)}] fe fe/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"`
  expect(read([bad, ...traffic.map(programs.haproxy!)]).intervals.requests).toBe(62)
})

describe("Fastify's log", () => {
  const incoming = (i: number, address = '10.0.0.1', port = 40_000): string =>
    programs.fastify!({ at: i, address, port, duration: 0 }, i).split('\n')[0]!

  test('of addresses that a proxy names is refused', () => {
    const lines = Array.from({ length: 60 }, (_, i) =>
      programs.fastify!({ at: 10 * i, address: `10.0.0.${i % 9}`, port: 40_000 + (i % 2), duration: 1 }, i),
    )
    expect(() => read(lines)).toThrow('(trustProxy)')
  })

  test('remembers no more requests than it may', () => {
    const { read } = fastifyFormat(100)
    const entry = newEntry()
    for (let i = 0; i < 1_000; i++) read(incoming(i), entry)
    const completed = (i: number): string =>
      programs.fastify!({ at: i, address: '', port: 1, duration: 3 }, i).split('\n')[1]!
    expect(read(completed(10), entry)).toBe('other')
    expect(read(completed(999), entry)).toBe('entry')
  })
})

test.each([
  ['{"a":1'],
  ['{"request":{"remote_ip":"1.2.3.4"'],
  ['{"ts":1e999,"duration":1,"request":{"remote_ip":"a","remote_port":"1"}}'],
  ['{"ts":[1795758424],"duration":{"a":1},"request":{"remote_ip":"a","remote_port":"1"}}'],
  [`{${'"a":{'.repeat(9_000)}}`],
  [`{"ts":"${'\\'.repeat(60_000)}`],
  ['{"request":{"remote_port":"70000","remote_ip":"a"},"ts":1795758424,"duration":1}'],
])('a hostile line is counted and passed over: %.60s', (line) => {
  const report = read([...traffic.map(programs.caddy!), line])
  expect(report.intervals.requests).toBe(62)
})
