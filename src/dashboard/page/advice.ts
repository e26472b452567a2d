import type { Advice, CurvePoint, Observed } from '../../advisor/advice.ts'
import { advise } from '../../advisor/advise.ts'
import { keptByPeer, trafficOf } from '../../doctor/traffic/traffic.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Snapshot, Summary } from '../../stats/snapshot.ts'
import { bytes, duration, number, percent } from '../../words.ts'
import { compact } from './format.ts'
import { between, type ChartSpec, type Dot } from './spec.ts'

/** What the page shows of an advice. */
export interface Advised {
  readonly advice: Advice
  readonly current: number | null
  /** The timeout of the slider, in ms. */
  readonly tried: number
}

/** What the advisor says of the traffic so far, with a point for the timeout now and for the one that is tried. */
export function adviseOn(summary: Summary, policy: Policy, tried: number): Advised {
  const current = summary.timeouts.keepAliveTimeout || null
  const none = { address: null, connections: 0, requests: 0, reused: 0, reasons: {}, lastSeen: 0 }
  const snapshot: Snapshot = { ...summary, clients: { rows: [], other: none } }
  const timeouts = current === null ? [tried] : [tried, current]
  // The peer's timeout as the doctor takes it: what the traffic shows goes before what the policy believes.
  const proxy = Math.round(keptByPeer(trafficOf(snapshot, policy)))
  const constraints = proxy >= 1 ? { proxyIdleTimeout: proxy } : {}
  const advice = advise(snapshot, { constraints, timeouts })
  return {
    advice: { ...advice, curve: advice.curve.map((point) => amongRequests(point, advice.observed)) },
    current,
    tried,
  }
}

/**
 * The advisor's reuse is a share of the idle intervals. On the page the word means a share of the requests, so that it is the
 * same number in all its parts.
 */
function amongRequests(point: CurvePoint, { intervals, requests }: Observed): CurvePoint {
  const share = (reuse: number): number =>
    requests === 0 ? 0 : Math.min(1, (reuse * intervals.total) / requests)
  return {
    ...point,
    reuse: share(point.reuse),
    reuseLow: share(point.reuseLow),
    reuseHigh: share(point.reuseHigh),
  }
}

/** Timeouts often differ in the third digit of their reuse. */
const precisely = (reuse: number): string => percent(reuse, 3)

/** The point of a timeout; `undefined` beyond what was watched. */
function pointAt({ curve }: Pick<Advice, 'curve'>, timeout: number | null): CurvePoint | undefined {
  return curve.find((point) => point.timeout === timeout)
}

/** Reuse against idle connections, one point for each timeout. */
export function adviceChart({ advice, current, tried }: Advised): ChartSpec {
  const { curve, recommended } = advice
  const points = curve.filter(({ idleConnections }) => idleConnections !== null)
  const idle = (point: CurvePoint): number => point.idleConnections ?? 0
  const x = between(points.map(idle), compact)
  const y = between(
    points.flatMap(({ reuseLow, reuseHigh }) => [reuseLow, reuseHigh]),
    precisely,
  )
  const dots: Dot[] = []
  const add = (timeout: number | null, label: string, colour: Dot['colour'], hollow = false): void => {
    const point = pointAt(advice, timeout)
    if (point)
      dots.push({
        x: idle(point),
        y: point.reuse,
        label: `${label} ${duration(point.timeout)}`,
        colour,
        hollow,
      })
  }
  const same = recommended.keepAliveTimeout === current
  add(current, same ? 'now, as recommended:' : 'now', 'server')
  if (!same) add(recommended.keepAliveTimeout, 'recommended', 'reused')
  if (tried !== current && tried !== recommended.keepAliveTimeout) add(tried, 'what if', 'accent', true)
  const cells = (point: CurvePoint): string[] => [
    duration(point.timeout),
    `${precisely(point.reuse)} (${precisely(point.reuseLow)} to ${precisely(point.reuseHigh)})`,
    point.newConnectionsPerSecond === null ? '–' : number(point.newConnectionsPerSecond),
    number(idle(point)),
    point.idleMemory === null ? '–' : bytes(Math.round(point.idleMemory)),
  ]
  return {
    title: 'Reuse against idle connections',
    summary:
      points.length === 0
        ? 'Too few idle gaps have ended so far. What each timeout would bring and cost appears here.'
        : `Every point is a timeout, from ${duration(points[0]!.timeout)} to ${duration(points.at(-1)!.timeout)}; the band is the 95% interval of confidence.`,
    x: { title: 'idle connections, mean', ...x },
    y: { title: 'reuse, share of requests', ...y, max: Math.min(1.02, y.max), scale: 'linear' },
    xs: points.map(idle),
    series: [
      { label: 'reuse', colour: 'reused', kind: 'line', values: points.map(({ reuse }) => reuse) },
      { label: 'low', colour: 'reused', kind: 'low', values: points.map(({ reuseLow }) => reuseLow) },
      { label: 'high', colour: 'reused', kind: 'high', values: points.map(({ reuseHigh }) => reuseHigh) },
    ],
    dots,
    read: (i) => {
      const [timeout, reuse, opened, waiting] = cells(points[i]!)
      return `At ${timeout}: ${reuse} reused, ${opened} new connections per second, ${waiting} idle.`
    },
    table: {
      head: ['Timeout', 'Reuse (95%)', 'New per second', 'Idle', 'Idle memory'],
      rows: points.map(cells),
    },
  }
}

/** The figures of a few timeouts side by side: a heading and a cell for each. */
export function figures({ advice, current, tried }: Advised): { head: string[]; rows: string[][] } {
  const columns: [string, number | null][] = [
    ['Now', current],
    ['Recommended', advice.recommended.keepAliveTimeout],
    ['What if', tried],
  ]
  const cell = (timeout: number | null, show: (point: CurvePoint) => string): string => {
    const point = pointAt(advice, timeout)
    return point ? show(point) : '–'
  }
  const row = (name: string, show: (point: CurvePoint) => string): string[] => [
    name,
    ...columns.map(([, timeout]) => cell(timeout, show)),
  ]
  return {
    head: ['', ...columns.map(([name]) => name)],
    rows: [
      ['Timeout', ...columns.map(([, timeout]) => (timeout === null ? '–' : duration(timeout)))],
      row('Reuse', ({ reuse }) => precisely(reuse)),
      row('New per second', ({ newConnectionsPerSecond: opened }) =>
        opened === null ? '–' : number(opened),
      ),
      row('Idle connections', ({ idleConnections: idle }) => (idle === null ? '–' : number(idle))),
      row('Idle memory', ({ idleMemory: memory }) => (memory === null ? '–' : bytes(Math.round(memory)))),
    ],
  }
}
