export type Fields = Readonly<Record<string, unknown>>

/** A line of JSON, also behind a time or a name that a log collector puts before it; `undefined` for anything else. */
export function parseObject(line: string): Fields | undefined {
  const from = line.indexOf('{')
  if (from < 0 || from > longestPrefix || line.charCodeAt(line.length - 1) !== closeBrace) return undefined
  try {
    const value: unknown = JSON.parse(from === 0 ? line : line.slice(from))
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

const closeBrace = 125
const longestPrefix = 200

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text or a number as a text; empty for anything else. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : ''
}
