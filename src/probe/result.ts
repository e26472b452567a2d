import { count } from '../words.ts'
import type { Verdict } from './expectations.ts'
import type { ProbeReport } from './report.ts'

/** An expectation, and whether it is met. */
export interface Judged extends Verdict {
  readonly text: string
}

/** The judgment of a report, and its reason in one line. */
export interface Result {
  readonly result: 'pass' | 'fail' | 'incomplete'
  readonly why: string
}

/** @param interrupted - whether Ctrl-C stopped the probe. */
export function resultOf(report: ProbeReport, expectations: readonly Judged[], interrupted: boolean): Result {
  if (interrupted) return { result: 'incomplete', why: 'the probe was interrupted' }
  const failures = [
    ...expectations.filter(({ met }) => met !== true).map(notMet),
    // A judgment for a proxy was asked for, and too little is known to give one.
    ...report.findings
      .filter(({ severity, code }) => severity === 'error' || code === 'proxy-not-judged')
      .map(({ message }) => message),
  ]
  if (!report.complete) {
    const failed = report.findings.find(({ code }) => code === 'step-failed')
    return { result: 'incomplete', why: failed?.message ?? 'a step failed' }
  }
  const [first, ...others] = failures
  if (first === undefined) return { result: 'pass', why: passed(report, expectations) }
  return { result: 'fail', why: others.length > 0 ? `${first} (1 of ${failures.length} reasons)` : first }
}

function notMet({ text, met, measured }: Judged): string {
  return met === 'unknown'
    ? `${text} is not known to be met, measured: ${measured}`
    : `${text} is not met, measured: ${measured}`
}

function passed({ findings }: ProbeReport, expectations: readonly Judged[]): string {
  const fits = findings.find(({ code }) => code === 'proxy-fits')
  const warnings = findings.filter(({ severity }) => severity === 'warning')
  const parts = [
    ...(expectations.length > 0 ? [`${count(expectations.length, 'expectation')} met`] : []),
    ...(fits ? [fits.message.replace(/\.$/, '')] : []),
    warnings.length > 0
      ? `no error, ${count(warnings.length, 'warning')}: ${warnings[0]!.message}`
      : 'no error, no warning',
  ]
  return parts.join('; ')
}
