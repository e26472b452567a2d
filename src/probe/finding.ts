import type { ProbeFinding, ProbeFindingCode } from './report.ts'

export function info(code: ProbeFindingCode, message: string): ProbeFinding[] {
  return [{ code, severity: 'info', message }]
}

export function warning(code: ProbeFindingCode, message: string): ProbeFinding[] {
  return [{ code, severity: 'warning', message }]
}

export function error(code: ProbeFindingCode, message: string): ProbeFinding[] {
  return [{ code, severity: 'error', message }]
}
