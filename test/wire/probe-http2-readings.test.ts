import type { ServerHttp2Session } from 'node:http2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { judge } from '../../src/probe/judge.ts'
import type { ProbeConnection } from '../../src/probe/probe-connection.ts'
import type { ProbeReport } from '../../src/probe/report.ts'
import { Session } from '../../src/probe/session.ts'
import { findTarget } from '../../src/probe/target.ts'
import { serveHttp2 } from '../support/http2-server.ts'
import { probeAt } from '../support/probe.ts'
import { type RawSession, rawHttp2 } from '../support/raw-http2.ts'

const codes = (report: ProbeReport): string[] => judge(report).map(({ code }) => code)

const measure = async (port: number, tls = false, options = {}): Promise<ProbeReport> => {
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}/`
  return (await probeAt(url, { http2: true, maxWait: 6_000, ...options })).report
}

const timeout = 1_000

const closingSoon = (session: ServerHttp2Session): void => void session.setTimeout(200, () => session.close())

/** A server that answers, and does something with a session once that is idle. */
const idling = (act: (session: RawSession) => void, tls = false) =>
  rawHttp2(
    {
      requested: (session) => {
        session.respond()
        session.whenIdle(timeout, () => act(session))
      },
    },
    tls,
  )

const goawayOf = (more: object) => ({
  lastStreamId: 1,
  errorCode: 'NO_ERROR',
  debug: null,
  count: 1,
  closedAfter: expect.any(Number),
  ...more,
})

describe('tells how idle sessions are closed', () => {
  const cases: readonly [
    what: string,
    tls: boolean,
    act: (session: RawSession) => void,
    how: string,
    goaway: object | null,
    found: readonly string[],
  ][] = [
    ['GOAWAY, FIN', false, (s) => s.goaway(s.stream).end(), 'fin', goawayOf({}), []],
    ['GOAWAY, close_notify', true, (s) => s.goaway(s.stream).end(), 'close-notify', goawayOf({}), []],
    [
      'GOAWAY, FIN of TCP',
      true,
      (s) => {
        s.goaway(s.stream)
        setImmediate(() => s.tcp.end())
      },
      'fin',
      goawayOf({}),
      [],
    ],
    ['FIN', false, (s) => s.end(), 'fin', null, ['no-goaway']],
    ['FIN of TCP', true, (s) => void s.tcp.end(), 'fin', null, ['no-goaway', 'no-close-notify']],
    ['RST', false, (s) => void s.tcp.resetAndDestroy(), 'reset', null, ['closes-with-reset', 'no-goaway']],
    [
      'GOAWAY alone',
      false,
      (s) => void s.goaway(s.stream),
      'goaway',
      goawayOf({ closedAfter: null }),
      ['close-not-kept'],
    ],
    [
      'GOAWAY that refuses nothing',
      false,
      (s) => s.goaway(2 ** 31 - 1).end(),
      'fin',
      goawayOf({ lastStreamId: 2 ** 31 - 1 }),
      ['goaway-not-exact'],
    ],
    [
      'two of them',
      false,
      (s) =>
        s
          .goaway(2 ** 31 - 1)
          .goaway(s.stream)
          .end(),
      'fin',
      goawayOf({ count: 2 }),
      [],
    ],
    [
      'GOAWAY with an error and words that no terminal should see',
      false,
      (s) => s.goaway(s.stream, 11, `\u001b]0;x\u0007${'y'.repeat(200)}`).end(),
      'fin',
      goawayOf({
        errorCode: 'ENHANCE_YOUR_CALM',
        debug: expect.stringMatching(/^\u001b\]0;x\u0007y{74}…$/),
      }),
      ['goaway-error'],
    ],
    [
      'GOAWAY with an error that nobody knows',
      false,
      (s) => s.goaway(s.stream, 0xdead).end(),
      'fin',
      goawayOf({ errorCode: '57005' }),
      ['goaway-error'],
    ],
  ]

  it(cases.map(([what]) => what).join('; '), async () => {
    const servers = await Promise.all(cases.map(([, tls, act]) => idling(act, tls)))
    const reports = await Promise.all(cases.map(([, tls], i) => measure(servers[i]!.port, tls)))
    for (const [i, [what, , , how, goaway, found]] of cases.entries()) {
      const report = reports[i]!
      expect(report.findings, what).toEqual([])
      expect(report.idleTimeout, what).toMatchObject({ closedBy: 'server', how, goaway, header: null })
      expect(report.idleTimeout!.samples, what).toHaveLength(6)
      expect(report.idleTimeout!.ms, what).toBeGreaterThan(timeout / 2)
      expect(report.ping, what).toMatchObject({ answered: true })
      // Those of a machine that is busy.
      const judged = codes(report).filter((code) => !/^race|^timeout-uneven$|^cap-search-short$/.test(code))
      expect(judged, what).toEqual(found)
    }
  })
})

/** One connection of the probe, as its steps have it. */
async function connect(port: number): Promise<ProbeConnection> {
  const session = new Session({
    target: await findTarget(`http://127.0.0.1:${port}/`),
    clock: systemClock,
    signal: new AbortController().signal,
    http2: true,
    method: 'GET',
    userAgent: 'keepalive-kit-probe/test',
    insecure: false,
    maxRequests: 10,
    maxWait: 10_000,
  })
  const connection = await session.open('test')
  onTestFinished(() => connection.destroy())
  return connection
}

