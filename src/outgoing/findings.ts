import type { Check } from '../doctor/check.ts'
import type { Evidence, OutgoingFindingCode } from '../findings.ts'
import { inferTimeouts } from '../stats/infer-timeout.ts'
import { count, duration, number, percent, share } from '../words.ts'
import type { OutgoingRow, OutgoingSnapshot } from './snapshot.ts'

/** Requests, and connections, of an origin below which nothing is said of it. */
const least = 20

/** Of requests: what reuses less never does. */
const hardlyAny = 0.01

/** Where requests come further apart, a connection could not have waited for the next, in ms. */
const closeTogether = 5_000

/** So few lost requests may be chance. */
const leastLost = 5

/** A share of lost requests that users notice: 1 in 1,000. */
const noticed = 0.001

/** Of the idle connections that were closed: what the server closes beyond is no restart now and then. */
const serverFirst = 0.2

/** Most new connections came with an agent of their own. */
const nearlyAll = 0.9

/** What a client takes off the server's timeout, in ms: `node:http` 1 s, undici 2 s. A connection is not kept for 0. */
const takenOff = { http: 1_000, undici: 2_000 } as const

/** So long, in ms, no change of an address is noticed. */
const old = 3_600_000

/** The most origins named in a message, and in the evidence. */
const mostNamed = 3
const mostListed = 10

type OutgoingCheck = Check<OutgoingSnapshot, OutgoingFindingCode>

const neverReuses: OutgoingCheck = {
  code: 'OUTGOING_NEVER_REUSES',
  severity: 'warning',
  looksAt:
    'origins to which hardly any request reuses a connection, for no reason that another finding names',
  silentBelow: '20 requests of an origin, 5 s apart or less on average',
  remedy:
    'Use one agent with keepAlive: true for all requests, read or discard each response body, and send no Connection: close; if the server says it, have that changed there',
  look(snapshot) {
    const rows = rowsOf(snapshot).filter(
      (row) => hasNoReuse(row, snapshot.takenAt) && !hasAgentPerRequest(row) && !hasShortHint(row),
    )
    return found(
      rows,
      (row) =>
        `${row.origin} (${count(row.connections.opened, 'connection')} for ${count(row.requests.total, 'request')}${causeOf(row)})`,
      (names, many) => `Hardly any request to ${many} reuses a connection: ${names}.`,
      ({ connections: { opened, askedBy, states }, requests, sites = [] }) => ({
        opened,
        requests: requests.total,
        reused: requests.reused,
        askedByUs: askedBy.us,
        askedByServer: askedBy.server,
        active: states.active,
        sites: sites.slice(0, mostListed).map(({ site, count: sampled }) => ({ site, count: sampled })),
      }),
    )
  },
}

function causeOf({ connections: { closed, opened, askedBy, states }, sites }: OutgoingRow): string {
  const from = sites?.[0] ? `, most from ${sites[0].site}` : ''
  if (closed > 0 && askedBy.us >= nearlyAll * closed) return `, this process says Connection: close${from}`
  if (closed > 0 && askedBy.server >= nearlyAll * closed) return `, the server says Connection: close${from}`
  if (states.active >= nearlyAll * opened) return `, whose responses have not been read to the end${from}`
  return from
}

const agentPerRequest: OutgoingCheck = {
  code: 'OUTGOING_AGENT_PER_REQUEST',
  severity: 'warning',
  looksAt: 'connections that come with an agent, or an undici pool, of their own',
  silentBelow: '20 connections of an origin',
  remedy: 'Make the agent once, outside of the function that sends the request, and use it for all requests',
  look: (snapshot) =>
    found(
      rowsOf(snapshot).filter(hasAgentPerRequest),
      ({ origin, connections: { opened, open } }) =>
        `${origin} (${count(opened, 'connection')}, ${number(open)} still open)`,
      (names, many) =>
        `This process makes a new agent for nearly every connection to ${many}, so none is ever reused: ${names}.`,
      ({ connections: { agents, besideIdle, opened, open }, requests, sites = [] }) => ({
        agents,
        besideIdle,
        opened,
        open,
        requests: requests.total,
        sites: sites.slice(0, mostListed).map(({ site, count: sampled }) => ({ site, count: sampled })),
      }),
    ),
}

