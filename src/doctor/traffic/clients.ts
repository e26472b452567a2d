import type { CloseReason } from '../../reasons.ts'
import { lowerBound } from '../../stats/histogram.ts'
import type { ClientRow, Histogram } from '../../stats/snapshot.ts'
import { count, percent } from '../../words.ts'
import type { Check } from '../check.ts'
import type { Traffic } from './traffic.ts'

/** Connections, and requests, of a client below which nothing is said of it. */
const leastOfClient = 50

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
  looksAt: 'the clients with most connections, and how many requests were reuses',
  silentBelow: '50 connections and 50 requests of one address',
  remedy:
    'Make one client or agent in that program and use it for all requests, not one for each; turn keep-alive on in it',
  look({ snapshot }) {
    const clients = snapshot.clients.rows.filter(opensForEach)
    if (clients.length === 0) return undefined
    const named = clients
      .slice(0, mostNamed)
      .map((row) => `${row.address} (${row.connections} for ${row.requests}${howClosed(row)})`)
    const more = clients.length > mostNamed ? ` and ${clients.length - mostNamed} more` : ''
    return {
      message: `${count(clients.length, 'client')} ${clients.length === 1 ? 'opens' : 'open'} a connection for every request: ${named.join(', ')}${more}.`,
      evidence: {
        clients: clients.map(({ address, connections, requests, reused }) => ({
          address,
          connections,
          requests,
          reused,
        })),
      },
    }
  },
}

/** A client that opens a connection for every request, and could do otherwise. */
export function opensForEach({ address, connections, requests, reused, reasons }: ClientRow): boolean {
  if (address === null || connections < leastOfClient || requests < leastOfClient) return false
  return reused <= hardlyAny * requests && hasChoice([reasons])
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

function howClosed({ reasons }: ClientRow): string {
  const [most] = Object.entries(reasons).sort(([, a], [, b]) => b - a)
  return most ? `, mostly ended by ${most[0]}` : ''
}

const loadWithoutReuse: Check<Traffic> = {
  code: 'KEEPALIVE_LOAD_WITHOUT_REUSE',
  severity: 'info',
  looksAt: 'many new connections in the last minute, from at most 3 addresses and without reuse',
  silentBelow: '1200 connections and 1200 requests in the last minute',
  remedy:
    'Turn keep-alive on in the load test, or it measures handshakes: ab -k, hey without -disable-keepalive, k6 without noConnectionReuse',
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
    if (!hasChoice(few.map(({ reasons }) => reasons))) return undefined
    return {
      message: `${opened} connections were opened in the last minute for ${requests} requests, nearly all by ${few.map(({ address }) => address).join(', ')}: it looks like a load test without keep-alive.`,
      evidence: { opened, requests, reused, connections, addresses: few.length },
    }
  },
}

const skewed: Check<Traffic> = {
  code: 'KEEPALIVE_SKEWED_REQUESTS',
  severity: 'info',
  looksAt: 'the share of requests on the tenth of the closed connections that had most',
  silentBelow: '200 closed connections',
  remedy:
    'Where several servers share the load, cap connections with maxRequests or maxAge, with jitter, so that they are spread anew',
  look({ snapshot }) {
    const histogram = snapshot.histograms.requestsPerConnection
    if (histogram.count < leastClosed || histogram.sum === 0) return undefined
    const carried = carriedByTop(histogram, top)
    if (carried < mostRequests) return undefined
    return {
      message: `A tenth of the closed connections carried about ${percent(carried)} of their ${histogram.sum} requests: load follows connections, not requests.`,
      evidence: {
        connections: histogram.count,
        requests: histogram.sum,
        share: Number(carried.toPrecision(3)),
      },
    }
  },
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
