import type { Finding, FindingCode } from '../../findings.ts'
import { hrefOf } from './route.ts'

/** A link from a finding to what shows it. */
export interface Lead {
  readonly text: string
  readonly href: string
}

const gaps: Lead = { text: 'idle gaps', href: '#gaps' }
const closes: Lead = { text: 'why connections closed', href: '#closes' }
const lost: Lead = {
  text: 'connections that lost a request',
  href: hrefOf({ place: 'connections', state: 'lost' }),
}

/** Where on the page each finding shows; what is wrong with the configuration shows nowhere. */
const places: Readonly<Partial<Record<FindingCode, readonly Lead[]>>> = {
  KEEPALIVE_HINT_TOO_SHORT: [gaps],
  KEEPALIVE_HTTP2_SERVER_TIMEOUT: [closes],
  KEEPALIVE_HTTP2_NEVER_IDLE: [
    { text: 'idle connections', href: hrefOf({ place: 'connections', state: 'idle' }) },
  ],
  KEEPALIVE_HTTP2_HTTP1_SIDE: [gaps],
  KEEPALIVE_PEER_TIMEOUT: [gaps],
  KEEPALIVE_SERVER_CLOSES_FIRST: [closes, gaps],
  KEEPALIVE_PROXY_NEVER_CLOSES: [closes],
  KEEPALIVE_PROXY_CONTRADICTED: [gaps],
  KEEPALIVE_DANGER_ZONE: [gaps],
  KEEPALIVE_LATE_REQUESTS: [lost, gaps],
  KEEPALIVE_REQUESTS_AFTER_CLOSE: [lost],
  KEEPALIVE_TIMEOUT_OUTLIVED: [gaps],
  KEEPALIVE_APP_CLOSES: [
    { text: 'connections that closed last', href: hrefOf({ place: 'connections', state: 'closed' }) },
    closes,
  ],
  KEEPALIVE_APP_HINT: [gaps],
  KEEPALIVE_LOAD_WITHOUT_REUSE: [{ text: 'clients', href: hrefOf({ place: 'clients' }) }],
  KEEPALIVE_SKEWED_SESSIONS: [{ text: 'connections', href: hrefOf({ place: 'connections' }) }],
  KEEPALIVE_SKEWED_REQUESTS: [{ text: 'requests per connection', href: '#requests' }],
}

/** Clients of a finding that are linked one by one. */
const maxClients = 5

/** To the clients that a finding names, and to where on the page it shows. */
export function leadsOf({ code, evidence }: Finding): readonly Lead[] {
  const { clients } = evidence
  const addresses = (Array.isArray(clients) ? clients : []).flatMap(({ address }) =>
    typeof address === 'string' ? [address] : [],
  )
  const named = addresses
    .slice(0, maxClients)
    .map((address): Lead => ({ text: address, href: hrefOf({ place: 'clients', text: address }) }))
  const all: Lead = {
    text: 'all clients that never reuse',
    href: hrefOf({ place: 'clients', kind: 'neverReuses' }),
  }
  const hasMore = code === 'KEEPALIVE_CLIENT_NEVER_REUSES' && addresses.length > 1
  return [...named, ...(hasMore ? [all] : []), ...(places[code] ?? [])]
}
