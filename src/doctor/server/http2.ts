import { poolOf } from '../../policy/behind.ts'
import { count, duration } from '../../words.ts'
import type { Check } from '../check.ts'
import type { OneServer } from './one-server.ts'

const serverTimeout: Check<OneServer> = {
  code: 'KEEPALIVE_HTTP2_SERVER_TIMEOUT',
  severity: 'warning',
  looksAt: 'server.timeout of an HTTP/2 server',
  remedy:
    'Set server.timeout to 0; keepAliveTimeout closes idle sessions. Limit a request with stream.setTimeout() or in its handler',
  look({ server }) {
    const { timeout } = server.properties
    if (!server.http2 || typeof timeout !== 'number' || !(timeout > 0)) return undefined
    return {
      message: `${server.name} has a server.timeout of ${duration(timeout)}. Node ends an HTTP/2 session that has sent and received nothing for a request in this time. This aborts all its requests, and clients may not retry them.`,
      evidence: { timeout },
    }
  },
}

const neverIdle: Check<OneServer> = {
  code: 'KEEPALIVE_HTTP2_NEVER_IDLE',
  severity: 'warning',
  looksAt: 'idle HTTP/2 sessions that nothing closes',
  remedy: 'Call attach() before the server listens, and leave keepAliveTimeout above 0',
  look({ server, policy }) {
    if (!server.http2) return undefined
    const { unfollowed } = server.http2
    const { keepAliveTimeout } = policy
    if (keepAliveTimeout > 0 && unfollowed === 0) return undefined
    const which =
      keepAliveTimeout === 0
        ? 'keeps idle HTTP/2 sessions forever, because keepAliveTimeout is 0'
        : `has ${count(unfollowed, 'HTTP/2 session')} that the kit does not track: they were open before attach(), and have had no request since`
    return {
      message: `${server.name} ${which}. Node has no idle timeout for sessions.`,
      evidence: { keepAliveTimeout, unfollowed },
    }
  },
}

const http1Side: Check<OneServer> = {
  code: 'KEEPALIVE_HTTP2_HTTP1_SIDE',
  severity: 'warning',
  looksAt: 'keepAliveTimeout of an HTTP/2 server with allowHTTP1, and the idle timeout of the proxy',
  remedy: 'Do not set keepAliveTimeout of the server; the kit sets it above the idle timeout of the proxy',
  look({ server, policy }) {
    const proxy = poolOf(policy.behind)
    const { keepAliveTimeout } = server.properties
    if (!server.http2?.http1 || !proxy || typeof keepAliveTimeout !== 'number') return undefined
    if (keepAliveTimeout === 0 || keepAliveTimeout > proxy.idleTimeout) return undefined
    return {
      message: `${server.name} also serves HTTP/1.1 (allowHTTP1), and closes an idle HTTP/1.1 connection after ${duration(keepAliveTimeout)}. The proxy ${proxy.id} keeps it for ${duration(proxy.idleTimeout)}, and may send a request just as the server closes.`,
      evidence: { keepAliveTimeout, proxy: proxy.id, idleTimeout: proxy.idleTimeout },
    }
  },
}

/** The first versions that did not crash in tests with requests arriving at `session.close()` (nodejs/node#64166). */
const safe: Readonly<Record<string, readonly [minor: number, patch: number]>> = {
  22: [23, 3],
  24: [21, 0],
  26: [10, 0],
}

const unsafeClose: Check<OneServer> = {
  code: 'KEEPALIVE_HTTP2_UNSAFE_CLOSE',
  severity: 'info',
  looksAt: 'the version of Node of an HTTP/2 server',
  remedy:
    'Update Node to 22.23.3, 24.21.0, 26.10.0 or later. Until then end sessions only with maxRequests, maxAge and drain()',
  look({ server }) {
    if (!server.http2 || isSafe(server.nodeVersion)) return undefined
    return {
      message: `${server.name} speaks HTTP/2 on Node ${server.nodeVersion}. In this version session.close() may crash the process if a request arrives at the same time. The kit avoids this; a session.close() of the app or a GOAWAY of a client may still cause it.`,
      evidence: { node: server.nodeVersion },
    }
  },
}

function isSafe(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const first = safe[major]
  if (!first) return major > 26
  return minor > first[0] || (minor === first[0] && patch >= first[1])
}

/** Checks of HTTP/2 servers. */
export const http2Checks: readonly Check<OneServer>[] = [serverTimeout, neverIdle, http1Side, unsafeClose]
