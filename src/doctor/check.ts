import type { Evidence, Finding, FindingCode, Severity } from '../findings.ts'

/** What a check found. */
interface Seen {
  /** One or two sentences with the numbers in them. */
  readonly message: string
  readonly evidence: Evidence
  /** If it differs from the severity of the check. */
  readonly severity?: Severity
}

/** One row in a table of checks. */
export interface Check<Subject, Code extends string = FindingCode> {
  readonly code: Code
  readonly severity: Severity
  /** What the check looks at, in a few words. */
  readonly looksAt: string
  /** The minimum count for a finding; `undefined` if there is none. */
  readonly silentBelow?: string
  /** What to do, as a sentence without the full stop. */
  readonly remedy: string
  look(subject: Subject): Seen | undefined
}

/** Runs the checks and returns their findings. */
export function findingsOf<Subject, Code extends string>(
  checks: readonly Check<Subject, Code>[],
  subject: Subject,
): Finding<Code>[] {
  const findings: Finding<Code>[] = []
  for (const { code, severity, remedy, look } of checks) {
    const seen = look(subject)
    if (seen) {
      const { message, evidence } = seen
      const help = `docs/findings/${code}.md`
      findings.push({
        code,
        severity: seen.severity ?? severity,
        message,
        evidence,
        remedy: `${remedy}.`,
        help,
      })
    }
  }
  return findings
}
