import { count, duration, number, percent, share } from '../../words.ts'
import type { Check } from '../check.ts'
import type { Traffic } from './traffic.ts'

/** With fewer connections closed by the app, the check says nothing. */
const minClosed = 50

/** A close for this share of the requests costs reuse. Fewer closes are the app's reaction to errors. */
const noticed = 0.1

const closes: Check<Traffic> = {
  code: 'KEEPALIVE_APP_CLOSES',
  severity: 'warning',
  looksAt:
    'connections that the app itself closed: by Connection: close, by a response without a length, by the socket',
  silentBelow: '50 such connections, and 1 in 10 requests',
  remedy:
    'Do not send Connection: close, and do not pass it on from a backend (give http-proxy an agent with keepAlive: true). Set Content-Length for clients of HTTP/1.0. End the response, not its socket',
  look({ snapshot }) {
    const { reasons, closed, appCloses } = snapshot.connections
    const { total } = snapshot.requests
    const app = reasons.app
    if (app < minClosed || app < noticed * total) return undefined
    const { header, noLength, socket } = appCloses
    const ways = [
      [header, 'by Connection: close in the response'],
      [noLength, 'by a response without a length, which only a close can end'],
      [socket, 'by closing the socket'],
    ] as const
    const parts = ways.filter(([many]) => many > 0).map(([many, way]) => `${number(many)} ${way}`)
    return {
      message: `The app closed ${number(app)} of ${number(closed)} connections (${percent(app / closed)}) in ${count(total, 'request')}: ${parts.join(', ')}. No client can reuse these connections.`,
      evidence: { app, closed, share: share(app, closed), header, noLength, socket, requests: total },
    }
  },
}

/** With fewer responses with a header of the app, the check says nothing. */
const minHints = 5

const hint: Check<Traffic> = {
  code: 'KEEPALIVE_APP_HINT',
  severity: 'warning',
  looksAt:
    "Keep-Alive headers of the app, or of a backend whose responses the app passes on, and the server's timeout",
  silentBelow: '5 checked responses',
  remedy:
    'Leave the Keep-Alive header to the server: remove it from the app, and from the headers that the app passes on. Set the time with keepAliveTimeout',
  look({ snapshot, keepAliveTimeout, closesAfter }) {
    const { responses, least, most } = snapshot.appHints
    if (responses < minHints || least === null || most === null) return undefined
    if (!Number.isFinite(keepAliveTimeout)) return undefined
    const isLonger = most * 1_000 > closesAfter
    const said = least === most ? `timeout=${most}` : `timeout=${least} to timeout=${most}`
    const effect = isLonger
      ? 'Clients that obey the header may send a request just as the server closes'
      : 'Clients that obey the header close at another time than the server advertises'
    return {
      message: `The app sends Keep-Alive: ${said}, but the server closes idle connections after ${duration(closesAfter)} (seen on ${count(responses, 'response')}). ${effect}.`,
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

/** Checks what the app itself does to connections. */
export const appChecks: readonly Check<Traffic>[] = [closes, hint]
