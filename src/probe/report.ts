import type { Severity } from '../findings.ts'
import type { TimelineEvent } from '../timeline.ts'

/** Increases when a field changes its meaning or is removed; not for a new field. */
export const reportVersion = 1

/**
 * How a server ended a connection. `408`: after an unsolicited response with that status. `goaway`: by an HTTP/2 GOAWAY
 * that no close followed while the probe waited.
 */
export type How = 'fin' | 'reset' | '408' | 'close-notify' | 'goaway'

/**
 * What became of a request sent just before the idle timeout. `early`: the connection was closed before it was sent.
 * `refused`: by an HTTP/2 GOAWAY the server said that it has not processed it, so any client may send it again.
 */
export type RaceOutcome = 'answered' | 'refused' | 'fin' | 'reset' | '408' | 'goaway' | 'early'

/** What the probe measured: plain JSON. All times in ms; `null` means not measured, or not there. */
export interface ProbeReport {
  readonly version: typeof reportVersion
  readonly url: string
  /** What was measured: `h2` is HTTP/2 over TLS, `h2c` HTTP/2 without. */
  readonly protocol: 'http/1.1' | 'h2' | 'h2c'
  /** The address that all connections went to, with the port. */
  readonly address: string
  /** False where Ctrl-C interrupted the probe, or a step failed. */
  readonly complete: boolean
  /** Requests sent. */
  readonly requests: number
  /** Status of the first response. */
  readonly status: number | null
  /** Its `Location` header, cut to 200 characters. */
  readonly location: string | null
  /** Its `Server` header, cut to 80 characters. */
  readonly server: string | null
  /** Whether a second request was answered on a connection. */
  readonly reuse: boolean | null
  readonly advertised: Advertised | null
  readonly timings: Timings | null
  readonly maxRequests: MaxRequests | null
  /** Whether an HTTP/1.0 connection was kept and reused when the client asked for it. */
  readonly http10KeepAlive: boolean | null
  /** Requests sent at once on one connection, and how many the server answered. */
  readonly pipelining: { readonly sent: number; readonly answered: number } | null
  /** How the server treats a client whose FIN follows its request. */
  readonly halfClose: HalfClose | null
  /** `null` without TLS. */
  readonly alpn: { readonly http2: boolean; readonly selected: string | null } | null
  readonly idleTimeout: IdleTimeout | null
  /** The age at which the server closes a connection, used or not; `null`: it does not, or this is not known. */
  readonly maxAge: number | null
  readonly race: Race | null
  /** HTTP/2 alone: `null` over HTTP/1.1. */
  readonly ping: Ping | null
  /** HTTP/2: how many requests the server takes at once on a connection; `null` also where it sets no limit. */
  readonly maxConcurrentStreams: number | null
  readonly findings: readonly ProbeFinding[]
}

/**
 * `at-once`: answered before the server could notice the FIN, so a slower handler may not answer.
 * `silence`: neither an answer nor a close.
 */
export type HalfClose = 'answered' | 'at-once' | 'fin' | 'reset' | 'silence'

/** What the first response says about its connection. */
export interface Advertised {
  /** The `Connection` header as it came, cut to 80 characters. */
  readonly connection: string | null
  /** `timeout` of the `Keep-Alive` header, in ms. */
  readonly timeout: number | null
  /** `max` of the `Keep-Alive` header. */
  readonly max: number | null
}

/** How a server announced the end of an HTTP/2 session (RFC 9113 §6.8). */
export interface Goaway {
  /** Requests of later streams were not processed; 2147483647 says so of none. Of the last GOAWAY. */
  readonly lastStreamId: number
  /** `NO_ERROR`, or another name of RFC 9113 §7; a number that is none of them as it stands. */
  readonly errorCode: string
  /** Further words of the server, cut to 80 characters. */
  readonly debug: string | null
  /** How many came: a shutdown in two steps sends two. */
  readonly count: number
  /** From the first one to the close of the connection; `null`: it was still open when the probe stopped waiting. */
  readonly closedAfter: number | null
}

