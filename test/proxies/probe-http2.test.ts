import { expect, it } from 'vitest'
import { judge } from '../../src/probe/judge.ts'
import {
  serveHttp2ByApache,
  serveHttp2ByCaddy,
  serveHttp2ByHaproxy,
  serveHttp2ByNginx,
} from '../support/http2-proxies.ts'
import { serveHttp2 } from '../support/http2-server.ts'
import { watchLag } from '../support/lag.ts'
import { probeAt } from '../support/probe.ts'

/** A server with settings that the probe has to find out. */
interface Subject {
  readonly name: string
  readonly start: (tls: boolean) => Promise<{ readonly port: number }>
  /** In ms. */
  readonly idle: number
  readonly cap: number | null
  readonly atOnce: number | null
  readonly debug?: string
  readonly pingRestarts?: boolean
  /** From the GOAWAY to the close at the least, in ms: Go's server gives its clients a second. */
  readonly closedAfter?: number
}

const subjects: readonly Subject[] = [
  {
    name: 'nginx',
    start: (tls) => serveHttp2ByNginx('keepalive_timeout 2s; keepalive_requests 20;', tls),
    idle: 2_000,
    cap: 20,
    atOnce: 128,
  },
  {
    name: 'HAProxy',
    start: (tls) => serveHttp2ByHaproxy('timeout http-keep-alive 1500ms', tls),
    idle: 1_500,
    cap: null,
    atOnce: 100,
  },
  {
    name: 'Apache httpd',
    start: (tls) => serveHttp2ByApache('KeepAliveTimeout 2\nMaxKeepAliveRequests 20', tls),
    idle: 2_000,
    // Of HTTP/1.1 alone.
    cap: null,
    atOnce: 100,
    debug: 'timeout',
    pingRestarts: true,
  },
  {
    name: 'Caddy',
    start: (tls) => serveHttp2ByCaddy('timeouts {\nidle 1500ms\n}', tls),
    idle: 1_500,
    cap: null,
    atOnce: 250,
    closedAfter: 900,
  },
  {
    name: 'Node',
    start: (tls) =>
      serveHttp2(
        (_req, res) => void res.end('ok'),
        (session) => {
          let streams = 0
          session.setTimeout(1_500, () => session.close())
          session.on('stream', () => {
            if (++streams === 20) session.close()
          })
        },
        tls,
      ),
    idle: 1_500,
    cap: 20,
    atOnce: null,
  },
]

it('finds idle timeout, GOAWAY, cap and PING of real HTTP/2 servers', { timeout: 60_000 }, async () => {
  const runs = subjects.flatMap((subject) => [true, false].map((tls) => ({ ...subject, tls })))
  const ports = await Promise.all(runs.map(({ start, tls }) => start(tls)))
  const lag = watchLag()
  const probed = await Promise.all(
    runs.map(({ tls }, i) =>
      probeAt(`${tls ? 'https' : 'http'}://localhost:${ports[i]!.port}/`, { http2: true, maxWait: 8_000 }),
    ),
  )
  const late = lag()
  for (const [i, subject] of runs.entries()) {
    const { report } = probed[i]!
    const { idleTimeout, maxRequests, ping } = report
    const name = `${subject.name}${subject.tls ? ', TLS' : ''}`
    console.log(
      `${name}: idle ${idleTimeout?.ms} ms, ${idleTimeout?.how}, cap ${maxRequests?.cap}, race ${report.race?.tries.map(({ outcome }) => outcome).join(' ')}`,
    )
    expect({
      name,
      protocol: report.protocol,
      findings: report.findings,
      complete: report.complete,
      status: report.status,
      alpn: report.alpn,
      goaway: idleTimeout?.goaway,
      open: idleTimeout?.open,
      cap: maxRequests?.cap,
      announced: maxRequests?.goaway?.lastStreamId,
      closed: maxRequests?.closed,
      answered: ping?.answered,
      restarts: ping?.restartsIdleTimeout,
      atOnce: report.maxConcurrentStreams,
      // Whether a request gets lost that crosses the close is up to the server.
      warnings: judge(report).filter(({ severity, code }) => severity !== 'info' && code !== 'race-lost'),
    }).toEqual({
      name,
      protocol: subject.tls ? 'h2' : 'h2c',
      findings: [],
      complete: true,
      status: 200,
      alpn: subject.tls ? { http2: true, selected: 'h2' } : null,
      goaway: {
        lastStreamId: 1,
        errorCode: 'NO_ERROR',
        debug: subject.debug ?? null,
        count: expect.any(Number),
        closedAfter: expect.any(Number),
      },
      open: 0,
      cap: subject.cap,
      // The streams of a client have odd numbers.
      announced: subject.cap === null ? undefined : 2 * subject.cap - 1,
      closed: subject.cap === null ? null : true,
      answered: true,
      restarts: subject.pingRestarts ?? false,
      atOnce: subject.atOnce,
      warnings: [],
    })
    const off = Math.abs(idleTimeout!.ms! - subject.idle)
    expect(off, `${name}: ms off`).toBeLessThanOrEqual(100 + late)
    expect(idleTimeout!.goaway!.closedAfter, name).toBeGreaterThanOrEqual(subject.closedAfter ?? 0)
    expect(report.race!.tries[0], name).toEqual({ before: 200, outcome: 'answered' })
  }
})
