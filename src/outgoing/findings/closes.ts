import { inferTimeouts } from '../../stats/infer-timeout.ts'
import { count, duration, number, percent, share } from '../../words.ts'
import type { OutgoingRow } from '../snapshot.ts'
import { found, least, listed, namesOf, type OutgoingCheck } from './rows.ts'

/** Fewer lost requests may be chance. */
const leastLost = 5

/** A share of lost requests that users notice: 1 in 1,000. */
const noticed = 0.001

/** If the server closes a smaller share of the idle connections, that may be its restarts. */
const serverFirst = 0.2

/** In ms. A connection of this age ignores changes of DNS for long. */
const old = 3_600_000

const lostRequests: OutgoingCheck = {
  code: 'OUTGOING_LOST_REQUESTS',
  severity: 'warning',
  looksAt: 'requests on a reused connection that the server closed or reset before it responded',
  silentBelow: '5 such requests',
  remedy:
    "Set the agent's timeout for idle connections below the server's, so that the agent closes first. Retry requests that are safe to send twice",
  look({ origins, other }) {
    const rows = [...origins, other]
    const lost = rows.reduce((sum, { requests }) => sum + requests.lost, 0)
    const reused = rows.reduce((sum, { requests }) => sum + requests.reused, 0)
    if (lost < leastLost) return undefined
    const losing = origins
      .filter(({ requests }) => requests.lost > 0)
      .sort((a, b) => b.requests.lost - a.requests.lost)
    const names = namesOf(losing, ({ origin, requests }) => `${origin} (${number(requests.lost)})`)
    return {
      message: `The server closed or reset the connection of ${count(lost, 'request')} before it responded, ${percent(lost / reused)} of those on a reused connection${names && `: ${names}`}.`,
      evidence: {
        lost,
        reused,
        share: share(lost, reused),
        origins: listed(losing, ({ requests, advertisedTimeout, ownTimeout }) => ({
          lost: requests.lost,
          reused: requests.reused,
          advertisedTimeout,
          ownTimeout,
        })),
      },
      severity: lost >= noticed * reused ? 'error' : 'warning',
    }
  },
}

const timeoutAboveServer: OutgoingCheck = {
  code: 'OUTGOING_TIMEOUT_ABOVE_SERVER',
  severity: 'warning',
  looksAt: 'who closes idle connections: this process or the server',
  silentBelow: '20 idle connections to an origin that the server closed, 20% of all',
  remedy:
    "Set the agent's timeout for idle connections at least 1 s below the server's: timeout of http.Agent, freeSocketTimeout of agentkeepalive, keepAliveTimeout of undici",
  look: (snapshot) =>
    found(
      snapshot.origins.filter(closesSecond),
      (row) => {
        const server = serverTimeoutOf(row)
        const after = server === undefined ? '' : ` after ${duration(server)}`
        return `${row.origin} closes ${percent(serverShare(row))}${after}, ${ownText(row)}`
      },
      (names, many) =>
        `The server is the first to close idle connections, at ${many}. A request that is sent at this moment is lost. ${names}.`,
      (row) => ({
        serverClosed: row.idleGaps.serverClosed.count,
        cutOff: row.idleGaps.cutOff.count,
        serverTimeout: Math.round(serverTimeoutOf(row) ?? 0) || null,
        ownTimeout: row.ownTimeout,
        lost: row.requests.lost,
      }),
    ),
}

const serverShare = ({ idleGaps: { serverClosed, cutOff } }: OutgoingRow): number =>
  serverClosed.count / (serverClosed.count + cutOff.count)

function closesSecond(row: OutgoingRow): boolean {
  return row.idleGaps.serverClosed.count >= least && serverShare(row) >= serverFirst
}

/** The timeout that the server's closes show, or else the one that it advertises. */
function serverTimeoutOf({ idleGaps, advertisedTimeout }: OutgoingRow): number | undefined {
  return inferTimeouts(idleGaps.serverClosed)[0]?.timeout ?? advertisedTimeout ?? undefined
}

function ownText({ ownTimeout }: OutgoingRow): string {
  if (ownTimeout === null) return 'and the timeout of the client library is not known'
  return ownTimeout === 0
    ? 'and the agent has no timeout'
    : `and the timeout of the agent is ${duration(ownTimeout)}`
}

const oldConnections: OutgoingCheck = {
  code: 'OUTGOING_OLD_CONNECTIONS',
  severity: 'info',
  looksAt: 'the age of open connections',
  silentBelow: '1 h',
  remedy:
    "If the origin's address changes in DNS, limit the age: clientTtl of undici's Agent and Pool, socketActiveTTL of agentkeepalive. Otherwise nothing is wrong",
  look: (snapshot) =>
    found(
      snapshot.origins
        .filter(({ connections }) => connections.oldest >= old)
        .sort((a, b) => b.connections.oldest - a.connections.oldest),
      ({ origin, connections }) => `${origin} (${duration(connections.oldest)})`,
      (names, many) =>
        `Connections to ${many} have been open for an hour or more: ${names}. They do not follow a change in DNS.`,
      ({ connections: { oldest, open } }) => ({ oldest, open }),
    ),
}

/** Checks of closed connections, and of those that stay open. */
export const closeChecks: readonly OutgoingCheck[] = [lostRequests, timeoutAboveServer, oldConnections]
