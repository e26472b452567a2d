import type { ProbeFinding, ProbeFindingCode } from './report.ts'

/** @param remedy - a sentence or two; left out where there is nothing to do. */
type Found = (code: ProbeFindingCode, message: string, remedy?: string | null) => ProbeFinding[]

export const info: Found = (code, message, remedy = null) => [{ code, severity: 'info', message, remedy }]

export const warning: Found = (code, message, remedy = null) => [
  { code, severity: 'warning', message, remedy },
]

export const error: Found = (code, message, remedy = null) => [{ code, severity: 'error', message, remedy }]
