import { followsHint, type InferredTimeout } from '../../stats/infer-timeout.ts'
import { count, duration, percent, share } from '../../words.ts'
import type { Check } from '../check.ts'
import { poolsAt } from './pools.ts'
import { isCertain, type Traffic } from './traffic.ts'

/** With fewer idle closes of both sides, the check says nothing. */
const minCloses = 50

/** A server that closes this share first probably closes connections that a proxy still has in its pool. */
const behindProxy = 0.05
const withoutProxy = 0.5

/** Up to this many addresses with this share of all connections may be a proxy that the policy does not name. */
const fewClients = 3
const largeShare = 0.5

/** A proxy may lose a connection now and then: so few closes do not show its timeout. */
const negligible = 0.01

/** How far the inferred timeout may deviate from the preset. */
const tolerance = 0.1

const peerTimeout: Check<Traffic> = {
  code: 'KEEPALIVE_PEER_TIMEOUT',
  severity: 'info',
  looksAt: 'the idle gaps after which clients close',
  silentBelow: '20 closes after about the same gap, 30% of all closes after 256 ms or more',
  remedy:
    'If the client is a proxy, set keepAliveTimeout above this time; if it differs from the preset, pass it as idleTimeout with behind',
  look(traffic) {
    const { peers, keepAliveTimeout } = traffic
    if (peers.length === 0) return undefined
    const say = (peer: InferredTimeout): string => {
      const pools = poolsAt(peer.timeout)
      const hint = followsHint(peer, keepAliveTimeout)
        ? `, probably because of the advertised ${duration(keepAliveTimeout)}`
        : pools.length > 0
          ? `, the default of ${pools.join(' and ')}`
          : ''
      return `after ${duration(peer.timeout)} (${peer.count} of ${count(peer.of, 'close')}${hint})`
    }
    const certain = peers.filter((peer) => isCertain(peer, traffic)).map(say)
    const others = peers
      .filter((peer) => !isCertain(peer, traffic))
      .map((peer) => say(peer) + momentsOf(peer))
    const parts = [
      ...(certain.length > 0 ? [`Clients close idle connections ${certain.join(' and ')}.`] : []),
      ...(others.length > 0
        ? [
            `Clients may close idle connections ${others.join(' and ')}: by a timer, or because they pause this long or end together.`,
          ]
        : []),
    ]
    return {
      message: parts.join(' '),
      evidence: {
        peers: peers.map((peer) => ({
          timeout: Math.round(peer.timeout),
          count: peer.count,
          of: peer.of,
          moments: peer.moments ?? null,
        })),
      },
    }
  },
}

const momentsOf = ({ moments }: InferredTimeout): string =>
  moments === undefined ? '' : `, at ${count(Math.max(1, moments), 'moment')}`

const serverClosesFirst: Check<Traffic> = {
  code: 'KEEPALIVE_SERVER_CLOSES_FIRST',
  severity: 'warning',
  looksAt: 'who closes idle connections: the server by its timeout, or the client',
  silentBelow: '50 idle closes',
  remedy:
    'Behind a proxy, set keepAliveTimeout above the idle timeout of the proxy: name the proxy in behind, with idleTimeout if its default was changed. Without a proxy, nothing is wrong',
  look({ snapshot, policy, proxy }) {
    const [server, client] = closersOf(snapshot)
    const all = server + client
    // With a layer-4 proxy in front, the server has to close first.
    if (all < minCloses || (!proxy && policy.behind.length > 0)) return undefined
    if (server < (proxy ? behindProxy : withoutProxy) * all) return undefined
    // Many addresses are browsers: they keep connections longer than the server, and that is fine.
    if (!proxy && !hasFewClients(snapshot)) return undefined
    // KEEPALIVE_PROXY_NEVER_CLOSES reports a proxy that does not close at all.
    if (proxy && client < negligible * all) return undefined
    const names = proxy ? `, but the proxy (${proxy.id}) should close first` : ''
    return {
      message: `The server closes ${percent(server / all)} of the idle connections first (${server} of ${all})${names}. A proxy may send a request just as the server closes, and answers it with 502.`,
      evidence: { server, client, share: share(server, all) },
      severity: proxy ? 'warning' : 'info',
    }
  },
}

/** How many idle connections the server's timeout closed, and how many the clients closed, by FIN or RST. */
function closersOf({ connections, histograms }: Traffic['snapshot']): [server: number, client: number] {
  return [connections.reasons['idle-timeout'], histograms.idleGap.clientClosed.count]
}

/** Whether a few addresses have most of the connections, as a proxy does. */
function hasFewClients({ clients: { rows, other } }: Traffic['snapshot']): boolean {
  let [few, all] = [0, other.connections]
  for (const [at, { connections }] of rows.entries()) {
    all += connections
    if (at < fewClients) few += connections
  }
  return few > largeShare * all
}

const proxyNeverCloses: Check<Traffic> = {
  code: 'KEEPALIVE_PROXY_NEVER_CLOSES',
  severity: 'warning',
  looksAt: 'whether the proxy of the policy ever closes an idle connection',
  silentBelow: '50 idle closes',
  remedy:
    "Look up the proxy's idle timeout in its configuration and pass it with behind; check that the requests come through the proxy at all",
  look({ snapshot, proxy, keepAliveTimeout }) {
    const [server, client] = closersOf(snapshot)
    const all = server + client
    if (!proxy?.idleTimeout || all < minCloses || client >= negligible * all) return undefined
    return {
      message: `The proxy (${proxy.id}) should close idle connections after ${duration(proxy.idleTimeout)}, but it closed only ${client} of the ${all} that closed within ${duration(keepAliveTimeout)}.`,
      evidence: { server, client, idleTimeout: proxy.idleTimeout, keepAliveTimeout },
    }
  },
}

const proxyContradicted: Check<Traffic> = {
  code: 'KEEPALIVE_PROXY_CONTRADICTED',
  severity: 'warning',
  looksAt: "the idle timeout of the policy's proxy, and the inferred one",
  silentBelow:
    '20 closes after about the same gap of 3 s or more at 5 moments, 30% of all closes after 256 ms or more',
  remedy:
    'Pass the real timeout as behind: { proxy, idleTimeout }, or name the proxy that is really in front',
  look(traffic) {
    const { peers, proxy, keepAliveTimeout } = traffic
    const own = peers.filter((peer) => isCertain(peer, traffic) && !followsHint(peer, keepAliveTimeout))
    if (!proxy?.idleTimeout || own[0] === undefined) return undefined
    const { idleTimeout, id } = proxy
    if (peers.some(({ timeout }) => Math.abs(timeout - idleTimeout) <= tolerance * idleTimeout))
      return undefined
    const [{ timeout, count, of }] = own
    return {
      message: `The proxy (${id}) should close idle connections after ${duration(idleTimeout)}, but clients close them after ${duration(timeout)} (${count} of ${of}).`,
      evidence: { idleTimeout, inferred: Math.round(timeout), count, of },
      // A shorter timeout than expected costs reuse; a longer one loses requests.
      severity: timeout > idleTimeout ? 'warning' : 'info',
    }
  },
}

/** Checks who closes idle connections, and when. */
export const idleChecks: readonly Check<Traffic>[] = [
  peerTimeout,
  serverClosesFirst,
  proxyNeverCloses,
  proxyContradicted,
]
