/** The stable codes of findings. Each has a page in docs/findings/. */
export const findingCodes = [
  // About the kit.
  'KEEPALIVE_NOT_ATTACHED',
  // About the configuration of the server.
  'KEEPALIVE_TIMEOUT_NOT_A_NUMBER',
  'KEEPALIVE_TIMEOUT_ON_APP',
  'KEEPALIVE_TIMEOUT_CHANGED',
  'KEEPALIVE_TIMEOUTS_SWAPPED',
  'KEEPALIVE_CHECKING_INTERVAL_IGNORED',
  'KEEPALIVE_HINT_TOO_SHORT',
  'KEEPALIVE_TIMEOUT_LISTENER',
  'KEEPALIVE_MAX_REQUESTS_PER_SOCKET',
  'KEEPALIVE_PROXY_IDLES_LONG',
  'KEEPALIVE_HTTP2_SERVER_TIMEOUT',
  'KEEPALIVE_HTTP2_NEVER_IDLE',
  'KEEPALIVE_HTTP2_HTTP1_SIDE',
  'KEEPALIVE_HTTP2_UNSAFE_CLOSE',
  // About the traffic.
  'KEEPALIVE_PEER_TIMEOUT',
  'KEEPALIVE_SERVER_CLOSES_FIRST',
  'KEEPALIVE_PROXY_NEVER_CLOSES',
  'KEEPALIVE_PROXY_CONTRADICTED',
  'KEEPALIVE_DANGER_ZONE',
  'KEEPALIVE_LATE_REQUESTS',
  'KEEPALIVE_REQUESTS_AFTER_CLOSE',
  'KEEPALIVE_TIMEOUT_OUTLIVED',
  'KEEPALIVE_APP_CLOSES',
  'KEEPALIVE_APP_HINT',
  'KEEPALIVE_CLIENT_NEVER_REUSES',
  'KEEPALIVE_LOAD_WITHOUT_REUSE',
  'KEEPALIVE_SKEWED_REQUESTS',
  'KEEPALIVE_SKEWED_SESSIONS',
] as const

export type FindingCode = (typeof findingCodes)[number]

/** The stable codes of findings about outgoing connections; each has a page under docs/findings/, too. */
export const outgoingFindingCodes = [
  'OUTGOING_NEVER_REUSES',
  'OUTGOING_AGENT_PER_REQUEST',
  'OUTGOING_HINT_TOO_SHORT',
  'OUTGOING_LOST_REQUESTS',
  'OUTGOING_TIMEOUT_ABOVE_SERVER',
  'OUTGOING_OLD_CONNECTIONS',
] as const

export type OutgoingFindingCode = (typeof outgoingFindingCodes)[number]

/** `info`: nothing is wrong. `warning`: something is lost or wasted. `error`: the policy is not in force, or users notice losses. */
export type Severity = 'info' | 'warning' | 'error'

/** The numbers behind a finding: plain JSON. Times in ms, shares from 0 to 1. */
export interface Evidence {
  readonly [name: string]: string | number | null | readonly Evidence[]
}

/** One problem, or one fact, that `diagnose()` found. */
export interface Finding<Code extends string = FindingCode> {
  readonly code: Code
  readonly severity: Severity
  /** One or two sentences with the numbers. */
  readonly message: string
  readonly evidence: Evidence
  /** What to do, as a sentence. */
  readonly remedy: string
  /** The page that explains the code, inside the package: `docs/findings/<code>.md`. */
  readonly help: string
}
