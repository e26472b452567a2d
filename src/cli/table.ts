import { type Format, type Look, plainLook } from './look.ts'
import { cutTo, widthOf, wrap } from './text.ts'

/** One column of a table for the terminal. */
export interface Column<Row> {
  readonly heading?: string
  /** Numbers go to the right. */
  readonly align?: 'left' | 'right'
  readonly cell: (row: Row) => string
  /**
   * What happens to a cell that is too wide for the terminal: an ellipsis, or more lines.
   *
   * @default 'cut'
   */
  readonly overflow?: 'cut' | 'wrap'
  /** Whether the column may be left out on a narrow terminal. An ellipsis stands in its place. */
  readonly optional?: boolean
  readonly style?: (row: Row) => Format | undefined
}

const gap = '  '

/** A column is not made narrower than this as long as others can be, in columns of the terminal. */
const narrow = 10

/**
 * A table as lines, the headings first if there are any. It is never wider than the look, and its columns stay aligned.
 *
 * @param look - as wide as its content where it is left out.
 */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  look: Look = plainLook,
): string[] {
  const shown = fitting(columns, rows, look.width)
  const widths = widthsOf(shown, rows, look.width)
  const lines = (row: Row): string[] =>
    layOut(
      shown.map(({ cell, overflow }, i) =>
        overflow === 'wrap' ? wrap(cell(row), widths[i]!) : [cutTo(cell(row), widths[i]!)],
      ),
      shown.map((column) => column.align),
      widths,
      (text, i) => {
        const format = shown[i]!.style?.(row)
        return format === undefined ? text : look.style(format, text)
      },
    )
  const headings = shown.map(({ heading = '' }, i) => wrap(heading, widths[i]!))
  const hasHeadings = shown.some(({ heading = '' }) => heading !== '')
  const aligned = shown.map((column) => column.align)
  return [
    ...(hasHeadings ? layOut(headings, aligned, widths, (text) => look.style('bold', text)) : []),
    ...rows.flatMap(lines),
  ]
}

/** Cells of one row, each of one or more lines. */
function layOut(
  cells: readonly (readonly string[])[],
  aligned: readonly Column<never>['align'][],
  widths: readonly number[],
  style: (text: string, column: number) => string,
): string[] {
  const height = Math.max(...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) => {
    let text = ''
    // Spaces come before the text that needs them, so that no line ends with some.
    let pending = ''
    for (const [i, lines] of cells.entries()) {
      const content = lines[line] ?? ''
      const space = ' '.repeat(widths[i]! - widthOf(content))
      if (aligned[i] === 'right') pending += space
      if (content !== '') {
        text += pending + style(content, i)
        pending = ''
      }
      if (aligned[i] !== 'right') pending += space
      pending += gap
    }
    return text
  })
}

/** The columns that have room, by their least widths; those left out become one with an ellipsis. */
function fitting<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): readonly Column<Row>[] {
  let shown = columns
  const ellipsis: Column<Row> = { cell: () => '…' }
  for (let at = columns.length - 1; at >= 0 && sum(shown.map((c) => leastOf(c, rows))) > width; at--) {
    if (columns[at]!.optional) shown = [...shown.filter((c) => c !== columns[at] && c !== ellipsis), ellipsis]
  }
  return shown
}

/** The width of each column: the widest give way first, numbers last. */
function widthsOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): number[] {
  const widths = columns.map((column) => Math.min(naturalOf(column, rows), width))
  const least = columns.map((column) => leastOf(column, rows))
  for (const bounds of [least, columns.map(() => 1)]) {
    while (sum(widths) > width) {
      const room = widths.map((each, i) => (each > bounds[i]! ? each : 0))
      const widest = room.indexOf(Math.max(...room))
      if (room[widest] === 0) break
      widths[widest]!--
    }
  }
  return widths
}

function naturalOf<Row>({ heading = '', cell }: Column<Row>, rows: readonly Row[]): number {
  return Math.max(widthOf(heading), ...rows.map((row) => widthOf(cell(row))))
}

function leastOf<Row>(column: Column<Row>, rows: readonly Row[]): number {
  const { heading = '', align, cell } = column
  const words = Math.max(...heading.split(' ').map(widthOf))
  // A number that is cut is a wrong number.
  if (align === 'right') return Math.max(words, ...rows.map((row) => widthOf(cell(row))))
  return Math.min(naturalOf(column, rows), Math.max(words, narrow))
}

/** Of a whole line. */
const sum = (widths: readonly number[]): number =>
  widths.reduce((total, each) => total + each, 0) + gap.length * (widths.length - 1)
