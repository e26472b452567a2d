import { count, number } from '../../words.ts'
import type { OutgoingRow } from '../snapshot.ts'
import { found, least, type OutgoingCheck, sitesOf } from './rows.ts'

/** An origin with a smaller share of reuse practically never reuses a connection. */
const hardlyAny = 0.01

/** If requests come further apart, in ms, a connection could not have waited for the next one. */
const closeTogether = 5_000

/** From this share on, a cause explains an origin. */
const nearlyAll = 0.9

/** What a client library subtracts from the advertised timeout, in ms. If nothing is left, it keeps no connection. */
const subtracted = { http: 1_000, undici: 2_000 } as const

const neverReuses: OutgoingCheck = {
  code: 'OUTGOING_NEVER_REUSES',
  severity: 'warning',
  looksAt: 'origins to which hardly any request reuses a connection, and no other finding names the cause',
  silentBelow: '20 requests to an origin, at most 5 s apart on average',
  remedy:
    'Use one agent with keepAlive: true for all requests, read every response body to its end, and do not send Connection: close. If the server sends it, change the server',
  look: (snapshot) =>
    found(
      snapshot.origins.filter(
        (row) => hasNoReuse(row, snapshot.takenAt) && !hasAgentPerRequest(row) && !hasShortHint(row),
      ),
      (row) =>
        `${row.origin} (${count(row.connections.opened, 'connection')} for ${count(row.requests.total, 'request')}${causeOf(row)})`,
      (names, many) => `Requests to ${many} hardly ever reuse a connection: ${names}.`,
      (row) => ({
        opened: row.connections.opened,
        requests: row.requests.total,
        reused: row.requests.reused,
        askedByUs: row.connections.askedBy.us,
        askedByServer: row.connections.askedBy.server,
        active: row.connections.states.active,
        sites: sitesOf(row),
      }),
    ),
}

function causeOf({ connections: { closed, opened, askedBy, states }, sites }: OutgoingRow): string {
  const from = sites?.[0] ? `, mostly sent from ${sites[0].site}` : ''
  if (closed > 0 && askedBy.us >= nearlyAll * closed) return `; this process sends Connection: close${from}`
  if (closed > 0 && askedBy.server >= nearlyAll * closed) return `; the server sends Connection: close${from}`
  if (states.active >= nearlyAll * opened)
    return `; this process has not read the responses to their end${from}`
  return from
}

const agentPerRequest: OutgoingCheck = {
  code: 'OUTGOING_AGENT_PER_REQUEST',
  severity: 'warning',
  looksAt: 'connections that have their own agent, or their own undici pool',
  silentBelow: '20 connections to an origin',
  remedy: 'Create the agent once, outside the function that sends the requests, and use it for all of them',
  look: (snapshot) =>
    found(
      snapshot.origins.filter(hasAgentPerRequest),
      (row) =>
        `${row.origin} (${count(row.connections.opened, 'connection')}, ${number(row.connections.open)} still open)`,
      (names, many) =>
        `The app creates a new agent for nearly every connection to ${many}, so none is reused: ${names}.`,
      (row) => ({
        agents: row.connections.agents,
        besideIdle: row.connections.besideIdle,
        opened: row.connections.opened,
        open: row.connections.open,
        requests: row.requests.total,
        sites: sitesOf(row),
      }),
    ),
}

const hintTooShort: OutgoingCheck = {
  code: 'OUTGOING_HINT_TOO_SHORT',
  severity: 'warning',
  looksAt: 'origins whose Keep-Alive: timeout= is so short that the client library keeps no connection',
  silentBelow: '20 requests to an origin, at most 5 s apart on average',
  remedy:
    'Raise the keep-alive timeout of the server to 5 s or more: node:http subtracts 1 s from the advertised time, undici 2 s',
  look: (snapshot) =>
    found(
      snapshot.origins.filter((row) => hasShortHint(row) && hasNoReuse(row, snapshot.takenAt)),
      (row) => `${row.origin} (timeout=${row.advertisedTimeout! / 1_000})`,
      (names, many) => `The keep-alive timeout of ${many} is so short that no connection is kept: ${names}.`,
      (row) => ({
        advertisedTimeout: row.advertisedTimeout,
        opened: row.connections.opened,
        requests: row.requests.total,
        reused: row.requests.reused,
        http: row.via.http,
        undici: row.via.undici,
      }),
    ),
}

/** Checks of origins whose connections are not reused. */
export const reuseChecks: readonly OutgoingCheck[] = [neverReuses, agentPerRequest, hintTooShort]

function hasNoReuse({ requests, connections, since }: OutgoingRow, now: number): boolean {
  const { total, reused } = requests
  if (total < least || connections.opened < least || reused > hardlyAny * total) return false
  return (now - since) / total <= closeTogether
}

function hasAgentPerRequest({ connections, requests }: OutgoingRow): boolean {
  const { agents, besideIdle, opened } = connections
  if (opened < least) return false
  // The channels do not name undici's pools. But a single pool would have used the connection that was idle.
  const isSpread = besideIdle >= nearlyAll * opened && requests.reused <= hardlyAny * requests.total
  return agents >= nearlyAll * opened || isSpread
}

function hasShortHint({ advertisedTimeout, via }: OutgoingRow): boolean {
  if (advertisedTimeout === null) return false
  return advertisedTimeout <= (via.undici > via.http ? subtracted.undici : subtracted.http)
}
