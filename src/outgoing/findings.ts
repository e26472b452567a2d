import { closeChecks } from './findings/closes.ts'
import { reuseChecks } from './findings/reuse.ts'
import type { OutgoingCheck } from './findings/rows.ts'

/** Every check of outgoing connections. docs/findings.md is checked against it. */
export const outgoingChecks: readonly OutgoingCheck[] = [...reuseChecks, ...closeChecks]