const hintTooShort: OutgoingCheck = {
  code: 'OUTGOING_HINT_TOO_SHORT',
  severity: 'warning',
  looksAt: 'origins whose Keep-Alive: timeout= is so short that the client library keeps no connection',
  silentBelow: '20 requests of an origin, 5 s apart or less on average',
  remedy:
    "Have the server's keep-alive timeout raised to 5 s or more: node:http takes 1 s off the advertised time, undici 2 s",
  look: (snapshot) =>
    found(
      rowsOf(snapshot).filter((row) => hasShortHint(row) && hasNoReuse(row, snapshot.takenAt)),
      ({ origin, advertisedTimeout }) => `${origin} (timeout=${advertisedTimeout! / 1_000})`,
      (names, many) =>
        `${many} advertise${many.startsWith('1 ') ? 's' : ''} a keep-alive timeout so short that connections are not kept: ${names}.`,
      ({ advertisedTimeout, connections: { opened }, requests, via }) => ({
        advertisedTimeout,
        opened,
        requests: requests.total,
        reused: requests.reused,
        http: via.http,
        undici: via.undici,
      }),
    ),
}

const lostRequests: OutgoingCheck = {
  code: 'OUTGOING_LOST_REQUESTS',
  severity: 'warning',
  looksAt: 'requests on a reused connection that the server closed or reset before it responded',
  silentBelow: '5 of them',
  remedy:
    "Let the agent close idle connections before the server does: set its timeout below the server's, and retry requests that may be sent twice",
  look(snapshot) {
    const all = [...snapshot.origins, snapshot.other].reduce(
      (sum, { requests }) => ({ lost: sum.lost + requests.lost, reused: sum.reused + requests.reused }),
      { lost: 0, reused: 0 },
    )
    if (all.lost < leastLost) return undefined
    const rows = rowsOf(snapshot)
      .filter(({ requests }) => requests.lost > 0)
      .sort((a, b) => b.requests.lost - a.requests.lost)
    const names = namesOf(rows, ({ origin, requests }) => `${origin} (${number(requests.lost)})`)
    return {
      message: `${count(all.lost, 'request')} met a connection that the server was just closing, ${percent(all.lost / all.reused)} of those on a reused connection${names && `: ${names}`}.`,
      evidence: {
        lost: all.lost,
        reused: all.reused,
        share: share(all.lost, all.reused),
        origins: listed(rows, ({ requests, advertisedTimeout, ownTimeout }) => ({
          lost: requests.lost,
          reused: requests.reused,
          advertisedTimeout,
          ownTimeout,
        })),
      },
      severity: all.lost >= noticed * all.reused ? 'error' : 'warning',
    }
  },
}

const timeoutAboveServer: OutgoingCheck = {
  code: 'OUTGOING_TIMEOUT_ABOVE_SERVER',
  severity: 'warning',
  looksAt: 'who closes idle connections: this process or the server',
  silentBelow: '20 idle connections of an origin that the server closed',
  remedy:
    "Set the agent's timeout for idle connections (timeout of http.Agent, freeSocketTimeout of agentkeepalive, keepAliveTimeout of undici) 1 s or more below the server's",
  look: (snapshot) =>
    found(
      rowsOf(snapshot).filter(closesSecond),
      (row) => {
        const { serverClosed, cutOff } = row.idleGaps
        const server = serverTimeoutOf(row)
        const after = server === undefined ? '' : ` after ${duration(server)}`
        return `${row.origin} closes ${percent(serverClosed.count / (serverClosed.count + cutOff.count))} of them${after}, ${ownText(row)}`
      },
      (names, many) =>
        `The server closes idle connections before this process does, at ${many}; a request sent at that moment is lost. ${names}.`,
      (row) => ({
        serverClosed: row.idleGaps.serverClosed.count,
        cutOff: row.idleGaps.cutOff.count,
        serverTimeout: Math.round(serverTimeoutOf(row) ?? 0) || null,
        advertisedTimeout: row.advertisedTimeout,
        ownTimeout: row.ownTimeout,
        lost: row.requests.lost,
      }),
    ),
}

