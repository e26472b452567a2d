import type { Evidence, Finding, FindingCode, Severity } from '../findings.ts'

/** One case of what a check looks for. */
interface Seen {
  /** One or two sentences with the numbers in them. */
  readonly message: string
  readonly evidence: Evidence
  /** Where it is not the check's own. */
  readonly severity?: Severity
}

/** One row of a table of checks. */
export interface Check<Subject, Code extends string = FindingCode> {
  readonly code: Code
  readonly severity: Severity
  /** What it looks at, in a few words. */
  readonly looksAt: string
  /** Below which count it says nothing; `undefined` where one look is enough. */
  readonly silentBelow?: string
  /** What to do, in a sentence without the full stop. */
  readonly remedy: string
  look(subject: Subject): Seen | undefined
}

/** What the checks find. */
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