it('a request that crosses the close is lost, unless a GOAWAY refuses it', async () => {
  const closes: readonly ((session: RawSession) => void)[] = [
    (session) => session.goaway(1).end(),
    (session) => session.goaway(2 ** 31 - 1).end(),
    (session) => session.end(),
    ({ tcp }) => void tcp.resetAndDestroy(),
  ]
  const outcomes = closes.map(async (close) => {
    const { port } = await rawHttp2({
      requested: (session) => {
        if (session.requests === 1) session.respond()
        else close(session)
      },
    })
    const connection = await connect(port)
    await connection.ask()
    connection.send()
    const { answer, ending, refused } = await connection.outcome()
    return [answer, ending?.how, refused]
  })
  expect(await Promise.all(outcomes)).toEqual([
    [undefined, expect.any(String), true],
    // Which of GOAWAY and FIN comes first is up to Node's client.
    [undefined, expect.any(String), false],
    [undefined, 'fin', false],
    [undefined, 'reset', false],
  ])
})

describe('the cap', () => {
  const cases: readonly [
    what: string,
    last: (session: RawSession) => void,
    saidClose: boolean,
    closed: boolean,
  ][] = [
    ['GOAWAY before the response', (s) => s.goaway(s.stream).respond().end(), true, true],
    ['GOAWAY behind the response', (s) => s.respond().goaway(s.stream).end(), true, true],
    ['GOAWAY alone', (s) => void s.goaway(s.stream).respond(), true, false],
    ['no GOAWAY', (s) => s.respond().end(), false, true],
  ]
  it(cases.map(([what]) => what).join('; '), async () => {
    const servers = await Promise.all(
      cases.map(([, last]) =>
        rawHttp2({
          requested: (session) => {
            if (session.requests === 7) return last(session)
            session.respond()
            session.whenIdle(200, () => session.goaway(session.stream).end())
          },
        }),
      ),
    )
    const reports = await Promise.all(servers.map(({ port }) => measure(port, false, { maxWait: 4_500 })))
    for (const [i, [what, , saidClose, closed]] of cases.entries()) {
      const { maxRequests } = reports[i]!
      expect(maxRequests, what).toMatchObject({ cap: 7, saidClose, closed })
      const announced = saidClose ? expect.objectContaining({ lastStreamId: 13 }) : null
      expect(maxRequests!.goaway, what).toEqual(announced)
    }
  })

  it('is that of the answered requests, where the next one is refused', async () => {
    const { port } = await rawHttp2({
      requested: (session) => {
        if (session.requests === 8) {
          session.goaway(13).end()
          return
        }
        session.respond()
        session.whenIdle(200, () => session.goaway(session.stream).end())
      },
    })
    const { maxRequests } = await measure(port)
    expect(maxRequests).toMatchObject({ cap: 7, tried: 8, saidClose: true, closed: true })
  })

  it('is searched for with no more requests than allowed', async () => {
    let requests = 0
    const { port } = await serveHttp2((_req, res) => {
      requests++
      res.end()
    }, closingSoon)
    const report = await measure(port, false, { maxWait: 20_000, maxRequests: 80 })
    expect(report.maxRequests!.cap).toBeNull()
    // The five of the race may come too late: the server does not count these.
    expect(report.requests - requests).toBeGreaterThanOrEqual(0)
    expect(report.requests - requests).toBeLessThanOrEqual(5)
    expect(report.requests).toBeLessThanOrEqual(80)
    expect(requests).toBeGreaterThan(50)
  })
})