function closesSecond({ idleGaps: { serverClosed, cutOff } }: OutgoingRow): boolean {
  return (
    serverClosed.count >= least && serverClosed.count >= serverFirst * (serverClosed.count + cutOff.count)
  )
}

/** As its closes show it, or else as it says. */
function serverTimeoutOf({ idleGaps, advertisedTimeout }: OutgoingRow): number | undefined {
  return inferTimeouts(idleGaps.serverClosed)[0]?.timeout ?? advertisedTimeout ?? undefined
}

function ownText({ ownTimeout }: OutgoingRow): string {
  if (ownTimeout === null) return 'and the timeout of the client library is not known'
  return ownTimeout === 0
    ? 'and the agent has no timeout'
    : `and the agent's timeout is ${duration(ownTimeout)}`
}

const oldConnections: OutgoingCheck = {
  code: 'OUTGOING_OLD_CONNECTIONS',
  severity: 'info',
  looksAt: 'the age of open connections',
  silentBelow: '1 h',
  remedy:
    "If the origin moves by DNS, limit the age: clientTtl of undici's Agent and Pool, socketActiveTTL of agentkeepalive; else this is as it should be",
  look: (snapshot) =>
    found(
      rowsOf(snapshot)
        .filter(({ connections }) => connections.oldest >= old)
        .sort((a, b) => b.connections.oldest - a.connections.oldest),
      ({ origin, connections }) => `${origin} (${duration(connections.oldest)})`,
      (names, many) =>
        `Connections to ${many} have been open for an hour or more: ${names}. An address that DNS has given since is not used by them.`,
      ({ connections: { oldest, open } }) => ({ oldest, open }),
    ),
}

/** Every check of outgoing connections. docs/findings.md is checked against it. */
export const outgoingChecks: readonly OutgoingCheck[] = [
  neverReuses,
  agentPerRequest,
  hintTooShort,
  lostRequests,
  timeoutAboveServer,
  oldConnections,
]

/** The origins that have a row of their own. */
function rowsOf({ origins }: OutgoingSnapshot): OutgoingRow[] {
  return [...origins]
}

function hasNoReuse({ requests, connections, since }: OutgoingRow, now: number): boolean {
  const { total, reused } = requests
  if (total < least || connections.opened < least || reused > hardlyAny * total) return false
  return (now - since) / total <= closeTogether
}

function hasAgentPerRequest({ connections, requests }: OutgoingRow): boolean {
  const { agents, besideIdle, opened } = connections
  if (opened < least) return false
  // undici does not tell of its pools. But one pool would have used a connection that was idle.
  const isSpread = besideIdle >= nearlyAll * opened && requests.reused <= hardlyAny * requests.total
  return agents >= nearlyAll * opened || isSpread
}

function hasShortHint({ advertisedTimeout, via }: OutgoingRow): boolean {
  if (advertisedTimeout === null) return false
  return advertisedTimeout <= (via.undici > via.http ? takenOff.undici : takenOff.http)
}

/** What a check of origins has found: `undefined` where there is none. */
function found(
  rows: readonly OutgoingRow[],
  name: (row: OutgoingRow) => string,
  message: (names: string, many: string) => string,
  evidence: (row: OutgoingRow) => Evidence,
): { message: string; evidence: Evidence } | undefined {
  if (rows.length === 0) return undefined
  return {
    message: message(namesOf(rows, name), count(rows.length, 'origin')),
    evidence: { origins: listed(rows, evidence) },
  }
}

function namesOf(rows: readonly OutgoingRow[], name: (row: OutgoingRow) => string): string {
  const more = rows.length > mostNamed ? ` and ${rows.length - mostNamed} more` : ''
  return rows.slice(0, mostNamed).map(name).join(', ') + more
}

function listed(rows: readonly OutgoingRow[], evidence: (row: OutgoingRow) => Evidence): Evidence[] {
  return rows.slice(0, mostListed).map((row) => ({ origin: row.origin, ...evidence(row) }))
}
