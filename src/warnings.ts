import type { FindingCode } from './findings.ts'

/** The stable codes of warnings; each has a page under docs/warnings/. */
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

/** Something is wrong, and goes on working as well as it can; or a finding of the doctor's. */
export interface Warning {
  readonly code: WarningCode | FindingCode
  readonly message: string
  /** What was thrown, if the warning is about an error. */
  readonly cause?: unknown
}