/** What HTTP/2 PINGs do. */
export interface Ping {
  readonly answered: boolean
  /** How long the answer took. */
  readonly ms: number | null
  /** Whether a PING restarts the idle timeout; `null` where there is none, or it was not measured. */
  readonly restartsIdleTimeout: boolean | null
}

/** Medians. */
export interface Timings {
  /** TCP. */
  readonly connect: number
  /** The TLS handshake; `null` without TLS. */
  readonly tls: number | null
  /** From the first request on a connection to the end of its response. */
  readonly first: number
  /** The same for further requests. */
  readonly reused: number | null
  /** What reuse saves for each request: connect + tls + first − reused, never below 0. */
  readonly saved: number | null
}

export interface MaxRequests {
  /** Responses on one connection before the server closed it; `null`: no cap was found. */
  readonly cap: number | null
  /** Requests sent on this connection. */
  readonly tried: number
  /** Whether the last response said `Connection: close`; over HTTP/2, whether a GOAWAY came. */
  readonly saidClose: boolean | null
  /** Whether the connection was then closed, within a second; over HTTP/2 within two. */
  readonly closed: boolean | null
  /** `max` of the `Keep-Alive` header of the first response on this connection. */
  readonly advertised: number | null
  /** How long this connection was used, in ms. */
  readonly lasted: number
  /** HTTP/2: how the cap was announced. */
  readonly goaway: Goaway | null
  /** What ended the search without a cap: no requests left, no time left, or the server closed by age. */
  readonly stoppedBy: 'requests' | 'time' | 'age' | null
}

export interface IdleTimeout {
  /** Median of the connections; `null`: most were still open when the probe stopped waiting. */
  readonly ms: number | null
  /** How long all idle connections stayed open: the shortest time where they differ. */
  readonly atLeast: number
  readonly closedBy: 'server' | null
  readonly how: How | null
  /** HTTP/2: how the close of the first one was announced. */
  readonly goaway: Goaway | null
  /** The time of each closed connection, shortest first. */
  readonly samples: readonly number[]
  /** Connections still open when the probe stopped waiting. */
  readonly open: number
  /** Compared with `Keep-Alive: timeout=`: kept, or closed earlier or much later; `null` without the header. */
  readonly header: 'kept' | 'earlier' | 'later' | null
}

export interface Race {
  /** Each on its own connection. */
  readonly tries: readonly { readonly before: number; readonly outcome: RaceOutcome }[]
  readonly answered: number
  readonly lost: number
}

/** What the figures mean. */
export interface ProbeFinding {
  readonly code: ProbeFindingCode
  readonly severity: Severity
  /** What was found, with the numbers: a sentence or two. */
  readonly message: string
  /** What to do about it; `null` where there is nothing to do. */
  readonly remedy: string | null
}

/** The stable codes of the probe's findings; docs/probe.md lists them. */
export const probeFindingCodes = [
  'status',
  'redirect',
  'no-reuse',
  'timeout-earlier-than-advertised',
  'timeout-later-than-advertised',
  'timeout-not-seen',
  'timeout-uneven',
  'closes-by-age',
  'closes-with-reset',
  'closes-with-408',
  'no-close-notify',
  'cap',
  'cap-unannounced',
  'cap-search-short',
  'max-earlier-than-advertised',
  'max-later-than-advertised',
  'close-not-kept',
  'pipelining-incomplete',
  'half-close-unanswered',
  'half-close-not-known',
  'race-lost',
  'no-goaway',
  'goaway-not-exact',
  'goaway-error',
  'ping-unanswered',
  'ping-keeps-open',
  'http2-offered',
  'proxy-outlives-server',
  'server-outlives-proxy',
  'proxy-fits',
  'proxy-not-judged',
  'step-failed',
] as const

export type ProbeFindingCode = (typeof probeFindingCodes)[number]

/** The events of one of the probe's connections. */
export interface ProbeTimeline {
  /** What the connection was for. */
  readonly title: string
  /** The first events. */
  readonly events: readonly TimelineEvent[]
  /** How many events are left out after these. */
  readonly omitted: number
  /** The last events, if there were more than the first ones. */
  readonly last: readonly TimelineEvent[]
}
