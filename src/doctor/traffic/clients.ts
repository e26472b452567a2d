import type { CloseReason } from '../../reasons.ts'
import { lowerBound } from '../../stats/histogram.ts'
import type { ClientRow, Histogram } from '../../stats/snapshot.ts'
import { count, number, percent } from '../../words.ts'
import type { Check } from '../check.ts'
import type { Traffic } from './traffic.ts'

/** Connections, and requests, of a client below which nothing is said of it. */
const leastOfClient = 50

/** Nothing is said of a client in the first minute: a run of tests is no traffic. */
const leastTime = 60_000

/** Of requests: a client that reuses less never does. */
const hardlyAny = 0.01

/** The most clients named. */
const mostNamed = 3

/** New connections in a minute that make a load test: 20 a second. */
const leastOfLoad = 1_200

/** The share of all connections that the few addresses of a load test have. */
const mostConnections = 0.9

/** Closed connections below which nothing is said of how requests are spread over them. */
const leastClosed = 200
const top = 0.1
const mostRequests = 0.75

/** Closes that leave a client no choice. */
const ours: readonly CloseReason[] = [
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
  looksAt: 'clients that end a connection after one request and open the next one within 1 s',
  silentBelow: '1 minute, and 50 such connections of one address, more than 10 in a row',
  remedy:
    'If the address is a proxy, let it keep connections: in nginx set proxy_http_version 1.1, proxy_set_header Connection "" and keepalive in the upstream block; else make one client or agent in that program, with keep-alive on, and use it for all requests',
  look({ snapshot }) {
    if (snapshot.takenAt - snapshot.since < leastTime) return undefined
    const clients = snapshot.clients.rows.filter(opensForEach)
    if (clients.length === 0) return undefined
    const named = clients.slice(0, mostNamed).map(nameOf)
    const more = clients.length > mostNamed ? ` and ${clients.length - mostNamed} more` : ''
    const who = `${count(clients.length, 'client')} ${clients.length === 1 ? 'opens' : 'open'}`
    return {
      message: `${who} a connection for every request, within 1 s of ending another: ${named.join(', ')}${more}.`,
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

/** A client that opens a connection for every request, and could do otherwise. */
export function opensForEach(row: ClientRow): boolean {
  const { address, connections, requests, reused, reasons, avoidable = 0, healthChecks = 0 } = row
  if (address === null || connections < leastOfClient || requests < leastOfClient) return false
  if (avoidable < leastOfClient || avoidable * 2 < connections || healthChecks * 2 > connections) return false
  return reused <= hardlyAny * requests && hasChoice([reasons])
}

/** A client that checks whether the server is there: by its User-Agent, or by one request at a time at even times. */
export function isHealthChecker({ address, connections, healthChecks = 0 }: ClientRow): boolean {
  return address !== null && healthChecks > 0 && healthChecks * 2 > connections
}

/** Whether most of the closes left the clients a choice. */
function hasChoice(all: readonly ClientRow['reasons'][]): boolean {
  let closed = 0
  let byUs = 0
  for (const reasons of all) {
    for (const count of Object.values(reasons)) closed += count
    for (const reason of ours) byUs += reasons[reason] ?? 0
  }
  return byUs * 2 <= closed
}

function nameOf({ address, connections, requests, reasons, avoidable = 0 }: ClientRow): string {
  const [most] = Object.entries(reasons).sort(([, a], [, b]) => b - a)
  const how = most ? `, mostly ended by ${most[0]}` : ''
  return `${address} (${count(connections, 'connection')} for ${count(requests, 'request')}, ${number(avoidable)} of them avoidable${how})`
}

const loadWithoutReuse: Check<Traffic> = {
  code: 'KEEPALIVE_LOAD_WITHOUT_REUSE',
  severity: 'info',
  looksAt: 'many new connections in the last minute, from at most 3 addresses and without reuse',
  silentBelow: '1200 connections and 1200 requests in the last minute',
  remedy:
    'In a load test, turn keep-alive on, or it measures handshakes: ab -k, hey without -disable-keepalive, k6 without noConnectionReuse; in a proxy, let it keep connections (nginx: proxy_http_version 1.1, proxy_set_header Connection "" and keepalive in the upstream block)',
  look({ snapshot }) {
    const { opened, requests, reused } = snapshot.windows.minute
    if (opened < leastOfLoad || requests < leastOfLoad || reused > hardlyAny * requests) return undefined
    const recent = snapshot.clients.rows
      .filter(({ lastSeen }) => snapshot.takenAt - lastSeen <= 60_000)
      .slice(0, mostNamed)
    const few: ClientRow[] = []
    let connections = 0
    for (const row of recent) {
      if (connections >= mostConnections * snapshot.connections.opened) break
      few.push(row)
      connections += row.connections
    }
    if (connections < mostConnections * snapshot.connections.opened) return undefined
    // Clients that leave their connections open may be many behind one address, with a request each.
    const avoidable = few.reduce((sum, row) => sum + (row.avoidable ?? 0), 0)
    if (avoidable * 2 < connections || !hasChoice(few.map(({ reasons }) => reasons))) return undefined
    return {
      message: `${few.map(({ address }) => address).join(', ')} opened nearly all of ${count(opened, 'connection')} in the last minute, for ${count(requests, 'request')}: a load test without keep-alive, or a proxy that keeps no connections to this server.`,
      evidence: { opened, requests, reused, connections, avoidable, addresses: few.length },
    }
  },
}

const skewed: Check<Traffic> = {
  code: 'KEEPALIVE_SKEWED_REQUESTS',
  severity: 'info',
  looksAt: 'closed connections with more than one request: the share of requests on the tenth that had most',
  silentBelow: '200 such connections',
  remedy:
    'Where several servers share the load, cap connections with maxRequests or maxAge, with jitter, so that they are spread anew',
  look({ snapshot }) {
    const histogram = withoutSingles(snapshot.histograms.requestsPerConnection)
    if (histogram.count < leastClosed) return undefined
    const carried = carriedByTop(histogram, top)
    if (carried < mostRequests) return undefined
    return {
      message: `Of ${number(histogram.count)} closed connections with more than one request, a tenth carried about ${percent(carried)} of ${number(histogram.sum)} requests: load follows connections, not requests.`,
      evidence: {
        connections: histogram.count,
        requests: histogram.sum,
        share: Number(carried.toPrecision(3)),
      },
    }
  },
}

/** Health checks, and whatever else takes a connection for one request, say nothing of those that are reused. */
function withoutSingles({ count: values, bins, sum }: Histogram): Histogram {
  const [none = 0, one = 0] = bins
  return { count: values - none - one, sum: sum - one, bins: [0, 0, ...bins.slice(2)] }
}

/** The share of the sum that the greatest values hold; their part of a bin counts by its middle. */
function carriedByTop({ count: values, bins, sum }: Histogram, part: number): number {
  const middles = bins.map((_, bin) => Math.sqrt(Math.max(1, lowerBound(bin)) * lowerBound(bin + 1)))
  // Bins are wide: scaled to the sum, which is exact.
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

/** Checks of what clients do with their connections. */
export const clientChecks: readonly Check<Traffic>[] = [neverReuses, loadWithoutReuse, skewed]
