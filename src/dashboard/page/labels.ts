import type { Axis, Mark } from './spec.ts'

/** Height of a row of labels, in CSS pixels. */
export const rowHeight = 17

/** About how wide a bold character of 12 px is, in CSS pixels. */
const characterWidth = 7.4

export interface Place {
  /** From the top. */
  readonly row: number
  /** Where the text begins: the label is on the other side of its line. */
  readonly side: 'left' | 'right'
}

/** Gives each mark's label a place above the plot where it covers no other, in as few rows as may be. */
export function labelRows(
  marks: readonly Mark[],
  { min, max }: Pick<Axis, 'min' | 'max'>,
  width: number,
): { readonly rows: readonly Place[]; readonly count: number } {
  const taken: { from: number; to: number }[][] = []
  const rows = marks.map(({ at, label }): Place => {
    const x = ((at - min) / (max - min)) * width
    const length = label.length * characterWidth + 10
    const side = x + length <= width || x < width / 2 ? 'left' : 'right'
    const from = side === 'left' ? x : x - length
    const to = from + length
    // A line crosses the rows below its label's own.
    let row = taken.findIndex((spans) => spans.every((span) => to < span.from || from > span.to))
    if (row < 0) row = taken.push([]) - 1
    taken[row]!.push({ from, to })
    return { row, side }
  })
  return { rows, count: taken.length }
}
