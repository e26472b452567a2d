import type { CloseReason } from '../../reasons.ts'
import type { Sample } from '../history.ts'
import type { Colour } from './colours.ts'
import { clock, compact, count, number } from './format.ts'
import { type ChartSpec, type Series, steps } from './spec.ts'

/** Whose choice each reason is, in the order in which they are stacked. */
export const choices: readonly {
  readonly who: string
  readonly colour: Colour
  readonly reasons: readonly CloseReason[]
}[] = [
  {
    who: 'server',
    colour: 'server',
    reasons: [
      'idle-timeout',
      'max-requests',
      'max-age',
      'app',
      'evicted',
      'drain',
      'header-timeout',
      'request-timeout',
      'inactivity',
      'bad-request',
    ],
  },
  {
    who: 'client',
    colour: 'client',
    reasons: ['client-idle', 'client-asked', 'client-abort', 'client-reset'],
  },
  { who: 'either', colour: 'either', reasons: ['never-used', 'upgrade', 'error'] },
]

const minute = 60_000
const minutes = 15

/** Closed connections, minute by minute. */
export function closesChart(samples: readonly Sample[], now: number): ChartSpec {
  const bars = Array.from({ length: minutes }, (_, i) => i)
  const counts = new Map<CloseReason, number[]>()
  for (const { at, reasons } of samples) {
    const bar = minutes - 1 - Math.floor((now - at) / minute)
    if (bar < 0 || bar >= minutes) continue
    for (const [reason, closed] of Object.entries(reasons) as [CloseReason, number][]) {
      const values = counts.get(reason) ?? bars.map(() => 0)
      values[bar]! += closed
      counts.set(reason, values)
    }
  }
  const total = (reason: CloseReason): number =>
    (counts.get(reason) ?? []).reduce((sum, each) => sum + each, 0)
  const series = choices.flatMap(({ who, colour, reasons }) =>
    reasons
      .filter((reason) => counts.has(reason))
      .map((reason, step): Series & { reason: CloseReason } => ({
        reason,
        label: `${reason} ${compact(total(reason))}${step === 0 ? ` (${who})` : ''}`,
        colour: `${colour}/${step}` as Colour,
        kind: 'bar',
        values: counts.get(reason)!,
      })),
  )
  const sums = bars.map((bar) => series.reduce((sum, { values }) => sum + values[bar]!, 0))
  const most = Math.max(0, ...sums)
  const ticks = steps(most, compact)
  const when = (bar: number): string => clock(now - (minutes - bar) * minute).slice(0, 5)
  const parts = choices.flatMap(({ who, reasons }) => {
    const closed = reasons.reduce((sum, reason) => sum + total(reason), 0)
    return closed === 0
      ? []
      : `${number(closed)} by ${who === 'either' ? 'either side or the network' : `the ${who}`}`
  })
  return {
    title: 'Why connections closed',
    summary: parts.length === 0 ? 'None closed in the last 15 minutes.' : `${parts.join(', ')}.`,
    x: {
      title: 'minutes ago',
      min: 0,
      max: minutes,
      ticks: [15, 10, 5, 0].map((ago) => ({ at: minutes - ago, label: ago === 0 ? 'now' : `−${ago} min` })),
    },
    y: { title: 'connections', min: 0, max: ticks.at(-1)!.at, ticks, scale: 'linear' },
    xs: bars.map((bar) => bar + 0.5),
    series,
    read: (bar) => {
      const inBar = series
        .filter(({ values }) => values[bar]! > 0)
        .map(({ reason, values }) => `${reason} ${number(values[bar]!)}`)
      return `From ${when(bar)}: ${inBar.length === 0 ? 'none closed' : inBar.join(', ')}.`
    },
    table: {
      head: ['From', ...series.map(({ reason }) => reason), 'All'],
      rows: bars.map((bar) => [
        when(bar),
        ...series.map(({ values }) => number(values[bar]!)),
        count(sums[bar]!, 'close'),
      ]),
    },
  }
}
