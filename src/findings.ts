/** The stable codes of findings; each has a page under docs/findings/. */
export const findingCodes = [
  // Of the kit.
  'KEEPALIVE_NOT_ATTACHED',
  // Of the server as it is configured.
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
  // Of the traffic.
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

/** `info`: nothing is wrong; `warning`: something is lost or wasted; `error`: the policy is not in force. */
export type Severity = 'info' | 'warning' | 'error'

/** What a finding rests on: plain JSON. Times in ms, shares from 0 to 1. */
export interface Evidence {
  readonly [name: string]: string | number | null | readonly Evidence[]
}

/** What the doctor found. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  /** One or two sentences with the numbers in them. */
  readonly message: string
  readonly evidence: Evidence
  /** What to do about it, in a sentence. */
  readonly remedy: string
  /** The page that explains the code, inside the package: `docs/findings/<code>.md`. */
  readonly help: string
}
