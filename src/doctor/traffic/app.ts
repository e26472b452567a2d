import { count, duration, number, percent, share } from '../../words.ts'
import type { Check } from '../check.ts'
import type { Traffic } from './traffic.ts'

/** Connections that the app closed, below which nothing is said. */
const leastClosed = 50

/** A close for so many requests costs reuse: fewer are an app's answer to what went wrong. */
const noticed = 0.1

const closes: Check<Traffic> = {
  code: 'KEEPALIVE_APP_CLOSES',
  severity: 'warning',
  looksAt: 'connections that the app itself closed: by Connection: close, without a length, by the socket',
  silentBelow: '50 of them, and 1 in 10 requests',
  remedy:
    'Leave Connection: close out of responses, also one passed on from a backend (give http-proxy an agent with keepAlive: true); set Content-Length for clients of HTTP/1.0; end the response, not its socket',
  look({ snapshot }) {
    const { reasons, closed, appCloses } = snapshot.connections
    const { total } = snapshot.requests
    const app = reasons.app
    if (app < leastClosed || app < noticed * total) return undefined
    const { header, noLength, socket } = appCloses
    const ways = [
      [header, 'by Connection: close in the response'],
      [noLength, 'by a response without a length, which only a close can end'],
      [socket, 'by closing the socket'],
    ] as const
    const parts = ways.filter(([many]) => many > 0).map(([many, way]) => `${number(many)} ${way}`)
    return {
      message: `The app closed ${number(app)} of the ${number(closed)} connections that ended (${percent(app / closed)}), in ${count(total, 'request')}: ${parts.join(', ')}. No client can reuse these.`,
      evidence: { app, closed, share: share(app, closed), header, noLength, socket, requests: total },
    }
  },
}

/** Responses with a hint of the app's, below which nothing is said. */
const leastHints = 5

const hint: Check<Traffic> = {
  code: 'KEEPALIVE_APP_HINT',
  severity: 'warning',
  looksAt: "Keep-Alive headers that the app has set, or passed on from a backend, and the server's timeout",
  silentBelow: '5 responses that were looked at',
  remedy:
    'Leave the Keep-Alive header to the server: remove it from the app, and from the headers that the app passes on from a backend; set the time by keepAliveTimeout',
  look({ snapshot, keepAliveTimeout, closesAfter }) {
    const { responses, least, most } = snapshot.appHints
    if (responses < leastHints || least === null || most === null) return undefined
    if (!Number.isFinite(keepAliveTimeout)) return undefined
    const isLonger = most * 1_000 > closesAfter
    const said = least === most ? `timeout=${most}` : `timeout=${least} to timeout=${most}`
    const effect = isLonger
      ? 'Clients that obey the header send requests into the close'
      : 'Clients that obey the header close connections at another time than the server wants'
    return {
      message: `The app says Keep-Alive: ${said}, and the server closes idle connections after ${duration(closesAfter)} (seen on ${count(responses, 'response')}). ${effect}.`,
      evidence: {
        responses,
        least: least * 1_000,
        most: most * 1_000,
        keepAliveTimeout,
        closesAfter,
        nearMisses: snapshot.requests.nearMisses,
      },
      severity: isLonger ? 'warning' : 'info',
    }
  },
}

/** Checks of what the app itself does to connections. */
export const appChecks: readonly Check<Traffic>[] = [closes, hint]
