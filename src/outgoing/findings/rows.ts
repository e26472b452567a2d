import type { Check } from '../../doctor/check.ts'
import type { Evidence, OutgoingFindingCode } from '../../findings.ts'
import { count } from '../../words.ts'
import type { OutgoingRow, OutgoingSnapshot } from '../snapshot.ts'

export type OutgoingCheck = Check<OutgoingSnapshot, OutgoingFindingCode>

/** Requests, and connections, of an origin below which nothing is said of it. */
export const least = 20

/** The most origins named in a message, and in the evidence. */
const mostNamed = 3
const mostListed = 10

/** What to say of some origins, if there are any. */
export function found(
  rows: readonly OutgoingRow[],
  name: (row: OutgoingRow) => string,
  message: (names: string, many: string) => string,
  evidence: (row: OutgoingRow) => Evidence,
): { message: string; evidence: Evidence } | undefined {
  if (rows.length === 0) return undefined
  return {
    message: message(namesOf(rows, name), count(rows.length, 'origin')),
    evidence: { origins: listed(rows, evidence) },
  }
}

export function namesOf(rows: readonly OutgoingRow[], name: (row: OutgoingRow) => string): string {
  const more = rows.length > mostNamed ? ` and ${rows.length - mostNamed} more` : ''
  return rows.slice(0, mostNamed).map(name).join(', ') + more
}

export function listed(rows: readonly OutgoingRow[], evidence: (row: OutgoingRow) => Evidence): Evidence[] {
  return rows.slice(0, mostListed).map((row) => ({ origin: row.origin, ...evidence(row) }))
}

/** The call sites of a row as evidence. */
export function sitesOf({ sites = [] }: OutgoingRow): Evidence[] {
  return sites.slice(0, mostListed).map((site) => ({ ...site }))
}
