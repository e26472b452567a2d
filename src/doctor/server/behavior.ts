import { poolOf } from '../../policy/behind.ts'
import { count, duration } from '../../words.ts'
import type { Check } from '../check.ts'
import type { OneServer } from './one-server.ts'

/** What undici and Node's http.Agent take off the advertised timeout, in whole seconds: nothing is left at that. */
const undiciMargin = 2
const agentMargin = 1

/** From here on a proxy's idle timeout is said to be long, in ms. */
const longIdle = 3_600_000

const hintTooShort: Check<OneServer> = {
  code: 'KEEPALIVE_HINT_TOO_SHORT',
  severity: 'warning',
  looksAt: 'the timeout that is advertised',
  remedy: 'Set keepAliveTimeout to 3000 at the very least; 65000 is the default',
  look({ server, policy }) {
    // HTTP/2 has no such header.
    if (server.http2?.http1 === false) return undefined
    const live = server.properties.keepAliveTimeout
    const advertised = typeof live === 'number' && live >= 0 ? live : policy.keepAliveTimeout
    const seconds = Math.floor(advertised / 1_000)
    if (advertised === 0 || seconds > undiciMargin) return undefined
    const who =
      seconds > agentMargin
        ? 'undici (fetch in Node) takes 2 s off and never reuses a connection'
        : "undici (fetch in Node) takes 2 s off, Node's http.Agent with a timeout 1 s, and neither ever reuses a connection"
    return {
      message: `${server.name} advertises Keep-Alive: timeout=${seconds} (keepAliveTimeout is ${advertised}). Of that, ${who}.`,
      evidence: { keepAliveTimeout: advertised, advertised: seconds },
    }
  },
}

const timeoutListener: Check<OneServer> = {
  code: 'KEEPALIVE_TIMEOUT_LISTENER',
  severity: 'warning',
  looksAt: "listeners for 'timeout' on the server, and server.timeout",
  remedy:
    "Destroy the socket in the listener, or take the listener away; for an idle connection's end use log",
  look({ server }) {
    const { timeoutListeners: listeners } = server
    const timeout = typeof server.properties.timeout === 'number' ? server.properties.timeout : 0
    if (listeners === 0) return undefined
    const has = `${server.name} has ${count(listeners, 'listener')} for 'timeout', which makes Node leave to it what timed out. Idle connections are closed by the kit all the same`
    const rest =
      timeout > 0
        ? `but a request under way for ${duration(timeout)} without a byte (server.timeout) is kept for ever unless the listener destroys its socket`
        : 'and server.timeout is off, so nothing is lost; with it, or without the kit, sockets would be kept for ever unless the listener destroys them'
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
  looksAt: 'maxRequestsPerSocket, where maxRequests does not come first',
  remedy:
    'Leave maxRequestsPerSocket at 0 and pass maxRequests to keepAlive(), which ends the connection after the last response',
  look({ server, policy }) {
    const { maxRequestsPerSocket: cap } = server.properties
    const comesFirst = policy.maxRequests > 0 && policy.maxRequests <= Number(cap)
    if (typeof cap !== 'number' || !(cap > 0) || comesFirst) return undefined
    return {
      message: `${server.name} has a maxRequestsPerSocket of ${cap}. Node says Connection: close on response ${cap} without closing, and answers a further request on that connection with 503.`,
      evidence: { maxRequestsPerSocket: cap },
    }
  },
}

const proxyIdlesLong: Check<OneServer> = {
  code: 'KEEPALIVE_PROXY_IDLES_LONG',
  severity: 'info',
  looksAt: 'the default idle timeout of the proxy that behind names',
  remedy:
    "Lower the proxy's idle timeout, to 60 s say, and pass { proxy, idleTimeout } with the new value in ms",
  look({ policy }) {
    const proxy = poolOf(policy.behind)
    if (!proxy || proxy.overridden || proxy.idleTimeout < longIdle) return undefined
    return {
      message: `The proxy ${proxy.id} keeps idle connections for ${duration(proxy.idleTimeout)} by default, so they are kept here for ${duration(policy.keepAliveTimeout)}: whatever it opens in an hour piles up. ${proxy.setting} shortens it.`,
      evidence: {
        proxy: proxy.id,
        idleTimeout: proxy.idleTimeout,
        keepAliveTimeout: policy.keepAliveTimeout,
      },
    }
  },
}

/** Checks of what the server does to its clients by the way it is set up. */
export const behaviorChecks: readonly Check<OneServer>[] = [
  hintTooShort,
  timeoutListener,
  maxRequestsPerSocket,
  proxyIdlesLong,
]
