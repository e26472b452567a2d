import type { Evidence, Finding, FindingCode } from '../../findings.ts'
import { count, duration, number, percent } from '../../words.ts'

/** The risk of each finding in ten words or fewer; its message has the details. */
const headlines: Readonly<Record<FindingCode, (evidence: Evidence) => string>> = {
  KEEPALIVE_NOT_ATTACHED: () => 'Not in force: the kit has no server',
  KEEPALIVE_TIMEOUT_NOT_A_NUMBER: () => 'A timeout of the server is not a number',
  KEEPALIVE_TIMEOUT_ON_APP: () => 'A timeout is set on the app, without effect',
  KEEPALIVE_TIMEOUT_CHANGED: () => 'Not in force: timeouts were changed after attach()',
  KEEPALIVE_TIMEOUTS_SWAPPED: () => 'Node swaps headersTimeout and requestTimeout',
  KEEPALIVE_CHECKING_INTERVAL_IGNORED: () => 'Node ignores connectionsCheckingInterval',
  KEEPALIVE_HINT_TOO_SHORT: ({ advertised }) => `timeout=${advertised} is too short for clients to reuse`,
  KEEPALIVE_TIMEOUT_LISTENER: () => "A 'timeout' listener can keep silent requests for ever",
  KEEPALIVE_MAX_REQUESTS_PER_SOCKET: ({ maxRequestsPerSocket: most }) =>
    `503 risk: request ${number(Number(most) + 1)} on a connection`,
  KEEPALIVE_PROXY_IDLES_LONG: ({ keepAliveTimeout }) =>
    `Idle connections are kept for ${time(keepAliveTimeout)}`,
  KEEPALIVE_HTTP2_SERVER_TIMEOUT: ({ timeout }) =>
    `server.timeout ends HTTP/2 sessions under way after ${time(timeout)}`,
  KEEPALIVE_HTTP2_NEVER_IDLE: () => 'Nothing closes idle HTTP/2 sessions',
  KEEPALIVE_HTTP2_HTTP1_SIDE: ({ keepAliveTimeout }) =>
    `502 risk: HTTP/1.1 connections close after ${time(keepAliveTimeout)}`,
  KEEPALIVE_HTTP2_UNSAFE_CLOSE: ({ node }) => `session.close() may crash Node ${node}`,
  KEEPALIVE_PEER_TIMEOUT: () => 'Clients close idle connections after a fixed time',
  KEEPALIVE_SERVER_CLOSES_FIRST: ({ share }) =>
    `502 risk: the server closes first (${percent(Number(share))})`,
  KEEPALIVE_PROXY_NEVER_CLOSES: () => '502 risk: the proxy never closes first',
  KEEPALIVE_PROXY_CONTRADICTED: ({ inferred, idleTimeout }) =>
    `The proxy closes after ${time(inferred)}, not ${time(idleTimeout)}`,
  KEEPALIVE_DANGER_ZONE: ({ peer, closesAfter }) =>
    `502 risk: clients keep connections ${time(peer)}, this server ${time(closesAfter)}`,
  KEEPALIVE_LATE_REQUESTS: ({ late }) => `${count(Number(late), 'request')} lost: the server had just closed`,
  KEEPALIVE_REQUESTS_AFTER_CLOSE: ({ lateAfterClose }) =>
    `${count(Number(lateAfterClose), 'request')} lost after Connection: close`,
  KEEPALIVE_TIMEOUT_OUTLIVED: () => '502 risk: clients ignore the Keep-Alive header',
  KEEPALIVE_APP_CLOSES: ({ share }) => `The app closes ${percent(Number(share))} of its connections`,
  KEEPALIVE_APP_HINT: ({ most, closesAfter }) =>
    `502 risk: the app says ${time(most)}, this server ${time(closesAfter)}`,
  KEEPALIVE_CLIENT_NEVER_REUSES: ({ clients }) =>
    `${count(Array.isArray(clients) ? clients.length : 0, 'client')} never ${Array.isArray(clients) && clients.length === 1 ? 'reuses' : 'reuse'} a connection`,
  KEEPALIVE_LOAD_WITHOUT_REUSE: () => 'Most requests come on a new connection',
  KEEPALIVE_SKEWED_REQUESTS: ({ share }) =>
    `A tenth of the connections carries ${percent(Number(share))} of requests`,
  KEEPALIVE_SKEWED_SESSIONS: ({ sessions, share }) =>
    `${count(Number(sessions), 'session')} carried ${percent(Number(share))} of the HTTP/2 requests`,
}

const time = (ms: Evidence[string] | undefined): string => duration(Number(ms))

export function headline({ code, evidence }: Finding): string {
  return headlines[code](evidence)
}
