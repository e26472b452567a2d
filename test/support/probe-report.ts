import type { IdleTimeout, MaxRequests, ProbeReport } from '../../src/probe/report.ts'

type Parts = Partial<Omit<ProbeReport, 'idleTimeout' | 'maxRequests'>> & {
  readonly idleTimeout?: Partial<IdleTimeout> | null
  readonly maxRequests?: Partial<MaxRequests>
}

/** A report of a server without faults, with the given changes. */
export function reportOf({ idleTimeout, maxRequests, ...parts }: Parts = {}): ProbeReport {
  const ms = idleTimeout?.ms === undefined ? 65_000 : idleTimeout.ms
  return {
    version: 1,
    url: 'http://127.0.0.1/',
    protocol: 'http/1.1',
    address: '127.0.0.1:80',
    complete: true,
    requests: 190,
    status: 200,
    location: null,
    server: null,
    reuse: true,
    advertised: { connection: 'keep-alive', timeout: 65_000, max: null },
    timings: { connect: 1, tls: null, first: 2, reused: 1, saved: 2 },
    http10KeepAlive: true,
    pipelining: { sent: 3, answered: 3 },
    halfClose: 'answered',
    alpn: null,
    maxAge: null,
    race: null,
    ping: null,
    maxConcurrentStreams: null,
    findings: [],
    maxRequests: {
      cap: null,
      tried: 165,
      saidClose: null,
      closed: null,
      advertised: null,
      lasted: 200,
      goaway: null,
      stoppedBy: 'requests',
      ...maxRequests,
    },
    idleTimeout:
      idleTimeout === null
        ? null
        : {
            ms,
            atLeast: ms ?? 0,
            closedBy: ms === null ? null : 'server',
            how: ms === null ? null : 'fin',
            samples: ms === null ? [] : [ms, ms, ms],
            goaway: null,
            open: ms === null ? 6 : 0,
            header: 'kept',
            ...idleTimeout,
          },
    ...parts,
  }
}
