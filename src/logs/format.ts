/** The parts of a log format: fields, and the text between them. */
export interface Format {
  /** The text before the first field. */
  readonly start: string
  readonly parts: readonly Part[]
}

export interface Part {
  readonly field: string
  /** The text after the field; empty for a last field at the end of the line. */
  readonly after: string
}

/** The positions of the wanted fields in the last line: two numbers for each, start and end (exclusive). */
export type Spans = Int32Array

const quote = 34
const backslash = 92
const space = 32

/**
 * Finds fields in lines of a format. Fields have no delimiter of their own, so a field ends where the text after it is first
 * found. An escaped quote does not end a field, nor does a space that the field may contain.
 *
 * @param wanted - the fields; of a field that the format has twice, the first is used.
 * @param spans - filled for each line that matches.
 * @param spaces - how many spaces a field has; -1 for a list of values, such as nginx's `0.001, 0.002 : 0.003`.
 * @param whole - whether a line must match to its end; otherwise only up to the last wanted field.
 * @returns whether a line matches.
 */
export function fieldFinder(
  { start, parts }: Format,
  wanted: readonly (string | undefined)[],
  spans: Spans,
  spaces: (field: string) => number,
  whole = false,
): (line: string) => boolean {
  const slots = parts.map(({ field }, i) =>
    parts.findIndex((part) => part.field === field) === i ? wanted.indexOf(field) * 2 : -2,
  )
  const last = whole ? parts.length - 1 : slots.findLastIndex((slot) => slot >= 0)
  const steps = parts.slice(0, last + 1).map(({ field, after }, i) => ({
    after,
    slot: slots[i]!,
    spaces: spacesBefore(after, spaces(field)),
  }))
  return (line) => {
    if (!line.startsWith(start)) return false
    let at = start.length
    for (const { after, slot, spaces } of steps) {
      const end = after === '' ? line.length : endOf(line, after, at, spaces)
      if (end < 0) return false
      // A last field of several words contains other fields.
      if (whole && after === '' && line.indexOf(' ', at) >= 0) return false
      if (slot >= 0) {
        spans[slot] = at
        spans[slot + 1] = end
      }
      at = end + after.length
    }
    return !whole || at === line.length
  }
}

/** How often a field contains the text that ends it. */
function spacesBefore(after: string, spaces: number): number {
  if (spaces > 0) return after === ' ' ? spaces : 0
  return after.charCodeAt(0) === space ? spaces : 0
}

function endOf(line: string, after: string, from: number, spaces: number): number {
  let end = line.indexOf(after, from)
  for (let left = spaces; left > 0 && end >= 0; left--) end = line.indexOf(after, end + 1)
  if (spaces < 0)
    while (end > 0 && (isBetween(line.charCodeAt(end - 1)) || isBetween(line.charCodeAt(end + 1))))
      end = line.indexOf(after, end + 1)
  if (after.charCodeAt(0) !== quote) return end
  while (end > 0 && isEscaped(line, end)) end = line.indexOf(after, end + 1)
  return end
}

/** Comma and colon, which nginx puts between the values of several upstream servers. */
const isBetween = (code: number): boolean => code === 44 || code === 58

function isEscaped(line: string, at: number): boolean {
  let slashes = 0
  while (line.charCodeAt(at - 1 - slashes) === backslash) slashes++
  return slashes % 2 === 1
}

/** Two fields without text between them: the end of the first is unknown. */
export function adjacent({ parts }: Format): readonly string[] | undefined {
  const at = parts.findIndex(({ after }, i) => after === '' && i < parts.length - 1)
  return at < 0 ? undefined : [parts[at]!.field, parts[at + 1]!.field]
}

/** `$name` and `${name}`; everything else is text. */
export function parseVariables(text: string): Format {
  const variable = /\$(?:(\w+)|\{(\w+)\})/g
  const found = [...text.matchAll(variable)]
  const start = text.slice(0, found[0]?.index ?? text.length)
  const parts = found.map((match, i): Part => {
    const from = match.index + match[0].length
    return { field: match[1] ?? match[2]!, after: text.slice(from, found[i + 1]?.index ?? text.length) }
  })
  return { start, parts }
}
