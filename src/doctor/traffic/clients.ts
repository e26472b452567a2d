import type { CloseReason } from '../../reasons.ts'
import { lowerBound } from '../../stats/histogram.ts'
import type { ClientRow, Histogram } from '../../stats/snapshot.ts'
import { count, number, percent } from '../../words.ts'
import type { Check } from '../check.ts'
import type { Traffic } from './traffic.ts'

/** The minimum number of connections, and of requests, of a client that a finding names. */
const minPerClient = 50

/** No finding about a client in the first minute: a test run is not traffic. */
const minTime = 60_000

/** A client that reuses a smaller share of its requests than this never reuses. */
const negligible = 0.01

/** Maximum number of clients that a message names. */
const maxNamed = 3

/** This many new connections in a minute are a load test: 20 a second. */
const minLoad = 1_200

/** The few addresses of a load test have at least this share of all connections. */
const loadShare = 0.9

/** With fewer closed connections, the distribution of requests says nothing. */
const minClosed = 200
const top = 0.1
const skewedShare = 0.75

/** Closes by the server: the client could not keep these connections. */
const byServer: readonly CloseReason[] = [
  'app',
  'max-requests',
  'max-age',
  'drain',
  'evicted',
  'header-timeout',
  'request-timeout',
  'inactivity',
  'bad-request',
]

const neverReuses: Check<Traffic> = {
  code: 'KEEPALIVE_CLIENT_NEVER_REUSES',
  severity: 'warning',
  looksAt: 'clients that close a connection after one request and open the next one within 1 s',
  silentBelow: '1 minute, and 50 such connections of one address, more than 10 in a row',
  remedy:
    'If the client is a proxy, let it keep connections: in nginx set proxy_http_version 1.1, proxy_set_header Connection "" and keepalive in the upstream block. Otherwise create one client or agent with keep-alive in that program, and use it for all requests',
  look({ snapshot }) {
    if (snapshot.takenAt - snapshot.since < minTime) return undefined
    const clients = snapshot.clients.rows.filter(opensForEach)
    if (clients.length === 0) return undefined
    const named = clients.slice(0, maxNamed).map(nameOf)
    const more = clients.length > maxNamed ? ` and ${clients.length - maxNamed} more` : ''
    const who = `${count(clients.length, 'client')} ${clients.length === 1 ? 'opens' : 'open'}`
    return {
      message: `${who} a connection for every request, within 1 s of closing another: ${named.join(', ')}${more}.`,
      evidence: {
        clients: clients.map(({ address, connections, requests, reused, avoidable = 0 }) => ({
          address,
          connections,
          requests,
          reused,
          avoidable,
        })),
      },
    }
  },
}

/** Whether a client opens a connection for every request although it could keep one. */
export function opensForEach(row: ClientRow): boolean {
  const { address, connections, requests, reused, reasons, avoidable = 0, healthChecks = 0 } = row
  if (address === null || connections < minPerClient || requests < minPerClient) return false
  if (avoidable < minPerClient || avoidable * 2 < connections || healthChecks * 2 > connections) return false
  return reused <= negligible * requests && hasChoice([reasons])
}

/** Whether a client is a health checker: by its User-Agent, or because it sends one request at a time at regular intervals. */
export function isHealthChecker({ address, connections, healthChecks = 0 }: ClientRow): boolean {
  return address !== null && healthChecks > 0 && healthChecks * 2 > connections
}

/** Whether most connections could have been kept by the clients. */
function hasChoice(all: readonly ClientRow['reasons'][]): boolean {
  let closed = 0
  let forced = 0
  for (const reasons of all) {
    for (const count of Object.values(reasons)) closed += count
    for (const reason of byServer) forced += reasons[reason] ?? 0
  }
  return forced * 2 <= closed
}

function nameOf({ address, connections, requests, reasons, avoidable = 0 }: ClientRow): string {
  const [most] = Object.entries(reasons).sort(([, a], [, b]) => b - a)
  const how = most ? `, mostly ended by ${most[0]}` : ''
  return `${address} (${count(connections, 'connection')} for ${count(requests, 'request')}, ${number(avoidable)} of the connections avoidable${how})`
}

