import type { Advice, CurvePoint } from '../../advisor/advice.ts'
import { duration, percent } from '../../words.ts'

const widest = 60
const height = 11
/** The labels of the axis, before the curve. */
const left = 8

/** The position of a timeout on a logarithmic axis, 0 to 1. */
export function logPosition(timeout: number, [first, last]: readonly [number, number]): number {
  return Math.log(timeout / first) / Math.log(last / first)
}

/** The points to draw: from the last point with hardly any reuse. */
export function drawnPoints({ curve }: Advice): readonly CurvePoint[] {
  const most = curve.at(-1)?.reuse ?? 0
  const first = curve.findIndex(({ reuse, timeout }) => timeout >= 10 && reuse > most * 0.02)
  return curve.slice(Math.max(0, first - 1))
}

/** The lowest share on the axis: a curve that begins high up is enlarged. */
export function baseOf(points: readonly CurvePoint[]): number {
  return [0.95, 0.9, 0.8, 0.5].find((share) => share <= points[0]!.reuse) ?? 0
}

/**
 * The curve of reuse for a terminal: `•` is the estimate, `░` its interval, `┊` the recommended timeout.
 *
 * @param columns - of the terminal.
 */
export function plot(advice: Advice, columns: number): string[] {
  const points = drawnPoints(advice)
  const width = Math.min(widest, columns - left)
  if (points.length < 2 || width < height) return []
  const range = [points[0]!.timeout, points.at(-1)!.timeout] as const
  const cells = Array.from({ length: height }, () => new Array<string>(width).fill(' '))
  const base = baseOf(points)
  const rowOf = (share: number): number =>
    Math.round((1 - Math.min(1, Math.max(0, (share - base) / (1 - base)))) * (height - 1))
  const { keepAliveTimeout } = advice.recommended
  const marked =
    keepAliveTimeout === null ? -1 : Math.round(logPosition(keepAliveTimeout, range) * (width - 1))
  for (let column = 0; column < width; column++) {
    const timeout = range[0] * (range[1] / range[0]) ** (column / (width - 1))
    const [reuse, low, high] = (['reuse', 'reuseLow', 'reuseHigh'] as const).map((name) =>
      rowOf(between(points, timeout, name)),
    ) as [number, number, number]
    for (let row = 0; row < height; row++) {
      if (row === reuse) cells[row]![column] = '•'
      else if (row <= low && row >= high) cells[row]![column] = '░'
      else if (column === marked) cells[row]![column] = '┊'
    }
  }
  const label = (row: number): string => {
    if (row % 5 !== 0) return ''
    return percent(base + (1 - base) * (1 - row / (height - 1)), 3)
  }
  return [
    ...cells.map((row, i) => `${label(i).padStart(6)} ┤${row.join('').trimEnd()}`),
    `${' '.repeat(left - 1)}└${'─'.repeat(width)}`,
    `${' '.repeat(left)}${axis(range, width)}`,
  ]
}

/** A value between two points: they are close together. */
function between(
  points: readonly CurvePoint[],
  timeout: number,
  name: 'reuse' | 'reuseLow' | 'reuseHigh',
): number {
  const next = points.findIndex((point) => point.timeout >= timeout - 1e-6)
  if (next <= 0) return points[next === 0 ? 0 : points.length - 1]![name]
  const [before, after] = [points[next - 1]!, points[next]!]
  const part = logPosition(timeout, [before.timeout, after.timeout])
  return before[name] + (after[name] - before[name]) * part
}

const round = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200].map((seconds) => seconds * 1000)

/** Timeouts that people use, within a range. */
export function ticksOf([first, last]: readonly [number, number]): number[] {
  return [10, 100, 250, 500, ...round].filter((timeout) => timeout >= first && timeout <= last)
}

function axis(range: readonly [number, number], width: number): string {
  let line = ''
  for (const tick of ticksOf(range)) {
    const at = Math.round(logPosition(tick, range) * (width - 1))
    const label = duration(tick)
    if ((at > line.length || line === '') && at + label.length <= width) line = line.padEnd(at) + label
  }
  return line
}
