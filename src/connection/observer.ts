import type { AppClose, State } from '../reasons.ts'
import type { Explanation } from './verdict.ts'

/**
 * How an idle interval ended.
 *
 * - `reused`: by the next request, an upgrade too. A pipelined request was held until then: its gap is about 0.
 * - `clientClosed`: the client's FIN or RST, though a part of a head may have come before it.
 * - `cutOff`: everything else, so it is unknown how long the client would have waited: our idle timeout,
 *   eviction, drain, an error answer, the network, `detach()`.
 */
export type IdleEnd = 'reused' | 'clientClosed' | 'cutOff'

/** Where a connection comes from. To look the address up is a system call: read it only where it is needed. */
export interface Peer {
  /** What the client is counted by; `undefined` where the connection has no address. */
  readonly address: string | undefined
}

/** What a connection's client is counted in. Only the observer looks inside. */
export interface Client {
  readonly counts: object
}

/** What is counted of a connection when it is over. */
export interface Ended<C = Client> {
  /** By the kit's clock. */
  readonly openedAt: number
  readonly requests: number
  /** Since when it waited for a request, or did last: a response's end, or the accept. */
  readonly waitsSince: number
  readonly client: C
  /** Means nothing where the close reason is not `app`. */
  readonly appClose: AppClose
}

/**
 * Who hears what happens to connections, and counts it. An observer never calls back. All times in ms, points in time by
 * the kit's clock.
 */
export interface Observer {
  /** @returns what the connection's client is counted in. */
  opened(state: State, peer: Peer, now: number): Client
  moved(from: State, to: State): void
  /** TLS is set up, `duration` after the accept. */
  handshaken(duration: number): void
  /** The first request comes, `wait` after the accept. */
  firstRequest(wait: number): void
  requested(client: Client, reused: boolean, now: number): void
  /** The first request of a connection is a health check by its User-Agent. */
  healthChecked(client: Client): void
  /** The group that a connection's idle gaps are counted in, beside all. */
  groupOf(client: Client, connection: number): number
  idleEnded(by: IdleEnd, gap: number, group: number): void
  /** An idle connection of that client is closed by the idle timeout: it was idle since then. */
  timedOut(client: Client, since: number): void
  answered(): void
  /** A request has come to a session on which, with it, that many are under way. */
  atOnce(requests: number): void
  /** A response on a connection that is kept says another `Keep-Alive: timeout=`, in s, than the server would. */
  hinted(seconds: number): void
  /** @param retryable - it is known to the client that no handler has seen the request. */
  refused(retryable: boolean): void
  dropped(count: number): void
  /** Requests after our FIN; `afterClose` where a response had announced it. */
  late(count: number, afterClose: boolean): void
  /** A connection is followed no longer, though it is still open. */
  released(state: State): void
  closed(record: Ended, ending: Explanation, now: number): void
}

/** The observer of what is not to be counted. */
export const noObserver: Omit<Observer, 'opened' | 'groupOf'> = {
  moved() {},
  handshaken() {},
  firstRequest() {},
  requested() {},
  healthChecked() {},
  idleEnded() {},
  timedOut() {},
  answered() {},
  atOnce() {},
  hinted() {},
  refused() {},
  dropped() {},
  late() {},
  released() {},
  closed() {},
}
