import type { Colour } from './colour.ts'

/** A place on an axis, and what is written there. */
export interface Tick {
  readonly at: number
  readonly label: string
}

export interface Axis {
  readonly title: string
  readonly min: number
  readonly max: number
  readonly ticks: readonly Tick[]
}

export interface Series {
  readonly label: string
  readonly colour: Colour
  /** Bars stand on those before them. `low` and `high` are the edges of a band. */
  readonly kind: 'bar' | 'line' | 'low' | 'high'
  readonly values: readonly (number | null)[]
}

/** A line across at some x, with a word to it. */
export interface Mark {
  readonly at: number
  readonly label: string
  readonly colour: Colour
  readonly dashed?: boolean
}

/** A point on a line. */
export interface Dot {
  readonly x: number
  readonly y: number
  readonly label: string
  readonly colour: Colour
  readonly hollow?: boolean
}

/** A chart, whoever draws it: on the page, or as a file. */
export interface ChartSpec {
  readonly title: string
  /** What it shows now, in a sentence: for whom cannot see it. */
  readonly summary: string
  readonly x: Axis
  /** `root`: heights are the square roots of the values, so that rare ones are seen beside common ones. */
  readonly y: Axis & { readonly scale: 'linear' | 'root' }
  /** Where the values are: the middle of bars, the points of lines. Ascending. */
  readonly xs: readonly number[]
  /** Of the room of a bar, which is 1 wide; for charts of lines nothing. */
  readonly series: readonly Series[]
  readonly marks?: readonly Mark[]
  readonly dots?: readonly Dot[]
  readonly zone?: { readonly from: number; readonly to: number; readonly label: string } | undefined
  /** What is at one of `xs`, in words. */
  read(index: number): string
  readonly table: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
}

/** What is drawn of a chart: all but the words for one place, and the table. */
export type Drawn = Omit<ChartSpec, 'read' | 'table'>

export const heightOf = (value: number, scale: ChartSpec['y']['scale']): number =>
  scale === 'root' ? Math.sqrt(Math.max(0, value)) : value

/** The tops of stacked bars, for each series of bars those of all before it included. */
export function stacked(series: readonly Series[]): (readonly (number | null)[])[] {
  let below: number[] = []
  return series.map(({ kind, values }) => {
    if (kind !== 'bar') return values
    below = values.map((value, i) => (value ?? 0) + (below[i] ?? 0))
    return below
  })
}

/** Round numbers from 0 to at least the greatest value, about four of them; their label is up to the caller. */
export function steps(most: number, label: (value: number) => string, least = 4): Tick[] {
  const top = Math.max(most, least)
  const rough = top / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10)
  const ticks: Tick[] = []
  for (let at = 0; at < top + step * 0.999; at += step) ticks.push({ at, label: label(at) })
  return ticks
}

/** The same for a scale of square roots: the ticks are dense where the values are. */
export function rootSteps(most: number, label: (value: number) => string): Tick[] {
  const top = Math.max(most, 4)
  const power = 10 ** Math.floor(Math.log10(top))
  const candidates = [1, 2, 5, 10].map((factor) => factor * power)
  const max = candidates.find((value) => value >= top)!
  const shares = [0, 0.05, 0.25, 0.5, 1]
  return shares
    .map((share) => Math.round(max * share))
    .filter((value, i, all) => all.indexOf(value) === i)
    .map((at) => ({ at, label: label(at) }))
}

/** An axis around values, from a round number below them to one above, with about four steps. */
export function between(
  values: readonly number[],
  label: (value: number) => string,
): Pick<Axis, 'min' | 'max' | 'ticks'> {
  const low = values.length === 0 ? 0 : Math.min(...values)
  const high = values.length === 0 ? 1 : Math.max(...values)
  // Without a spread there is still a place to show.
  const rough = Math.max((high - low) / 4, Math.abs(high) * 0.01, 1e-6)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999)!
  const first = Math.floor(low / step)
  const last = Math.ceil(high / step)
  const ticks = Array.from({ length: Math.max(1, last - first) + 1 }, (_, i) => {
    const at = Number(((first + i) * step).toPrecision(12))
    return { at, label: label(at) }
  })
  return { min: ticks[0]!.at, max: ticks.at(-1)!.at, ticks }
}
