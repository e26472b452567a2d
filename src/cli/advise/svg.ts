import type { Advice, CurvePoint } from '../../advisor/advice.ts'
import type { Palette } from '../../dashboard/page/colour.ts'
import type { Drawn } from '../../dashboard/page/spec.ts'
import { svgOf } from '../../dashboard/page/svg.ts'
import { duration, number, percent } from '../../words.ts'
import { baseOf, drawnPoints, logPosition, ticksOf } from './plot.ts'

/** The page's light colors: a file has no style sheet. */
const colours: Readonly<Record<string, string>> = {
  ink: '#1b2126',
  muted: '#586069',
  line: '#e3e6e5',
  surface: '#ffffff',
  reused: '#0c7568',
  server: '#b45a09',
}
const palette: Palette = (colour) => colours[colour]!

/** The curve as a drawing for a report: reuse with its interval, and below it the connections that are idle for it. */
export function svg(advice: Advice): string {
  const points = drawnPoints(advice)
  if (points.length < 2) return svgOf(nothing, palette)
  const range = [points[0]!.timeout, points.at(-1)!.timeout] as const
  const most = points.at(-1)!.idleConnections
  const xs = points.map(({ timeout }) => logPosition(timeout, range))
  const x: Drawn['x'] = {
    title: 'idle timeout',
    min: 0,
    max: 1,
    ticks: ticksOf(range).map((timeout) => ({ at: logPosition(timeout, range), label: duration(timeout) })),
  }
  const shared = { x, xs, marks: marksOf(advice, range) }
  const idle: Drawn[] =
    most === null || most === 0
      ? []
      : [
          {
            ...shared,
            title: 'Connections idle on average',
            summary: `${number(most)} connections at the longest timeout.`,
            y: axis('connections', 0, most, number),
            series: [seriesOf('line', 'idle connections', points, ({ idleConnections }) => idleConnections)],
          },
        ]
  return svgOf(
    {
      ...shared,
      title: 'Idle intervals that end in reuse, by idle timeout',
      summary: 'The thin lines are the 95% confidence interval.',
      y: axis('reuse', baseOf(points), 1, percent),
      series: [
        seriesOf('line', 'reuse, with its 95% confidence interval', points, ({ reuse }) => reuse),
        seriesOf('low', '', points, ({ reuseLow }) => reuseLow),
        seriesOf('high', '', points, ({ reuseHigh }) => reuseHigh),
      ],
    },
    palette,
    idle,
  )
}

const nothing: Drawn = {
  title: 'Too few idle intervals for a curve',
  summary: 'Nothing is drawn.',
  x: { title: '', min: 0, max: 1, ticks: [] },
  y: { title: '', min: 0, max: 1, ticks: [], scale: 'linear' },
  xs: [],
  series: [],
}

function axis(title: string, min: number, max: number, label: (value: number) => string): Drawn['y'] {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = min + (max - min) * part
    return { at, label: label(at) }
  })
  return { title, min, max, ticks, scale: 'linear' }
}

function seriesOf(
  kind: 'line' | 'low' | 'high',
  label: string,
  points: readonly CurvePoint[],
  read: (point: CurvePoint) => number | null,
): Drawn['series'][number] {
  return { label, kind, colour: 'reused', values: points.map(read) }
}

/** The recommended timeout, where it is on the axis. */
function marksOf(
  { recommended, curve }: Advice,
  range: readonly [number, number],
): NonNullable<Drawn['marks']> {
  const { keepAliveTimeout } = recommended
  if (keepAliveTimeout === null || keepAliveTimeout < range[0] || keepAliveTimeout > range[1]) return []
  const point = curve.find(({ timeout }) => timeout === keepAliveTimeout)
  const label = `${duration(keepAliveTimeout)}${point ? `: ${percent(point.reuse)} reuse` : ''}`
  return [{ at: logPosition(keepAliveTimeout, range), label, colour: 'server', dashed: true }]
}
