import { followsHint } from '../../stats/infer-timeout.ts'
import { count, duration, percent, share } from '../../words.ts'
import type { Check } from '../check.ts'
import type { Traffic } from './traffic.ts'

/** Idle closes of either side below which nothing is said of who closes first. */
const leastCloses = 50

/** A server that closes so many first is no front's any more, but one that a front still believes in. */
const behindFront = 0.05
const withoutFront = 0.5

/** A front may lose a connection now and then: so few closes are not its timeout. */
const hardlyAny = 0.01

/** How far the inferred timeout may be off before it contradicts the preset. */
const off = 0.1

const peerTimeout: Check<Traffic> = {
  code: 'KEEPALIVE_PEER_TIMEOUT',
  severity: 'info',
  looksAt: 'the idle gaps at which peers close',
  silentBelow: '20 closes at about the same gap, 30 % of all after 256 ms or more',
  remedy:
    'Keep keepAliveTimeout above it where the peer is a front; pass it as idleTimeout with behind where it differs from the preset',
  look({ peers, keepAliveTimeout }) {
    const [first] = peers
    if (!first) return undefined
    const parts = peers.map((peer) => {
      const hint = followsHint(peer, keepAliveTimeout)
        ? `, probably by the advertised ${duration(keepAliveTimeout)}`
        : ''
      return `after ${duration(peer.timeout)} (${peer.count} of ${count(peer.of, 'close')}${hint})`
    })
    return {
      message: `Peers close idle connections ${parts.join(' and ')}.`,
      evidence: {
        peers: peers.map((peer) => ({
          timeout: Math.round(peer.timeout),
          count: peer.count,
          of: peer.of,
        })),
      },
    }
  },
}

const serverClosesFirst: Check<Traffic> = {
  code: 'KEEPALIVE_SERVER_CLOSES_FIRST',
  severity: 'warning',
  looksAt: 'who closes idle connections: the server by its timeout, or the peer',
  silentBelow: '50 idle closes',
  remedy:
    'Behind a front, let keepAliveTimeout be longer than its idle timeout: name it in behind, with its idleTimeout if that was changed. Without one this is as it should be',
  look({ snapshot, policy, front }) {
    const { 'idle-timeout': server, 'client-idle': client } = snapshot.connections.reasons
    const all = server + client
    // Before a layer-4 front it is the server that has to close first.
    if (all < leastCloses || (!front && policy.behind.length > 0)) return undefined
    if (server < (front ? behindFront : withoutFront) * all) return undefined
    // A front that does not close at all is a finding of its own.
    if (front && client < hardlyAny * all) return undefined
    const names = front ? `, though the front (${front.id}) has to be first` : ''
    return {
      message: `The server is the first to close ${percent(server / all)} of the idle connections (${server} of ${all})${names}. A front may send a request into such a close and answers it with 502.`,
      evidence: { server, client, share: share(server, all) },
      severity: front ? 'warning' : 'info',
    }
  },
}

const frontNeverCloses: Check<Traffic> = {
  code: 'KEEPALIVE_FRONT_NEVER_CLOSES',
  severity: 'warning',
  looksAt: 'whether the front of the policy ever closes an idle connection',
  silentBelow: '50 idle closes',
  remedy:
    "Look up the front's idle timeout where it is configured and pass it with behind; make sure that the requests come through the front at all",
  look({ snapshot, front, keepAliveTimeout }) {
    const { 'idle-timeout': server, 'client-idle': client } = snapshot.connections.reasons
    const all = server + client
    if (!front?.idleTimeout || all < leastCloses || client >= hardlyAny * all) return undefined
    return {
      message: `The front (${front.id}) is said to close idle connections after ${duration(front.idleTimeout)}, but of ${all} that were closed after ${duration(keepAliveTimeout)} or less it closed ${client}.`,
      evidence: { server, client, idleTimeout: front.idleTimeout, keepAliveTimeout },
    }
  },
}

const frontContradicted: Check<Traffic> = {
  code: 'KEEPALIVE_FRONT_CONTRADICTED',
  severity: 'warning',
  looksAt: "the idle timeout of the policy's front, and the one inferred",
  silentBelow: '20 closes at about the same gap, 30 % of all after 256 ms or more',
  remedy: 'Pass the real one, as in behind: { front, idleTimeout }, or name the front that is really there',
  look({ peers, front, keepAliveTimeout }) {
    const own = peers.filter((peer) => !followsHint(peer, keepAliveTimeout))
    if (!front?.idleTimeout || own[0] === undefined) return undefined
    const { idleTimeout, id } = front
    if (peers.some(({ timeout }) => Math.abs(timeout - idleTimeout) <= off * idleTimeout)) return undefined
    const [{ timeout, count, of }] = own
    return {
      message: `The front (${id}) is said to close idle connections after ${duration(idleTimeout)}, but peers close them after ${duration(timeout)} (${count} of ${of}).`,
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
  frontNeverCloses,
  frontContradicted,
]
