import type { ClosedConnection } from '../closed.ts'
import type { ClosedSink } from '../kit/kit.ts'
import type { Policy } from '../policy/policy.ts'

/** The formats of the line for a closed connection. */
export type ClosedFormat = 'logfmt' | 'json'

/**
 * Formats a closed connection as one line, without the line break. It stays one line whatever the network sent.
 *
 * @param pid - tells apart the lines of processes that write to one file.
 */
export function closedLine(
  closed: ClosedConnection,
  format: ClosedFormat,
  pid: number = process.pid,
): string {
  const line = { ...closed, pid }
  return format === 'json' ? JSON.stringify(line) : logfmt(line)
}

/** Where the option `log` sends closed records. Lines go to standard output. */
export function closedSink(log: Policy['log']): ClosedSink | undefined {
  if (log === false) return undefined
  if (typeof log === 'function') return log
  return (closed) => void process.stdout.write(`${closedLine(closed, log)}\n`)
}

function logfmt(closed: object): string {
  const pairs: string[] = []
  for (const [key, value] of Object.entries(closed)) {
    if (value !== undefined && value !== null) pairs.push(`${key}=${logfmtValue(String(value))}`)
  }
  return pairs.join(' ')
}

/** A logfmt value: plain if possible, otherwise quoted with JSON's escapes, so it has no line break. */
function logfmtValue(value: string): string {
  return /^[\w.:%/+-]+$/.test(value) ? value : JSON.stringify(value)
}
