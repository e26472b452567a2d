import type { ClosedConnection } from '../closed.ts'
import type { ClosedSink } from '../kit/kit.ts'
import type { Policy } from '../policy/policy.ts'

/** Formats of the line for a closed connection. */
export type ClosedFormat = 'logfmt' | 'json'

/** One closed connection as one line, whatever the network sent, without the line's end. */
export function closedLine(closed: ClosedConnection, format: ClosedFormat): string {
  return format === 'json' ? JSON.stringify({ ...closed, pid: process.pid }) : logfmt(closed)
}

/** Where the policy's `log` option sends closed records; lines go to standard output. */
export function closedSink(log: Policy['log']): ClosedSink | undefined {
  if (log === false) return undefined
  if (typeof log === 'function') return log
  return (closed) => void process.stdout.write(`${closedLine(closed, log)}\n`)
}

function logfmt(closed: ClosedConnection): string {
  const pairs: string[] = []
  for (const [key, value] of Object.entries(closed)) {
    if (value !== undefined && value !== null) pairs.push(`${key}=${logfmtValue(String(value))}`)
  }
  return pairs.join(' ')
}

/** A logfmt value: bare where it can be, else quoted with JSON's escapes, which leave no line break. */
function logfmtValue(value: string): string {
  return /^[\w.:%/+-]+$/.test(value) ? value : JSON.stringify(value)
}
