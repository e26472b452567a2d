import type { ClosedConnection } from '../closed.ts'
import type { FindingCode } from '../findings.ts'
import type { WarningCode } from '../warnings.ts'
import type { ProxyId } from './proxies.ts'

/** A proxy with the idle timeout that it really has here. */
export interface ProxyOverride {
  readonly proxy: ProxyId
  /** How long the proxy keeps an idle connection to this server, in ms: 1,000 to 2,000,000,000. */
  readonly idleTimeout: number
}

/**
 * How the idle timeout shrinks while many connections are open: linearly from `keepAliveTimeout` to `minTimeout`, as
 * by Envoy's overload action `reduce_timeouts`
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/operations/overload_manager/overload_manager).
 */
export interface ReduceTimeouts {
  /** Open connections above which the idle timeout shrinks. */
  readonly scalingThreshold: number
  /** Open connections at which it has shrunk to `minTimeout`; above `scalingThreshold`. */
  readonly saturationThreshold: number
  /** The least idle timeout, in ms: 1 to `keepAliveTimeout`. */
  readonly minTimeout: number
}

/** The options of `keepAlive()`. All are optional, `undefined` is the same as left out, and all times are in ms. */
export interface KeepAliveOptions {
  /**
   * The proxy or balancer before the server, or a list of them, nearest first. Sets `keepAliveTimeout` and
   * `headersTimeout` to fit the idle timeout with which the proxy reuses its connections.
   *
   * @default none: nobody is known to be before the server
   */
  readonly behind?: ProxyId | ProxyOverride | readonly (ProxyId | ProxyOverride)[] | undefined
  /**
   * How long an idle connection is kept, as advertised in `Keep-Alive: timeout=` (in whole seconds: below 1,000
   * that is `timeout=0`). 0 to 2,147,483,647 ms, Node's timer limit; 0 keeps idle connections for ever.
   *
   * @default 65,000 as in Node 27, or more behind a proxy whose idle timeout asks for more
   */
  readonly keepAliveTimeout?: number | undefined
  /**
   * How much longer than advertised an idle connection is kept, for requests already on their way.
   * 0 to 2,147,483,647 ms.
   *
   * @default 1,000 as in Node
   */
  readonly keepAliveTimeoutBuffer?: number | undefined
  /**
   * How long a request's headers may take, from their first byte, or from the connect for the first request; then
   * the answer is 408. A proxy that opens connections in advance sees that 408 when it waits longer with the first
   * request, so this has to be above the proxy's idle timeout. `server.requestTimeout` is raised with it where
   * needed, as Node swaps the two when they are the wrong way round. 0 to 2,147,483,647 ms; 0 is no limit.
   *
   * @default 66,000, or more behind a proxy
   */
  readonly headersTimeout?: number | undefined
  /**
   * Requests per connection: the last response carries `Connection: close`, those before it what remains, as `max=` in
   * the `Keep-Alive` header. Node writes none where the app sets `Connection` itself, or `keepAliveTimeout` is 0. 0 is
   * no cap.
   *
   * @default 0
   */
  readonly maxRequests?: number | undefined
  /**
   * Age from which the next response carries `Connection: close`; an idle connection is never cut for its age.
   * 0 to 2,147,483,647 ms; 0 is no cap.
   *
   * @default 0
   */
  readonly maxAge?: number | undefined
  /**
   * Spreads both caps: each connection draws its own from [cap × (1 − jitter), cap]. 0 to 1; with 1, anything from
   * one request up to the cap.
   *
   * @default 0.1
   */
  readonly jitter?: number | undefined
  /**
   * Idle connections to keep; above that the longest-idle go first. 0 is no limit.
   *
   * @default 0
   */
  readonly maxIdle?: number | undefined
  /**
   * Shrinks the idle timeout, kept and advertised, while many connections are open. Idle connections that were told
   * the longer one are closed by the shorter one too.
   *
   * @default none
   */
  readonly reduceTimeouts?: ReduceTimeouts | undefined
  /**
   * A connection idle for less is neither evicted nor drained away, as its next request may be on its way.
   * 0 to 2,147,483,647 ms.
   *
   * @default 100
   */
  readonly minIdle?: number | undefined
  /**
   * How long to read on after our FIN, to see and count late requests. 0 to 2,147,483,647 ms; 0 turns half-close
   * and linger off.
   *
   * @default 2,000
   */
  readonly linger?: number | undefined
  /**
   * SO_KEEPALIVE: idle time before the first probe of the system. 0, or 1,000 to 32,767,000 ms: the system counts
   * whole seconds, and Linux takes 32,767 at most (tcp(7), `TCP_KEEPIDLE`). 0 leaves it off.
   *
   * @default 0
   */
  readonly tcpKeepAlive?: number | undefined
  /**
   * Client addresses with a row of their own in the snapshot, at most; those seen least lately are counted together.
   * 2 to 10,000; 0 counts all together.
   *
   * @default 1,000
   */
  readonly clients?: number | undefined
  /**
   * Masks addresses wherever the kit shows them: in the snapshot, closed records, `connections()`, `connectionOf()`
   * and on channels. IPv4 loses its last octet, IPv6 everything beyond /48; ports stay.
   *
   * @default false
   */
  readonly maskAddresses?: boolean | undefined
  /**
   * One record per closed connection: `true` for a line in the default format, a format's name, or a function that
   * gets the record.
   *
   * @default false
   */
  readonly log?: boolean | 'logfmt' | 'json' | ((closed: ClosedConnection) => void) | undefined
  /**
   * Codes of findings and warnings that are not to be reported: such a finding is left out of what `diagnose()`
   * returns, such a warning is neither printed nor published.
   *
   * @default none
   * @example ['KEEPALIVE_PEER_TIMEOUT']
   */
  readonly silence?: readonly SilencedCode[] | undefined
}

