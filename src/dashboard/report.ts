import { clientAddress } from '../address.ts'
import type { Evidence, Finding } from '../findings.ts'
import type { Policy } from '../policy/policy.ts'
import { mergeSnapshots } from '../stats/merge.ts'
import type { ClientRow, Snapshot } from '../stats/snapshot.ts'

/** What is good to have in an issue report: plain JSON, addresses masked whatever the policy says. */
export interface Report {
  /** Versions of the kit and of Node. */
  readonly kit: string
  readonly node: string
  readonly platform: string
  readonly policy: Omit<Policy, 'log'>
  readonly findings: readonly Finding[]
  readonly snapshot: Snapshot
}

/** The report with its addresses masked: IPv4 by /24, IPv6 by /48. Clients that become one are added up. */
export function masked({ policy, findings, snapshot, ...about }: Report): Report {
  const masks = new Map<string, string>()
  for (const { address } of snapshot.clients.rows)
    if (address !== null) masks.set(address, maskedClient(address))
  const { rows, other } = snapshot.clients
  const clients = { rows: rows.map((row) => maskRow(row, masks)), other }
  return {
    ...about,
    policy,
    findings: findings.map((finding) => maskFinding(finding, masks)),
    snapshot: mergeSnapshots([{ ...snapshot, clients }]),
  }
}

function maskRow(row: ClientRow, masks: ReadonlyMap<string, string>): ClientRow {
  return { ...row, address: row.address === null ? null : masks.get(row.address)! }
}

/** A client's address as the table has it, IPv6 as a /64; what is masked already stays. */
function maskedClient(address: string): string {
  return address.endsWith('/24') || address.endsWith('/48')
    ? address
    : clientAddress(address.replace(/\/64$/, ''), true)
}

/** Findings name clients of the table and no other addresses. */
function maskFinding(finding: Finding, masks: ReadonlyMap<string, string>): Finding {
  return {
    ...finding,
    message: maskText(finding.message, masks),
    evidence: maskEvidence(finding.evidence, masks),
  }
}

function maskEvidence(evidence: Evidence, masks: ReadonlyMap<string, string>): Evidence {
  return Object.fromEntries(
    Object.entries(evidence).map(([name, value]) => {
      if (typeof value === 'string') return [name, maskText(value, masks)]
      if (value === null || typeof value === 'number') return [name, value]
      return [name, value.map((each) => maskEvidence(each, masks))]
    }),
  )
}

/** Whatever in a text looks like an address is one of the table's, or none. */
function maskText(text: string, masks: ReadonlyMap<string, string>): string {
  return text.replace(/[\da-f:.]{3,}(?:\/\d+)?/gi, (word) => {
    // A full stop or a colon after it ends the sentence.
    const [, address = '', rest = ''] = /^(.*?)([.:]*)$/.exec(word)!
    return masks.has(word) ? masks.get(word)! : (masks.get(address) ?? address) + rest
  })
}