it('a PING is answered or not, and restarts the idle timeout or not', async () => {
  const silent = await rawHttp2({
    requested: (session) => {
      session.respond()
      session.whenIdle(timeout / 2, () => session.goaway(session.stream).end())
    },
    // The session is not idle, and not answered.
    pinged: (session) => void session.requests++,
  })
  const restarting = await rawHttp2({
    requested: (session) => {
      session.respond()
      session.whenIdle(timeout, () => session.goaway(session.stream).end())
    },
    pinged: (session, payload) => {
      // As a request does.
      session.requests++
      session.send(6, 1, 0, payload)
      session.whenIdle(timeout, () => session.goaway(session.stream).end())
    },
  })
  const plain = await idling((session) => session.goaway(session.stream).end())
  const [first, second, third] = await Promise.all([
    measure(silent.port),
    measure(restarting.port),
    measure(plain.port),
  ])
  expect(first.ping).toEqual({ answered: false, ms: null, restartsIdleTimeout: null })
  expect(codes(first)).toContain('ping-unanswered')
  expect(second.ping).toMatchObject({ answered: true, restartsIdleTimeout: true })
  expect(codes(second)).toContain('ping-keeps-open')
  expect(third.ping).toMatchObject({ answered: true, restartsIdleTimeout: false })
})

it('reads a response with a body, headers and trailers, after interim ones', async () => {
  const heads = new Set<string>()
  const { port } = await serveHttp2((req, res) => {
    heads.add(`${req.method} ${req.authority} ${req.headers['x-own']} ${req.headers['user-agent']}`)
    res.writeEarlyHints({ link: '</style.css>; rel=preload' })
    res.writeHead(404, { server: 'nginx', location: '/else', 'set-cookie': ['a=1', 'b=2'] })
    res.addTrailers({ 'x-trailer': '1' })
    res.end('x'.repeat(300_000))
  }, closingSoon)
  const report = await measure(port, false, {
    maxWait: 20_000,
    headers: [
      ['Host', 'a.test'],
      ['X-Own', 'yes'],
    ],
  })
  expect(report).toMatchObject({ status: 404, server: 'nginx', location: '/else', reuse: true })
  expect([...heads]).toEqual(['GET a.test yes keepalive-kit-probe/test'])
})

it('a server that goes away each time is not waited for', async () => {
  const { port } = await serveHttp2(
    (_req, res) => void res.end('ok'),
    (session) => session.on('stream', () => session.close()),
  )
  const report = await measure(port)
  expect(report).toMatchObject({ complete: true, reuse: false, idleTimeout: null, maxRequests: null })
  expect(codes(report)).toEqual(['no-reuse'])
})

it('stops when told to, with what it knows', async () => {
  const { port } = await serveHttp2((_req, res) => void res.end('ok'))
  const interrupt = new AbortController()
  const { report, interrupted } = await probeAt(port, {
    http2: true,
    maxWait: 20_000,
    signal: interrupt.signal,
    onProgress: (_, waitingFor) => {
      if (/: waited [1-9]\d* s of at most 20 s$/.test(waitingFor)) interrupt.abort()
    },
  })
  expect(interrupted).toBe(true)
  expect(report).toMatchObject({ complete: false, reuse: true, ping: { answered: true } })
  expect(report.idleTimeout!.atLeast).toBeGreaterThanOrEqual(500)
})
