import stringWidth from 'string-width'

/** A text beside an indent gets this many columns on any terminal. */
const narrowest = 16

/** A number stays with its unit. */
const spaces = / (?!(?<=\d )(?:%|ms|s|min|h|d|[kMGT]?B)(?!\w))/

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** How many columns a text takes on a terminal: CJK and emoji take two. */
export function widthOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text)
}

/** The text in at most so many columns, an ellipsis in place of the rest. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  return width < 1 ? '' : `${headOf(text, width - 1)}…`
}

/**
 * The text in lines of at most so many columns, broken between words; a longer word is broken within.
 *
 * @param first - the width of the first line, where it is another.
 */
export function wrap(text: string, width: number, first: number = width): string[] {
  const lines: string[] = []
  const room = (): number => (lines.length === 0 ? first : width)
  let line = ''
  for (const word of text.split(spaces)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (widthOf(longer) <= room()) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    line = word
    while (widthOf(line) > room()) {
      const head = headOf(line, room()) || firstOf(line)
      lines.push(head)
      line = line.slice(head.length)
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line]
}

/**
 * A text after a beginning of its own, such as `error: `, the lines that follow indented.
 *
 * @param beginning - as it is printed, styles included.
 * @param indent - in columns.
 */
export function hanging(beginning: string, text: string, indent: number, width: number): string[] {
  const room = (taken: number): number => Math.max(narrowest, width - taken)
  const [head = '', ...rest] = wrap(text, room(indent), room(widthOf(beginning)))
  return [beginning + head, ...rest.map((line) => ' '.repeat(indent) + line)]
}

/** What fits into so many columns. */
function headOf(text: string, width: number): string {
  let head = ''
  let taken = 0
  for (const { segment } of characters.segment(text)) {
    taken += widthOf(segment)
    if (taken > width) break
    head += segment
  }
  return head
}

function firstOf(text: string): string {
  for (const { segment } of characters.segment(text)) return segment
  return text
}
