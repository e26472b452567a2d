import type { Symptom } from './failure.ts'
import type { ConnectionRecord } from './records.ts'

/** Why a request failed. `docs/explain.md` has a row for each. */
export const causes = [
  'idle-timeout',
  'evicted',
  'drain',
  'cap',
  'app-close',
  'app-destroy',
  'header-timeout',
  'request-timeout',
  'inactivity',
  'bad-request',
  'restart',
  'crash',
  'refused',
  'connect-timeout',
  'unreachable',
  'tls',
  'no-server',
  'proxy-timeout',
  'bad-response',
  'app-error',
  'network',
  'between',
  'elsewhere',
  'unknown',
] as const

export type Cause = (typeof causes)[number]

/** What happened, and what to do: sentences without a full stop. */
export interface CauseText {
  readonly what: string
  readonly remedy: string
}

export const causeTexts: Readonly<Record<Cause, CauseText>> = {
  'idle-timeout': {
    what: 'the server closed an idle connection while the proxy sent a request on it',
    remedy: 'Set keepAliveTimeout above the idle timeout of the proxy: keepAlive({ behind: … })',
  },
  evicted: {
    what: 'the server closed an idle connection because more than maxIdle were idle',
    remedy: 'Raise maxIdle and minIdle, or let the proxy keep fewer idle connections',
  },
  drain: {
    what: 'the server closed the connection while it shut down',
    remedy: 'Take the instance out of the proxy before it drains: pass readiness and wait to drain()',
  },
  cap: {
    what: 'the server closed the connection at maxRequests or maxAge while the proxy sent another request',
    remedy: 'The response before said Connection: close: use a proxy that obeys it, or raise the cap',
  },
  'app-close': {
    what: 'the app closes connections after its responses, and the proxy sent another request',
    remedy: 'Remove Connection: close from the responses of the app, and send a Content-Length',
  },
  'app-destroy': {
    what: 'the app closed the socket while the request was under way',
    remedy:
      'Find what destroys the socket in the handler: req.destroy(), res.destroy(), socket.destroy(), an aborted pipe',
  },
  'header-timeout': {
    what: 'the request headers took longer than headersTimeout',
    remedy: 'Raise headersTimeout above the idle timeout of the proxy',
  },
  'request-timeout': {
    what: 'the request took longer than requestTimeout to arrive',
    remedy: 'Raise server.requestTimeout, or let the proxy buffer uploads',
  },
  inactivity: {
    what: 'server.timeout passed while the request was under way',
    remedy: 'Set server.timeout to 0, or above the longest response time',
  },
  'bad-request': {
    what: 'Node could not parse the request',
    remedy: 'Look at what the proxy sends: header size (maxHeaderSize), illegal characters',
  },
  restart: {
    what: 'the process ended in a restart before it had answered',
    remedy: 'Wait for the drain before the process exits, and give it longer than the slowest response',
  },
  crash: {
    what: 'the process ended with the request under way: a crash or a kill',
    remedy: "Look for the process's last words: an uncaught exception, out of memory, SIGKILL",
  },
  refused: {
    what: 'nothing accepted the connection',
    remedy: 'Start the new process before the old one stops, and check host and port',
  },
  'connect-timeout': {
    what: 'the connection did not open in time',
    remedy: 'Look at a blocked event loop, the listen backlog and the network',
  },
  unreachable: {
    what: 'the connection could not be opened',
    remedy: "Check the server's address, DNS and the network between the proxy and the server",
  },
  tls: {
    what: 'the TLS handshake with the server failed',
    remedy: 'Check certificate, protocol versions and whether the port speaks TLS',
  },
  'no-server': {
    what: 'the proxy had no server that it took to be up',
    remedy: 'Look at health checks and at the failures before: the proxy has taken the servers out',
  },
  'proxy-timeout': {
    what: 'the response took longer than the timeout of the proxy',
    remedy: 'Make the handler faster, or raise the response timeout of the proxy',
  },
  'bad-response': {
    what: 'the proxy could not read the response',
    remedy: "Look at the response's headers: their size, and their form",
  },
  'app-error': {
    what: 'the app itself answered with an error',
    remedy: "Look at the app's own log: the connection did not fail",
  },
  network: {
    what: 'the network failed',
    remedy: 'Look at the network between the proxy and the server',
  },
  between: {
    what: 'something between the proxy and the server closed the connection: each says that the other side did',
    remedy:
      'Look at sidecars, NAT, firewalls and load balancers of layer 4 between them, and their idle timeouts',
  },
  elsewhere: {
    what: 'no connection of this server: the process ran on, and has no record of it',
    remedy:
      'Not a matter of keep-alive here: look at what else listens at that address, at sidecars and the network',
  },
  unknown: {
    what: 'the cause is not known',
    remedy:
      'Give --records of all processes and of the whole time, and log what docs/explain.md says for the proxy',
  },
}

/** What the proxy's log proves by itself. */
export const proven: Readonly<Partial<Record<Symptom, Cause>>> = {
  refused: 'refused',
  'connect-timeout': 'connect-timeout',
  unreachable: 'unreachable',
  tls: 'tls',
  'no-server': 'no-server',
  'response-timeout': 'proxy-timeout',
  'bad-response': 'bad-response',
  answered: 'app-error',
}

/** Why the connection of a record ended a request that the proxy sent on it. */
export function causeOf({ reason, late, appClose, closedBy }: ConnectionRecord, symptom: Symptom): Cause {
  switch (reason) {
    case 'max-requests':
    case 'max-age':
      return 'cap'
    case 'app':
      return late > 0 || (appClose !== undefined && appClose !== 'socket') ? 'app-close' : 'app-destroy'
    case 'client-asked':
      return symptom === 'cut' ? 'unknown' : 'between'
    case 'client-idle':
    case 'client-abort':
    case 'client-reset':
    case 'client-goaway':
      return 'between'
    case 'protocol-error':
      return 'bad-request'
    case 'never-used':
      return closedBy === 'server' ? 'header-timeout' : 'between'
    case 'error':
      return 'network'
    case 'upgrade':
      return 'unknown'
    default:
      return reason
  }
}

/**
 * Whether a record by itself tells of a request that was lost: without a port, only such a record may stand for a failure.
 *
 * @returns how many requests; 0 for none.
 */
export function lostBy({ reason, late, appClose, closedBy }: ConnectionRecord): number {
  if (late > 0) return late
  if (reason === 'app') return appClose === undefined || appClose === 'socket' ? 1 : 0
  return reason === 'inactivity' || (reason === 'error' && closedBy !== 'client') ? 1 : 0
}
