import { cut } from '../../words.ts'
import { ProbeFailure } from '../failure.ts'
import { keepAliveParameter } from '../keep-alive-header.ts'
import { median, rounded } from '../numbers.ts'
import type { Advertised, ProbeReport, Timings } from '../report.ts'
import type { Response } from '../response.ts'
import type { Session } from '../session.ts'

const connections = 5

/** Requests that {@link measureTimings} sends at most. */
export const timingRequests: number = 2 * connections

/** What a few new connections with two requests each show. */
export interface FirstLook {
  readonly status: number
  readonly location: string | null
  readonly server: string | null
  readonly reuse: boolean
  readonly advertised: Advertised | null
  readonly timings: Timings
  readonly alpn: ProbeReport['alpn']
}

/** How long handshakes, first and second requests take, and whether the server answers a second one. */
export async function measureTimings(session: Session): Promise<FirstLook> {
  const connect: number[] = []
  const tls: number[] = []
  const first: number[] = []
  const reused: number[] = []
  let seen: Response | undefined
  let alpn: string | null = null
  for (let i = 0; i < connections; i++) {
    const connection = await session.open(`new connection ${i + 1}`)
    const asked = await connection.ask()
    if (!asked) throw new ProbeFailure('the server closes the connection without a response')
    const { answer, ms } = asked
    seen ??= answer.response
    alpn = connection.alpn
    connect.push(connection.connectTime)
    if (connection.tlsTime !== null) tls.push(connection.tlsTime)
    first.push(ms)
    const again = answer.response.keepsAlive ? await connection.ask() : undefined
    if (again) reused.push(again.ms)
    connection.destroy()
  }
  return {
    status: seen!.status,
    location: header(seen!, 'location', 200),
    server: header(seen!, 'server', 80),
    reuse: reused.length > 0,
    // Fields of HTTP/1.1 (RFC 9113 §8.2.2).
    advertised: session.options.http2 ? null : advertisedBy(seen!),
    // Over HTTP/1.1 a step of its own offers both.
    alpn: alpn === 'h2' ? { http2: true, selected: alpn } : null,
    timings: timingsOf(median(connect)!, median(tls) ?? null, median(first)!, median(reused) ?? null),
  }
}

function timingsOf(connect: number, tls: number | null, first: number, reused: number | null): Timings {
  return {
    connect: rounded(connect),
    tls: tls === null ? null : rounded(tls),
    first: rounded(first),
    reused: reused === null ? null : rounded(reused),
    saved: reused === null ? null : rounded(Math.max(0, connect + (tls ?? 0) + first - reused)),
  }
}

/** What a response says about its connection. */
function advertisedBy(response: Response): Advertised {
  const timeout = keepAliveParameter(response, 'timeout')
  return {
    connection: header(response, 'connection', 80),
    timeout: timeout === null ? null : timeout * 1_000,
    max: keepAliveParameter(response, 'max'),
  }
}

function header({ headers }: Response, name: string, longest: number): string | null {
  const value = headers.get(name)
  return value === undefined ? null : cut(value, longest)
}