/** A code that `silence` takes. */
export type SilencedCode = FindingCode | WarningCode

/** What a number has to be. */
export interface NumberRange {
  /** `time`: whole ms; `count`: a whole number; `fraction`: any number. */
  readonly kind: 'time' | 'count' | 'fraction'
  readonly min: number
  readonly max: number
  /** What 0 means where that is special. 0 is then allowed even if `min` is above it. */
  readonly zero?: string
}

export interface NumberRule extends NumberRange {
  readonly default: number
  /** What else decides on the default. */
  readonly more?: string
  readonly about: string
}

export interface ProxiesRule {
  readonly kind: 'proxies'
  readonly default: undefined
  readonly about: string
}

export interface ReduceRule {
  readonly kind: 'reduce'
  readonly default: undefined
  readonly about: string
}

export interface FlagRule {
  readonly kind: 'flag'
  readonly default: false
  readonly about: string
}

export interface LogRule {
  readonly kind: 'log'
  readonly default: false
  readonly about: string
}

export interface CodesRule {
  readonly kind: 'codes'
  readonly default: readonly SilencedCode[]
  readonly about: string
}

/** setTimeout's limit in ms, 2^31 − 1: a longer timer fires after 1 ms. */
export const longestTimer = 2_147_483_647

const time = { kind: 'time', min: 0, max: longestTimer } as const
const count = { kind: 'count', min: 0, max: Number.MAX_SAFE_INTEGER } as const

export type OptionName = keyof KeepAliveOptions
export type NumberOption = Exclude<
  OptionName,
  'behind' | 'reduceTimeouts' | 'maskAddresses' | 'log' | 'silence'
>

/** Every option, what it has to be, and its default. The table in docs/options.md is checked against this one. */
export const optionRules: { readonly [Name in NumberOption]: NumberRule } & {
  readonly behind: ProxiesRule
  readonly reduceTimeouts: ReduceRule
  readonly maskAddresses: FlagRule
  readonly log: LogRule
  readonly silence: CodesRule
} = {
  behind: { kind: 'proxies', default: undefined, about: 'the proxy, or the proxies, nearest first' },
  keepAliveTimeout: {
    ...time,
    default: 65_000,
    more: 'more behind some proxies',
    zero: 'idle connections are kept for ever',
    about: 'idle time advertised and kept',
  },
  keepAliveTimeoutBuffer: { ...time, default: 1_000, about: 'kept beyond what is advertised' },
  headersTimeout: {
    ...time,
    default: 66_000,
    more: 'more behind some proxies',
    zero: 'no limit',
    about: 'time for the headers of a request; `server.requestTimeout` is raised with it',
  },
  maxRequests: {
    ...count,
    default: 0,
    zero: 'no cap',
    about: 'requests per connection; the last response carries `Connection: close`',
  },
  maxAge: {
    ...time,
    default: 0,
    zero: 'no cap',
    about: 'the first response past it carries `Connection: close`; never cuts an idle connection',
  },
  jitter: {
    kind: 'fraction',
    min: 0,
    max: 1,
    default: 0.1,
    about: 'both caps are drawn per connection from [cap × (1 − jitter), cap], at least 1',
  },
  maxIdle: { ...count, default: 0, zero: 'no limit', about: 'above it the longest-idle go first' },
  reduceTimeouts: {
    kind: 'reduce',
    default: undefined,
    about: 'the idle timeout shrinks while many connections are open',
  },
  minIdle: { ...time, default: 100, about: 'a connection idle for less is neither evicted nor drained away' },
  linger: { ...time, default: 2_000, zero: 'no half-close, no linger', about: 'reading on after our FIN' },
  tcpKeepAlive: {
    kind: 'time',
    min: 1_000,
    max: 32_767_000,
    default: 0,
    zero: 'off',
    about: 'SO_KEEPALIVE, idle time before the first probe; whole seconds count',
  },
  clients: {
    kind: 'count',
    min: 2,
    max: 10_000,
    default: 1_000,
    zero: 'all are counted together',
    about: 'rows of the client table at most; IPv6 addresses are taken together by /64',
  },
  maskAddresses: {
    kind: 'flag',
    default: false,
    about: "IPv4's last octet, and IPv6 beyond /48, are zeroed wherever an address is shown",
  },
  log: { kind: 'log', default: false, about: 'one record per closed connection' },
  silence: { kind: 'codes', default: [], about: 'findings and warnings that are not to be reported' },
}
