import type { Advice, CurvePoint } from '../../advisor/advice.ts'
import { bytes, duration, number, percent } from '../../words.ts'
import { type Column, table } from '../table.ts'
import { plot } from './plot.ts'

/** The timeouts of the table, in ms, as far as they were watched. */
export const usualTimeouts: readonly number[] = [
  1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 45_000, 60_000, 75_000, 90_000, 120_000, 180_000,
  300_000, 600_000, 1_800_000, 3_600_000,
]

/**
 * The advice for people.
 *
 * @param asked - timeouts that the table has beside the usual ones.
 */
export function report(advice: Advice, notes: readonly string[], asked: readonly number[]): string[] {
  const { recommended, warnings, beyond } = advice
  const answer =
    recommended.keepAliveTimeout === null ? 'no advice' : `keepAliveTimeout: ${recommended.keepAliveTimeout}`
  return [
    ...notes.map((note) => `- ${note}`),
    `- ${observedText(advice)}`,
    '',
    ...(advice.curve.length > 0
      ? [...plot(advice), '', ...table(columnsOf(advice), rowsOf(advice, asked)), '']
      : []),
    ...(beyond && beyond.returned > 0 ? [beyondText(advice), ''] : []),
    answer,
    `  ${recommended.why}.`,
    ...warnings.flatMap(({ code, message }) => ['', `${code}: ${message}.`]),
  ]
}

function observedText({ observed }: Advice): string {
  const { intervals, requests, duration: watched, horizon } = observed
  const time = watched === null ? '' : ` in ${duration(watched)}`
  const { reused, clientClosed, cutOff, open } = intervals
  const ends = [
    `${number(reused)} reused`,
    `${number(clientClosed)} ended by the client`,
    `${number(cutOff)} cut off`,
    `${number(open)} open`,
  ]
  return `${number(requests)} requests${time}, ${number(intervals.total)} idle intervals (${ends.join(', ')}), watched up to ${duration(horizon)}`
}

function rowsOf({ curve, recommended, observed }: Advice, asked: readonly number[]): CurvePoint[] {
  const shown = new Set<number | null>([
    ...usualTimeouts,
    ...asked,
    recommended.keepAliveTimeout,
    observed.keepAliveTimeout,
    observed.horizon,
  ])
  const rows = curve.filter(({ timeout }) => shown.has(timeout))
  return rows.length > 0 ? rows : curve.filter((_, i) => i % Math.ceil(curve.length / 12) === 0)
}

function columnsOf({ recommended, observed, curve }: Advice): Column<CurvePoint>[] {
  const hasRates = curve[0]?.idleConnections !== null
  const mark = (timeout: number): string => {
    if (timeout === recommended.keepAliveTimeout) return '← recommended'
    return timeout === observed.keepAliveTimeout ? '← in force' : ''
  }
  const price: Column<CurvePoint>[] = [
    {
      heading: 'new connections/s',
      align: 'right',
      cell: ({ newConnectionsPerSecond }) => number(newConnectionsPerSecond ?? 0),
    },
    { heading: 'idle', align: 'right', cell: ({ idleConnections }) => number(idleConnections ?? 0) },
    { heading: 'memory', align: 'right', cell: ({ idleMemory }) => bytes(idleMemory ?? 0) },
  ]
  return [
    { heading: 'timeout', align: 'right', cell: ({ timeout }) => duration(timeout) },
    { heading: 'reuse', align: 'right', cell: ({ reuse }) => percent(reuse, 3) },
    {
      heading: '95%',
      align: 'right',
      cell: ({ reuseLow, reuseHigh }) => `${percent(reuseLow, 3)} – ${percent(reuseHigh, 3)}`,
    },
    ...(hasRates ? price : []),
    { cell: ({ timeout }) => mark(timeout) },
  ]
}

function beyondText({ beyond }: Advice): string {
  const { closed, returned, forgotten, points, assumption } = beyond!
  const last = points.at(-1)
  const upTo = last ? `: up to ${percent(last.reuse)} reuse at ${duration(last.timeout)}` : ''
  const lost = forgotten > 0 ? ` and ${number(forgotten)} lost their row in the client table before` : ''
  return `Beyond: of ${number(closed)} clients whose idle connection was closed here, ${number(returned)} came back${lost}${upTo}. ${assumption}.`
}
