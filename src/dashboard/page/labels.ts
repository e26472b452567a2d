import type { Axis, Mark, Tick } from './spec.ts'

/** Height of a row of labels, in CSS pixels. */
export const rowHeight = 17

/** About how wide a bold character of 12 px is, in CSS pixels. */
const characterWidth = 7.4

export interface Place {
  /** From the top. */
  readonly row: number
}

export interface Places {
  /** By mark. */
  readonly rows: readonly Place[]
  readonly count: number
  /** Which end of the text is at its line: all labels are on the same side of theirs. */
  readonly anchor: 'left' | 'right'
}

/**
 * Gives each mark's label a place above the plot where it covers no other, and where no other's line, which goes on down
 * from its label, crosses it: the labels step down towards the side that they are on.
 */
export function labelRows(
  marks: readonly Mark[],
  { min, max }: Pick<Axis, 'min' | 'max'>,
  width: number,
): Places {
  const spans = marks.map(({ at, label }, index) => {
    const x = ((at - min) / (max - min)) * width
    return { index, x, length: label.length * characterWidth + 10 }
  })
  const outside = (over: (span: (typeof spans)[number]) => number): number =>
    spans.reduce((sum, span) => sum + Math.max(0, over(span)), 0)
  const isLeft = outside(({ x, length }) => length - x) <= outside(({ x, length }) => x + length - width)
  const placed: { from: number; to: number; row: number }[] = []
  const rows: Place[] = []
  for (const { index, x, length } of spans.toSorted((a, b) => (isLeft ? b.x - a.x : a.x - b.x))) {
    const from = isLeft ? x - length : x
    const to = from + length
    const met = placed.filter((other) => from <= other.to && other.from <= to)
    const row = Math.max(-1, ...met.map((other) => other.row)) + 1
    placed.push({ from, to, row })
    rows[index] = { row }
  }
  const count = Math.max(-1, ...rows.map(({ row }) => row)) + 1
  return { rows, count, anchor: isLeft ? 'right' : 'left' }
}

/** The ticks from the left on whose labels do not run into the one before. */
export function ticksThatFit(
  { min, max, ticks }: Pick<Axis, 'min' | 'max' | 'ticks'>,
  width: number,
): Tick[] {
  let end = Number.NEGATIVE_INFINITY
  return ticks.filter(({ at, label }) => {
    const centre = ((at - min) / (max - min)) * width
    const half = label.length * 3.6 + 6
    if (at < min || at > max || centre - half < end) return false
    end = centre + half
    return true
  })
}
