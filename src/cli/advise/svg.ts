import type { Advice, CurvePoint } from '../../advisor/advice.ts'
import { escapeXml } from '../../escape-xml.ts'
import { duration, number, percent } from '../../words.ts'
import { baseOf, drawnPoints, logPosition, ticksOf } from './plot.ts'

const width = 720
const panel = 240
const margin = { left: 64, right: 24, top: 36, bottom: 40 } as const

/** One panel: a value by timeout. */
interface Panel {
  readonly title: string
  readonly top: number
  /** What is at its lower and its upper edge. */
  readonly least: number
  readonly most: number
  readonly label: (value: number) => string
  readonly line: (point: CurvePoint) => number
  readonly band?: readonly [low: (point: CurvePoint) => number, high: (point: CurvePoint) => number]
}

/** The curve as a drawing for a report: reuse with its interval, and below it the connections that wait for it. */
export function svg(advice: Advice): string {
  const points = drawnPoints(advice)
  if (points.length < 2)
    return frame(panel, text(width / 2, panel / 2, 'Too few idle intervals for a curve', 'middle'))
  const range = [points[0]!.timeout, points.at(-1)!.timeout] as const
  const panels: Panel[] = [
    {
      title: 'Idle intervals that end in reuse, by keepAliveTimeout',
      top: 0,
      least: baseOf(points),
      most: 1,
      label: (value) => percent(value, 3),
      line: ({ reuse }) => reuse,
      band: [({ reuseLow }) => reuseLow, ({ reuseHigh }) => reuseHigh],
    },
  ]
  const mostIdle = points.at(-1)!.idleConnections
  if (mostIdle !== null && mostIdle > 0)
    panels.push({
      title: 'Connections idle on average',
      top: panel,
      least: 0,
      most: mostIdle,
      label: number,
      line: ({ idleConnections }) => idleConnections ?? 0,
    })
  const drawn = panels.map((each) => draw(each, points, range))
  return frame(panel * panels.length, [...drawn, mark(advice, points, range, panel * panels.length)].join(''))
}

function draw(shape: Panel, points: readonly CurvePoint[], range: readonly [number, number]): string {
  const { title, top, least, most, label, line, band } = shape
  const bottom = top + panel - margin.bottom
  const y = (value: number): number =>
    bottom - (Math.max(0, value - least) / (most - least)) * (panel - margin.top - margin.bottom)
  const at = (value: (point: CurvePoint) => number) => (point: CurvePoint) =>
    `${xOf(point.timeout, range)},${fixed(y(value(point)))}`
  const area = band
    ? `<polygon class="band" points="${[...points.map(at(band[0])), ...points.map(at(band[1])).reverse()].join(' ')}"/>`
    : ''
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const value = least + (most - least) * part
    const height = fixed(y(value))
    const rule = `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${height}" y2="${height}"/>`
    return rule + text(margin.left - 8, Number(height) + 4, label(value), 'end')
  })
  const ticks = ticksOf(range).map((tick) =>
    text(Number(xOf(tick, range)), bottom + 18, duration(tick), 'middle'),
  )
  const curve = `<polyline class="line" points="${points.map(at(line)).join(' ')}"/>`
  return text(margin.left, top + 20, title, 'start') + grid.join('') + ticks.join('') + area + curve
}

function mark(
  { recommended, curve }: Advice,
  points: readonly CurvePoint[],
  range: readonly [number, number],
  height: number,
): string {
  const { keepAliveTimeout } = recommended
  if (keepAliveTimeout === null || keepAliveTimeout < points[0]!.timeout || keepAliveTimeout > range[1])
    return ''
  const x = xOf(keepAliveTimeout, range)
  const point = curve.find(({ timeout }) => timeout === keepAliveTimeout)
  const what = `${duration(keepAliveTimeout)}${point ? `: ${percent(point.reuse)}` : ''}`
  const anchor = Number(x) > width / 2 ? 'end' : 'start'
  const line = `<line class="mark" x1="${x}" x2="${x}" y1="${margin.top}" y2="${height - margin.bottom}"/>`
  return line + text(Number(x) + (anchor === 'end' ? -6 : 6), panel - margin.bottom - 8, what, anchor)
}

const xOf = (timeout: number, range: readonly [number, number]): string =>
  fixed(margin.left + logPosition(timeout, range) * (width - margin.left - margin.right))

const fixed = (value: number): string => value.toFixed(1)

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${escapeXml(words)}</text>`
}

function frame(height: number, content: string): string {
  const style =
    'text{font:12px sans-serif;fill:#333}.grid{stroke:#ddd}.band{fill:#9ec5e8;opacity:.5}.line{fill:none;stroke:#1f5f99;stroke-width:2}.mark{stroke:#b3541e;stroke-dasharray:4 3}'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Reuse by keep-alive timeout"><style>${style}</style><rect width="100%" height="100%" fill="#fff"/>${content}</svg>\n`
}
