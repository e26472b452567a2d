import type { FindingCode } from './findings.ts'

/** The stable codes of warnings. Each has a page in docs/warnings/. */
export const warningCodes = [
  'KEEPALIVE_EVICTED',
  'KEEPALIVE_LOG_FAILED',
  'KEEPALIVE_NODE_CHANGED',
  'KEEPALIVE_SECOND_KIT',
  'KEEPALIVE_NOT_CALLED',
  'KEEPALIVE_WRONG_ADAPTER',
  'KEEPALIVE_NO_SERVER',
  'KEEPALIVE_LOSSLESS_ON_TLS',
  'KEEPALIVE_SECONDS_MEANT',
  'KEEPALIVE_TIMEOUT_REPLACED',
  'KEEPALIVE_DRAIN_FORCED',
] as const

export type WarningCode = (typeof warningCodes)[number]

/** A problem that the kit works around, or a finding of the doctor. */
export interface Warning {
  readonly code: WarningCode | FindingCode
  readonly message: string
  /** The error behind the warning, if there is one. */
  readonly cause?: unknown
}