const loadWithoutReuse: Check<Traffic> = {
  code: 'KEEPALIVE_LOAD_WITHOUT_REUSE',
  severity: 'info',
  looksAt: 'many new connections in the last minute, from at most 3 addresses and without reuse',
  silentBelow: '1,200 connections and 1,200 requests in the last minute',
  remedy:
    'In a load test, turn keep-alive on; otherwise it measures handshakes: ab -k, hey without -disable-keepalive, k6 without noConnectionReuse. In a proxy, let it keep connections (nginx: proxy_http_version 1.1, proxy_set_header Connection "" and keepalive in the upstream block)',
  look({ snapshot }) {
    const { opened, requests, reused } = snapshot.windows.minute
    if (opened < minLoad || requests < minLoad || reused > negligible * requests) return undefined
    const recent = snapshot.clients.rows
      .filter(({ lastSeen }) => snapshot.takenAt - lastSeen <= 60_000)
      .slice(0, maxNamed)
    const few: ClientRow[] = []
    let connections = 0
    for (const row of recent) {
      if (connections >= loadShare * snapshot.connections.opened) break
      few.push(row)
      connections += row.connections
    }
    if (connections < loadShare * snapshot.connections.opened) return undefined
    // If the connections stay open, there may be many clients behind one address, each with one request.
    const avoidable = few.reduce((sum, row) => sum + (row.avoidable ?? 0), 0)
    if (avoidable * 2 < connections || !hasChoice(few.map(({ reasons }) => reasons))) return undefined
    return {
      message: `${few.map(({ address }) => address).join(', ')} opened nearly all of ${count(opened, 'connection')} in the last minute, for ${count(requests, 'request')}. This is a load test without keep-alive, or a proxy that keeps no connections to this server.`,
      evidence: { opened, requests, reused, connections, avoidable, addresses: few.length },
    }
  },
}

const skewed: Check<Traffic> = {
  code: 'KEEPALIVE_SKEWED_REQUESTS',
  severity: 'info',
  looksAt: 'closed connections with more than one request: the share of all requests on the busiest tenth',
  silentBelow: '200 such connections',
  remedy:
    'If several servers share the load, limit connections with maxRequests or maxAge, with jitter, so that clients reconnect and spread',
  look({ snapshot }) {
    const histogram = withoutSingles(snapshot.histograms.requestsPerConnection)
    if (histogram.count < minClosed) return undefined
    const carried = carriedByTop(histogram, top)
    if (carried < skewedShare) return undefined
    return {
      message: `A tenth of ${number(histogram.count)} closed connections with more than one request carried about ${percent(carried)} of ${number(histogram.sum)} requests. The load follows connections, not requests.`,
      evidence: {
        connections: histogram.count,
        requests: histogram.sum,
        share: Number(carried.toPrecision(3)),
      },
    }
  },
}

/** Without connections for one request, such as health checks: they say nothing about the connections that are reused. */
function withoutSingles({ count: values, bins, sum }: Histogram): Histogram {
  const [none = 0, one = 0] = bins
  return { count: values - none - one, sum: sum - one, bins: [0, 0, ...bins.slice(2)] }
}

/** The share of the sum that the largest values have. A value counts as the middle of its bin. */
function carriedByTop({ count: values, bins, sum }: Histogram, part: number): number {
  const middles = bins.map((_, bin) => Math.sqrt(Math.max(1, lowerBound(bin)) * lowerBound(bin + 1)))
  // Bins are wide, so the values are scaled to the sum, which is exact.
  const scale = sum / bins.reduce((total, each, bin) => total + each * (bin === 0 ? 0 : middles[bin]!), 0)
  let left = values * part
  let carried = 0
  for (let bin = bins.length - 1; bin > 0 && left > 0; bin--) {
    const taken = Math.min(left, bins[bin]!)
    carried += taken * middles[bin]! * scale
    left -= taken
  }
  return carried / sum
}

/** Checks how clients use their connections. */
export const clientChecks: readonly Check<Traffic>[] = [neverReuses, loadWithoutReuse, skewed]
