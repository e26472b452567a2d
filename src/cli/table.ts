/** One column of a table for the terminal. */
export interface Column<Row> {
  readonly heading?: string
  /** Numbers go to the right. */
  readonly align?: 'left' | 'right'
  readonly cell: (row: Row) => string
}

const gap = '  '

/** A table as lines, the headings first if there are any. Every character is taken to be one column wide. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const headings = columns.map(({ heading = '' }) => heading)
  const lines = [
    ...(headings.some((heading) => heading !== '') ? [headings] : []),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ]
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => cells[i]!.length)))
  return lines.map((cells) =>
    cells
      .map((cell, i) => (columns[i]!.align === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join(gap)
      .trimEnd(),
  )
}
