/** A log format taken apart: fields with the text between them. */
export interface Format<Field extends string> {
  /** What comes before the first field. */
  readonly start: string
  readonly parts: readonly Part<Field>[]
}

export interface Part<Field extends string> {
  readonly field: Field
  /** What comes after it; nothing for the last one where the line ends. */
  readonly after: string
}

/** Where the fields that were asked for are in the line read last: two numbers for each, from and to before. */
export type Spans = Int32Array

const quote = 34
const backslash = 92

/**
 * Finds fields in lines of a format. A field ends at the first place where the text after it is found, as fields have no
 * delimiter of their own; a quote that is escaped does not end one. What comes after the last field asked for is not looked at.
 *
 * @param wanted - the fields; a field of the format that comes twice is taken where it comes first.
 * @param spans - filled at each line that matches.
 * @returns whether a line matches.
 */
export function fieldFinder<Field extends string>(
  { start, parts }: Format<Field>,
  wanted: readonly Field[],
  spans: Spans,
): (line: string) => boolean {
  const slots = parts.map(({ field }, i) =>
    parts.findIndex((part) => part.field === field) === i ? wanted.indexOf(field) * 2 : -2,
  )
  const last = slots.findLastIndex((slot) => slot >= 0)
  const steps = parts.slice(0, last + 1).map(({ after }, i) => ({ after, slot: slots[i]! }))
  return (line) => {
    if (!line.startsWith(start)) return false
    let at = start.length
    for (const { after, slot } of steps) {
      const end = after === '' ? line.length : endOf(line, after, at)
      if (end < 0) return false
      if (slot >= 0) {
        spans[slot] = at
        spans[slot + 1] = end
      }
      at = end + after.length
    }
    return true
  }
}

function endOf(line: string, after: string, from: number): number {
  let end = line.indexOf(after, from)
  if (after.charCodeAt(0) !== quote) return end
  while (end > 0 && isEscaped(line, end)) end = line.indexOf(after, end + 1)
  return end
}

function isEscaped(line: string, at: number): boolean {
  let slashes = 0
  while (line.charCodeAt(at - 1 - slashes) === backslash) slashes++
  return slashes % 2 === 1
}

/** Two fields without anything between them: nobody can tell where the first ends. */
export function adjacent<Field extends string>({ parts }: Format<Field>): readonly Field[] | undefined {
  const at = parts.findIndex(({ after }, i) => after === '' && i < parts.length - 1)
  return at < 0 ? undefined : [parts[at]!.field, parts[at + 1]!.field]
}
