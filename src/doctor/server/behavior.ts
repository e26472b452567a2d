import { poolOf } from '../../policy/behind.ts'
import { count, duration } from '../../words.ts'
import type { Check } from '../check.ts'
import type { OneServer } from './one-server.ts'

/** What undici and Node's http.Agent subtract from the advertised timeout, in seconds. Both never reuse below it. */
const undiciMargin = 2
const agentMargin = 1

/** A proxy's idle timeout counts as long from this value on, in ms. */
const longIdle = 3_600_000

const hintTooShort: Check<OneServer> = {
  code: 'KEEPALIVE_HINT_TOO_SHORT',
  severity: 'warning',
  looksAt: 'the advertised timeout',
  remedy: 'Set keepAliveTimeout to 3000 or more; the default is 65000',
  look({ server, policy }) {
    // HTTP/2 has no such header.
    if (server.http2?.http1 === false) return undefined
    const live = server.properties.keepAliveTimeout
    const advertised = typeof live === 'number' && live >= 0 ? live : policy.keepAliveTimeout
    const seconds = Math.floor(advertised / 1_000)
    if (advertised === 0 || seconds > undiciMargin) return undefined
    const who =
      seconds > agentMargin
        ? 'Undici (fetch in Node) subtracts 2 s, so it never reuses a connection'
        : "Undici (fetch in Node) subtracts 2 s and Node's http.Agent 1 s, so they never reuse a connection"
    return {
      message: `${server.name} advertises Keep-Alive: timeout=${seconds} (keepAliveTimeout is ${advertised}). ${who}.`,
      evidence: { keepAliveTimeout: advertised, advertised: seconds },
    }
  },
}

const timeoutListener: Check<OneServer> = {
  code: 'KEEPALIVE_TIMEOUT_LISTENER',
  severity: 'warning',
  looksAt: "listeners for 'timeout' on the server, and server.timeout",
  remedy:
    'Destroy the socket in the listener, or remove the listener; to learn that an idle connection closed, use the option log',
  look({ server }) {
    const { timeoutListeners: listeners } = server
    const timeout = typeof server.properties.timeout === 'number' ? server.properties.timeout : 0
    if (listeners === 0) return undefined
    const has = `${server.name} has ${count(listeners, 'listener')} for 'timeout', so Node does not close the sockets that time out. The kit still closes idle connections`
    const rest =
      timeout > 0
        ? `but a request without a byte for ${duration(timeout)} (server.timeout) stays open forever unless the listener destroys its socket`
        : 'and server.timeout is off, so nothing is lost. With server.timeout, or without the kit, sockets stay open forever unless the listener destroys them'
    return {
      message: `${has}, ${rest}.`,
      evidence: { listeners, timeout },
      severity: timeout > 0 ? 'warning' : 'info',
    }
  },
}

const maxRequestsPerSocket: Check<OneServer> = {
  code: 'KEEPALIVE_MAX_REQUESTS_PER_SOCKET',
  severity: 'warning',
  looksAt: 'maxRequestsPerSocket, unless maxRequests is lower',
  remedy:
    'Leave maxRequestsPerSocket at 0 and pass maxRequests to keepAlive(), which closes the connection after the last response',
  look({ server, policy }) {
    const { maxRequestsPerSocket: cap } = server.properties
    const isLower = policy.maxRequests > 0 && policy.maxRequests <= Number(cap)
    if (typeof cap !== 'number' || !(cap > 0) || isLower) return undefined
    return {
      message: `${server.name} has maxRequestsPerSocket set to ${cap}. Node sends Connection: close with response ${cap} but does not close the connection, and answers the next request on it with 503.`,
      evidence: { maxRequestsPerSocket: cap },
    }
  },
}

const proxyIdlesLong: Check<OneServer> = {
  code: 'KEEPALIVE_PROXY_IDLES_LONG',
  severity: 'info',
  looksAt: 'the default idle timeout of the proxy that behind names',
  remedy:
    "Lower the proxy's idle timeout, for example to 60 s, and pass { proxy, idleTimeout } with the new value in ms",
  look({ policy }) {
    const proxy = poolOf(policy.behind)
    if (!proxy || proxy.overridden || proxy.idleTimeout < longIdle) return undefined
    return {
      message: `The proxy ${proxy.id} keeps idle connections for ${duration(proxy.idleTimeout)} by default, so the server keeps them for ${duration(policy.keepAliveTimeout)}. All connections that the proxy opens in this time pile up. ${proxy.setting} shortens it.`,
      evidence: {
        proxy: proxy.id,
        idleTimeout: proxy.idleTimeout,
        keepAliveTimeout: policy.keepAliveTimeout,
      },
    }
  },
}

/** Checks how the configuration of the server affects its clients. */
export const behaviorChecks: readonly Check<OneServer>[] = [
  hintTooShort,
  timeoutListener,
  maxRequestsPerSocket,
  proxyIdlesLong,
]
