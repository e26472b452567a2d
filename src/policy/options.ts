import type { ClosedConnection } from '../closed.ts'
import type { FindingCode } from '../findings.ts'
import type { WarningCode } from '../warnings.ts'
import type { ProxyId } from './proxies.ts'

/** A proxy whose idle timeout differs from its default. */
export interface ProxyOverride {
  readonly proxy: ProxyId
  /** How long the proxy keeps an idle connection to this server: 1,000 to 2,000,000,000 ms. */
  readonly idleTimeout: number
}

/**
 * How the idle timeout shrinks while many connections are open: linearly from `keepAliveTimeout` to `minTimeout`, as in
 * Envoy's overload action `reduce_timeouts`
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/operations/overload_manager/overload_manager).
 */
export interface ReduceTimeouts {
  /** The idle timeout begins to shrink above this number of open connections. */
  readonly scalingThreshold: number
  /** The idle timeout is `minTimeout` from this number of open connections on; above `scalingThreshold`. */
  readonly saturationThreshold: number
  /** The shortest idle timeout: 1 ms to `keepAliveTimeout`. */
  readonly minTimeout: number
}

/** The options of `keepAlive()`. All are optional, `undefined` counts as left out, and all times are in ms. */
export interface KeepAliveOptions {
  /**
   * The proxy or load balancer in front of the server, or a list of them, nearest first. Sets `keepAliveTimeout` and
   * `headersTimeout` to fit the idle timeout of the proxy.
   *
   * @default none
   */
  readonly behind?: ProxyId | ProxyOverride | readonly (ProxyId | ProxyOverride)[] | undefined
  /**
   * How long the server keeps an idle connection, as advertised in `Keep-Alive: timeout=` (in whole seconds: below 1,000
   * the header says `timeout=0`). 0 to 2,147,483,647 ms, Node's timer limit; 0 keeps idle connections forever.
   *
   * @default 65,000 as in Node 27, or more if the idle timeout of the proxy requires more
   */
  readonly keepAliveTimeout?: number | undefined
  /**
   * How much longer than advertised the server keeps an idle connection, for requests that are already on the wire.
   * 0 to 2,147,483,647 ms.
   *
   * @default 1,000 as in Node
   */
  readonly keepAliveTimeoutBuffer?: number | undefined
  /**
   * How long the headers of a request may take, from their first byte, or from the connect for the first request. After
   * that, Node answers 408. A proxy that opens connections in advance sees this 408 if it waits longer before its first
   * request, so the timeout must be above the idle timeout of the proxy. The kit raises `server.requestTimeout` with it
   * where needed, because Node swaps the two if `headersTimeout` is the longer one. 0 to 2,147,483,647 ms; 0 is no limit.
   *
   * @default 66,000, or more behind a proxy
   */
  readonly headersTimeout?: number | undefined
  /**
   * Requests per connection. The last response carries `Connection: close`; the `Keep-Alive` header of those before it
   * says how many remain, as `max=`. Node writes no such header if the app sets `Connection` itself, or if
   * `keepAliveTimeout` is 0. 0 is no cap.
   *
   * @default 0
   */
  readonly maxRequests?: number | undefined
  /**
   * From this age on the next response carries `Connection: close`. The kit never closes an idle connection because of
   * its age, except an HTTP/2 session. 0 to 2,147,483,647 ms; 0 is no cap.
   *
   * @default 0
   */
  readonly maxAge?: number | undefined
  /**
   * Spreads both caps: each connection draws its own from [cap × (1 − jitter), cap]. 0 to 1; with 1, a connection may
   * draw any cap from one request up.
   *
   * @default 0.1
   */
  readonly jitter?: number | undefined
  /**
   * Maximum number of idle connections. Above this, the kit closes the connections that were idle longest. 0 is no limit.
   *
   * @default 0
   */
  readonly maxIdle?: number | undefined
  /**
   * Shrinks the idle timeout, kept and advertised, while many connections are open. The shorter timeout also applies to
   * idle connections whose last response advertised the longer one.
   *
   * @default none
   */
  readonly reduceTimeouts?: ReduceTimeouts | undefined
  /**
   * Eviction and drain do not close a connection that has been idle for less than this, because its next request may be
   * on the wire. 0 to 2,147,483,647 ms.
   *
   * @default 100
   */
  readonly minIdle?: number | undefined
  /**
   * How long the kit reads on after the server's FIN, to count late requests. 0 to 2,147,483,647 ms; 0 turns half-close
   * and linger off.
   *
   * @default 2,000
   */
  readonly linger?: number | undefined
  /**
   * How the kit ends an HTTP/2 session. `exact`: one GOAWAY names the last request that is answered. A client may retry later
   * requests, but some proxies retry only if configured. `lossless`: the first GOAWAY announces the end. The second one names
   * the last request, after everything that the client had sent has arrived (RFC 9113 §6.8). Only without TLS (h2c).
   *
   * @default 'exact'
   */
  readonly goaway?: 'exact' | 'lossless' | undefined
  /**
   * SO_KEEPALIVE: idle time before the system sends its first probe. 0, or 1,000 to 32,767,000 ms: the system counts
   * whole seconds, and Linux accepts at most 32,767 (tcp(7), `TCP_KEEPIDLE`). 0 leaves SO_KEEPALIVE off.
   *
   * @default 0
   */
  readonly tcpKeepAlive?: number | undefined
  /**
   * Maximum number of client addresses with a row of their own in the snapshot. The clients seen least recently are
   * counted together. 2 to 10,000; 0 counts all together.
   *
   * @default 1,000
   */
  readonly clients?: number | undefined
  /**
   * Masks addresses wherever the kit shows them: in the snapshot, closed records, `connections()`, `connectionOf()`
   * and on channels. IPv4 addresses lose the last octet, IPv6 addresses everything beyond /48. Ports stay.
   *
   * @default false
   */
  readonly maskAddresses?: boolean | undefined
  /**
   * One record per closed connection: `true` for a line in the default format, the name of a format, or a function that
   * receives the record.
   *
   * @default false
   */
  readonly log?: boolean | 'logfmt' | 'json' | ((closed: ClosedConnection) => void) | undefined
  /**
   * Codes of findings and warnings that the kit does not report: `diagnose()` leaves out such a finding, and the kit
   * neither prints nor publishes such a warning.
   *
   * @default none
   * @example ['KEEPALIVE_PEER_TIMEOUT']
   */
  readonly silence?: readonly SilencedCode[] | undefined
}

