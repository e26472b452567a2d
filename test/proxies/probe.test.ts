import { expect, it } from 'vitest'
import { table } from '../../src/cli/table.ts'
import type { How, ProbeReport } from '../../src/probe/report.ts'
import { makeKit } from '../support/kit.ts'
import { watchLag } from '../support/lag.ts'
import { probeAt } from '../support/probe.ts'
import { serveByApache, serveByHaproxy, serveByNginx } from '../support/proxies.ts'
import { serve } from '../support/server.ts'

/** A server with settings that the probe has to find out. */
interface Subject {
  readonly name: string
  readonly tls?: boolean
  readonly start: () => Promise<{ readonly port: number }>
  /** In ms. */
  readonly idle: number
  readonly how: How
  /** Responses on a connection. */
  readonly cap: number | null
  /** What the Keep-Alive header says, in ms. */
  readonly advertised: number | null
  readonly http10: boolean
}

const answer = (_req: unknown, res: import('node:http').ServerResponse): void => {
  res.setHeader('Content-Length', 2).end('ok')
}
const plainNode = (timeout: number, tls = false) =>
  serve(answer, (server) => Object.assign(server, { keepAliveTimeout: timeout }), tls)
const kit = (keepAliveTimeout: number, maxRequests: number, tls = false) =>
  serve(answer, makeKit({ keepAliveTimeout, maxRequests }).kit.attach, tls)

/** What Node and the kit keep beyond what they advertise. */
const buffer = 1_000

const subjects: readonly Subject[] = [
  {
    name: 'nginx',
    start: () => serveByNginx('keepalive_timeout 2s 2s; keepalive_requests 20;'),
    idle: 2_000,
    how: 'fin',
    cap: 20,
    advertised: 2_000,
    http10: true,
  },
  {
    name: 'nginx, TLS',
    tls: true,
    start: () => serveByNginx('keepalive_timeout 3s; keepalive_requests 1000;', true),
    idle: 3_000,
    how: 'close-notify',
    cap: null,
    advertised: null,
    http10: true,
  },
  {
    name: 'nginx, header that lies',
    start: () => serveByNginx('keepalive_timeout 1s 4s;'),
    idle: 1_000,
    how: 'fin',
    cap: null,
    advertised: 4_000,
    http10: true,
  },
  {
    name: 'Apache httpd',
    start: () => serveByApache('KeepAlive On\nKeepAliveTimeout 2\nMaxKeepAliveRequests 30'),
    idle: 2_000,
    how: 'fin',
    // Apache counts what follows the first request, as in %k.
    cap: 31,
    advertised: 2_000,
    http10: true,
  },
  {
    name: 'HAProxy',
    start: () => serveByHaproxy('timeout http-keep-alive 2500ms'),
    idle: 2_500,
    how: 'fin',
    cap: null,
    advertised: null,
    http10: true,
  },
  {
    name: 'Node',
    start: () => plainNode(1_000),
    idle: 1_000 + buffer,
    how: 'fin',
    cap: null,
    advertised: 1_000,
    http10: true,
  },
  {
    name: 'Node, TLS',
    tls: true,
    start: () => plainNode(2_000, true),
    idle: 2_000 + buffer,
    // Node destroys the socket: TLS is not told.
    how: 'fin',
    cap: null,
    advertised: 2_000,
    http10: true,
  },
  {
    name: 'keepalive-kit',
    start: () => kit(2_000, 25),
    idle: 2_000 + buffer,
    how: 'fin',
    cap: 25,
    advertised: 2_000,
    http10: true,
  },
  {
    name: 'keepalive-kit, TLS',
    tls: true,
    start: () => kit(1_000, 0, true),
    idle: 1_000 + buffer,
    how: 'close-notify',
    cap: null,
    advertised: 1_000,
    http10: true,
  },
]

it('finds idle timeout, manner of closing, cap and header of real servers', { timeout: 60_000 }, async () => {
  const ports = await Promise.all(subjects.map(({ start }) => start()))
  const lag = watchLag()
  const reports = await Promise.all(
    subjects.map(async ({ tls = false }, i) => {
      const { report } = await probeAt(`${tls ? 'https' : 'http'}://127.0.0.1:${ports[i]!.port}/`, {
        maxWait: 8_000,
      })
      return report
    }),
  )
  const late = lag()
  console.log(asTable(reports).join('\n'))
  for (const [i, { name, idle, how, cap, advertised, http10, tls = false }] of subjects.entries()) {
    const report = reports[i]!
    expect({ name, findings: report.findings }).toEqual({ name, findings: [] })
    expect({
      name,
      complete: report.complete,
      reuse: report.reuse,
      how: report.idleTimeout?.how,
      closedBy: report.idleTimeout?.closedBy,
      advertised: report.advertised?.timeout,
      header: report.idleTimeout?.header,
      cap: report.maxRequests?.cap,
      saidClose: report.maxRequests?.saidClose,
      closed: report.maxRequests?.closed,
      http10: report.http10KeepAlive,
      pipelining: report.pipelining,
      alpn: report.alpn?.selected,
    }).toEqual({
      name,
      complete: true,
      reuse: true,
      how,
      closedBy: 'server',
      advertised,
      header: advertised === null ? null : idle < advertised ? 'earlier' : 'kept',
      cap,
      saidClose: cap === null ? null : true,
      closed: cap === null ? null : true,
      http10,
      pipelining: { sent: 3, answered: 3 },
      alpn: tls ? 'http/1.1' : undefined,
    })
    expect(report.timings!.tls !== null, `${name}: TLS`).toBe(tls)
    const off = Math.abs(report.idleTimeout!.ms! - idle)
    expect(off, `${name}: ms off`).toBeLessThanOrEqual(Math.max(100, 0.01 * idle) + late)
    // The earliest has most of a fifth of a second: nobody loses that one.
    expect(report.race!.tries[0], name).toEqual({ before: 200, outcome: 'answered' })
  }
})

function asTable(reports: readonly ProbeReport[]): string[] {
  const rows = subjects.map((subject, i) => ({ subject, report: reports[i]! }))
  return table(
    [
      { heading: 'server', cell: ({ subject }) => subject.name },
      { heading: 'idle set', align: 'right', cell: ({ subject }) => String(subject.idle) },
      { heading: 'measured', align: 'right', cell: ({ report }) => String(report.idleTimeout?.ms) },
      { heading: 'how', cell: ({ report }) => String(report.idleTimeout?.how) },
      { heading: 'header', cell: ({ report }) => String(report.idleTimeout?.header) },
      { heading: 'cap set', align: 'right', cell: ({ subject }) => String(subject.cap) },
      { heading: 'found', align: 'right', cell: ({ report }) => String(report.maxRequests?.cap) },
      {
        heading: 'race',
        cell: ({ report }) =>
          report.race!.tries.map(({ before, outcome }) => `${before}:${outcome}`).join(' '),
      },
      { heading: 'half-close', cell: ({ report }) => String(report.halfClose) },
    ],
    rows,
  )
}
