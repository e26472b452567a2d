import { followsHint, type InferredTimeout } from '../../stats/infer-timeout.ts'
import { count, duration, percent, share } from '../../words.ts'
import type { Check } from '../check.ts'
import { poolsAt } from './pools.ts'
import { isCertain, type Traffic } from './traffic.ts'

/** Idle closes of either side below which nothing is said of who closes first. */
const leastCloses = 50

/** A server that closes so many first is no proxy's any more, but one that a proxy still believes in. */
const behindProxy = 0.05
const withoutProxy = 0.5

/** So many addresses, with so much of all connections, may be a proxy that the policy does not name. */
const fewClients = 3
const mostConnections = 0.5

/** A proxy may lose a connection now and then: so few closes are not its timeout. */
const hardlyAny = 0.01

/** How far the inferred timeout may be off before it contradicts the preset. */
const off = 0.1

const peerTimeout: Check<Traffic> = {
  code: 'KEEPALIVE_PEER_TIMEOUT',
  severity: 'info',
  looksAt: 'the idle gaps at which peers close',
  silentBelow: '20 closes at about the same gap, 30% of all after 256 ms or more',
  remedy:
    'Keep keepAliveTimeout above it where the peer is a proxy; pass it as idleTimeout with behind where it differs from the preset',
  look(traffic) {
    const { peers, keepAliveTimeout } = traffic
    if (peers.length === 0) return undefined
    const say = (peer: InferredTimeout): string => {
      const pools = poolsAt(peer.timeout)
      const hint = followsHint(peer, keepAliveTimeout)
        ? `, probably by the advertised ${duration(keepAliveTimeout)}`
        : pools.length > 0
          ? `, the default of ${pools.join(' and of ')}`
          : ''
      return `after ${duration(peer.timeout)} (${peer.count} of ${count(peer.of, 'close')}${hint})`
    }
    const certain = peers.filter((peer) => isCertain(peer, traffic)).map(say)
    const others = peers
      .filter((peer) => !isCertain(peer, traffic))
      .map((peer) => say(peer) + momentsOf(peer))
    const parts = [
      ...(certain.length > 0 ? [`Peers close idle connections ${certain.join(' and ')}.`] : []),
      ...(others.length > 0
        ? [
            `Peers may close idle connections ${others.join(' and ')}: a timer, or clients that pause for so long or end at once.`,
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
  looksAt: 'who closes idle connections: the server by its timeout, or the peer',
  silentBelow: '50 idle closes',
  remedy:
    'Behind a proxy, let keepAliveTimeout be longer than its idle timeout: name it in behind, with its idleTimeout if that was changed. Without one this is as it should be',
  look({ snapshot, policy, proxy }) {
    const [server, client] = closersOf(snapshot)
    const all = server + client
    // Before a layer-4 proxy it is the server that has to close first.
    if (all < leastCloses || (!proxy && policy.behind.length > 0)) return undefined
    if (server < (proxy ? behindProxy : withoutProxy) * all) return undefined
    // Browsers, of many addresses, are outlived.
    if (!proxy && !hasFewClients(snapshot)) return undefined
    // A proxy that does not close at all is a finding of its own.
    if (proxy && client < hardlyAny * all) return undefined
    const names = proxy ? `, though the proxy (${proxy.id}) has to be first` : ''
    return {
      message: `The server is the first to close ${percent(server / all)} of the idle connections (${server} of ${all})${names}. A proxy may send a request into such a close and answers it with 502.`,
      evidence: { server, client, share: share(server, all) },
      severity: proxy ? 'warning' : 'info',
    }
  },
}

/** The idle connections that the server's timeout has closed, and those that the peers have, by FIN or RST. */
function closersOf({ connections, histograms }: Traffic['snapshot']): [server: number, client: number] {
  return [connections.reasons['idle-timeout'], histograms.idleGap.clientClosed.count]
}

/** Whether a few addresses have most of the connections, as where a proxy is. */
function hasFewClients({ clients: { rows, other } }: Traffic['snapshot']): boolean {
  let [few, all] = [0, other.connections]
  for (const [at, { connections }] of rows.entries()) {
    all += connections
    if (at < fewClients) few += connections
  }
  return few > mostConnections * all
}

const proxyNeverCloses: Check<Traffic> = {
  code: 'KEEPALIVE_PROXY_NEVER_CLOSES',
  severity: 'warning',
  looksAt: 'whether the proxy of the policy ever closes an idle connection',
  silentBelow: '50 idle closes',
  remedy:
    "Look up the proxy's idle timeout where it is configured and pass it with behind; make sure that the requests come through the proxy at all",
  look({ snapshot, proxy, keepAliveTimeout }) {
    const [server, client] = closersOf(snapshot)
    const all = server + client
    if (!proxy?.idleTimeout || all < leastCloses || client >= hardlyAny * all) return undefined
    return {
      message: `The proxy (${proxy.id}) is said to close idle connections after ${duration(proxy.idleTimeout)}, but of ${all} that were closed after ${duration(keepAliveTimeout)} or less it closed ${client}.`,
      evidence: { server, client, idleTimeout: proxy.idleTimeout, keepAliveTimeout },
    }
  },
}

const proxyContradicted: Check<Traffic> = {
  code: 'KEEPALIVE_PROXY_CONTRADICTED',
  severity: 'warning',
  looksAt: "the idle timeout of the policy's proxy, and the one inferred",
  silentBelow: '20 closes at about the same gap of 3 s or more at 5 moments, 30% of all after 256 ms or more',
  remedy: 'Pass the real one, as in behind: { proxy, idleTimeout }, or name the proxy that is really there',
  look(traffic) {
    const { peers, proxy, keepAliveTimeout } = traffic
    const own = peers.filter((peer) => isCertain(peer, traffic) && !followsHint(peer, keepAliveTimeout))
    if (!proxy?.idleTimeout || own[0] === undefined) return undefined
    const { idleTimeout, id } = proxy
    if (peers.some(({ timeout }) => Math.abs(timeout - idleTimeout) <= off * idleTimeout)) return undefined
    const [{ timeout, count, of }] = own
    return {
      message: `The proxy (${id}) is said to close idle connections after ${duration(idleTimeout)}, but peers close them after ${duration(timeout)} (${count} of ${of}).`,
      evidence: { idleTimeout, inferred: Math.round(timeout), count, of },
      // A shorter one than expected costs reuse, a longer one requests.
      severity: timeout > idleTimeout ? 'warning' : 'info',
    }
  },
}

/** Checks of who closes idle connections, and when. */
export const idleChecks: readonly Check<Traffic>[] = [
  peerTimeout,
  serverClosesFirst,
  proxyNeverCloses,
  proxyContradicted,
]
