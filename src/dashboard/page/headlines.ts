import type { Evidence, Finding, FindingCode, Severity } from '../../findings.ts'
import { count, duration, number, percent, roughly } from '../../words.ts'

/** The risk of each finding in ten words or fewer; its message has the details. */
const headlines: Readonly<Record<FindingCode, (evidence: Evidence, severity: Severity) => string>> = {
  KEEPALIVE_NOT_ATTACHED: () => 'Not in force: the kit has no server',
  KEEPALIVE_TIMEOUT_NOT_A_NUMBER: () => 'Not in force: a server timeout is not a number',
  KEEPALIVE_TIMEOUT_ON_APP: () => 'Without effect: a timeout is set on the app',
  KEEPALIVE_TIMEOUT_CHANGED: () => 'Not in force: timeouts were changed after attach()',
  KEEPALIVE_TIMEOUTS_SWAPPED: () => 'Node swaps headersTimeout and requestTimeout',
  KEEPALIVE_CHECKING_INTERVAL_IGNORED: () => 'Node ignores connectionsCheckingInterval',
  KEEPALIVE_HINT_TOO_SHORT: ({ advertised }) =>
    `Clients cannot reuse connections: timeout=${advertised} is too short`,
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
  KEEPALIVE_PEER_TIMEOUT: ({ peers }) => {
    const [peer] = Array.isArray(peers) ? peers : []
    return `Clients close idle connections after ${peer ? time(peer.timeout) : 'a fixed time'}`
  },
  // For information it is where no proxy is known of: then the server may well close first.
  KEEPALIVE_SERVER_CLOSES_FIRST: ({ share }, severity) =>
    `${severity === 'info' ? 'No proxy known' : '502 risk'}: the server closes first (${percent(Number(share))})`,
  KEEPALIVE_PROXY_NEVER_CLOSES: () => '502 risk: the proxy never closes first',
  KEEPALIVE_PROXY_CONTRADICTED: ({ inferred, idleTimeout }) => {
    const [real, said] = times(inferred, idleTimeout)
    return `The proxy closes after ${real}, not ${said}`
  },
  KEEPALIVE_DANGER_ZONE: ({ peer, closesAfter, keepAliveTimeout }) => {
    // Up to then the server waits for them.
    if (Number(peer) <= Number(closesAfter)) {
      const [clients, advertised] = times(peer, keepAliveTimeout)
      return `Near miss: clients keep connections ${clients}, advertised are ${advertised}`
    }
    const [clients, server] = times(peer, closesAfter)
    return `502 risk: clients keep connections ${clients}, this server ${server}`
  },
  KEEPALIVE_LATE_REQUESTS: ({ late }) => `${count(Number(late), 'request')} lost: the server had just closed`,
  KEEPALIVE_REQUESTS_AFTER_CLOSE: ({ lateAfterClose }) =>
    `${count(Number(lateAfterClose), 'request')} lost after Connection: close`,
  KEEPALIVE_TIMEOUT_OUTLIVED: ({ nearMisses }) =>
    `${count(Number(nearMisses), 'near miss')}: clients ignore the Keep-Alive header`,
  KEEPALIVE_APP_CLOSES: ({ share }) => `The app closes ${percent(Number(share))} of connections`,
  KEEPALIVE_APP_HINT: ({ most, closesAfter }) => {
    const [app, server] = times(most, closesAfter)
    return `502 risk: the app says ${app}, this server ${server}`
  },
  KEEPALIVE_CLIENT_NEVER_REUSES: ({ clients }) =>
    `${count(Array.isArray(clients) ? clients.length : 0, 'client')} never ${Array.isArray(clients) && clients.length === 1 ? 'reuses' : 'reuse'} a connection`,
  KEEPALIVE_LOAD_WITHOUT_REUSE: () => 'Most requests come on a new connection',
  KEEPALIVE_SKEWED_REQUESTS: ({ share }) =>
    `A tenth of the connections carries ${percent(Number(share))} of requests`,
  KEEPALIVE_SKEWED_SESSIONS: ({ sessions, share }) =>
    `${count(Number(sessions), 'session')} carried ${percent(Number(share))} of the HTTP/2 requests`,
}

type Value = Evidence[string] | undefined

/** In two digits: the message has the others. */
const time = (ms: Value): string => roughly(Number(ms))

/** Two times that are held against each other, as exact as it takes to tell them apart. */
function times(a: Value, b: Value): [string, string] {
  const rough: [string, string] = [time(a), time(b)]
  return rough[0] === rough[1] ? [duration(Number(a)), duration(Number(b))] : rough
}

export function headline({ code, evidence, severity }: Finding): string {
  return headlines[code](evidence, severity)
}