/** A code that `silence` takes. */
export type SilencedCode = FindingCode | WarningCode

/** The rule for a number. */
export interface NumberRange {
  /** `time`: whole ms; `count`: a whole number; `fraction`: any number. */
  readonly kind: 'time' | 'count' | 'fraction'
  readonly min: number
  readonly max: number
  /** What 0 means if it has a special meaning. 0 is then allowed even if `min` is above it. */
  readonly zero?: string
}

export interface NumberRule extends NumberRange {
  readonly default: number
  /** What else decides the default. */
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

export interface ChoiceRule {
  readonly kind: 'choice'
  readonly values: readonly string[]
  readonly default: string
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
export const maxTimer = 2_147_483_647

const time = { kind: 'time', min: 0, max: maxTimer } as const
const count = { kind: 'count', min: 0, max: Number.MAX_SAFE_INTEGER } as const

export type OptionName = keyof KeepAliveOptions
export type NumberOption = Exclude<
  OptionName,
  'behind' | 'reduceTimeouts' | 'goaway' | 'maskAddresses' | 'log' | 'silence'
>

/** Every option with its rule and its default. A test compares the table in docs/options.md with this one. */
export const optionRules: { readonly [Name in NumberOption]: NumberRule } & {
  readonly behind: ProxiesRule
  readonly reduceTimeouts: ReduceRule
  readonly goaway: ChoiceRule & { readonly default: 'exact' }
  readonly maskAddresses: FlagRule
  readonly log: LogRule
  readonly silence: CodesRule
} = {
  behind: { kind: 'proxies', default: undefined, about: 'the proxy, or the proxies, nearest first' },
  keepAliveTimeout: {
    ...time,
    default: 65_000,
    more: 'more behind some proxies',
    zero: 'idle connections are kept forever',
    about: 'idle time advertised and kept',
  },
  keepAliveTimeoutBuffer: {
    ...time,
    default: 1_000,
    about: 'how much longer than advertised an idle connection is kept',
  },
  headersTimeout: {
    ...time,
    default: 66_000,
    more: 'more behind some proxies',
    zero: 'no limit',
    about: 'time for the headers of a request; raises `server.requestTimeout` where needed',
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
    about:
      'the first response after this age carries `Connection: close`; an idle connection is never closed because of its age, except with HTTP/2',
  },
  jitter: {
    kind: 'fraction',
    min: 0,
    max: 1,
    default: 0.1,
    about: 'each connection draws both caps from [cap × (1 − jitter), cap], at least 1',
  },
  maxIdle: {
    ...count,
    default: 0,
    zero: 'no limit',
    about: 'above this, the connections that were idle longest are closed',
  },
  reduceTimeouts: {
    kind: 'reduce',
    default: undefined,
    about: 'the idle timeout shrinks while many connections are open',
  },
  minIdle: {
    ...time,
    default: 100,
    about: 'eviction and drain leave connections alone that were idle for less',
  },
  linger: {
    ...time,
    default: 2_000,
    zero: 'no half-close, no linger',
    about: 'how long the kit reads on after its FIN',
  },
  goaway: {
    kind: 'choice',
    values: ['exact', 'lossless'],
    default: 'exact',
    about:
      'HTTP/2: one GOAWAY that names the last request, or two, after which no client needs to retry; two only with h2c',
  },
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
    about: 'maximum rows of the client table; an IPv6 /64 network counts as one client',
  },
  maskAddresses: {
    kind: 'flag',
    default: false,
    about: 'zeroes the last octet of IPv4 addresses, and IPv6 addresses beyond /48, wherever they are shown',
  },
  log: { kind: 'log', default: false, about: 'one record per closed connection' },
  silence: { kind: 'codes', default: [], about: 'findings and warnings that the kit does not report' },
}
