import type { CloseReason } from '../../reasons.ts'
import { count, duration, number } from '../../words.ts'
import { type Range, ranges, type Sample } from '../samples.ts'
import type { Colour } from './colour.ts'
import { clock, compact } from './format.ts'
import { type ChartSpec, type Series, steps } from './spec.ts'

/** Who closes for each reason, in the order in which they are stacked. */
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
      'protocol-error',
    ],
  },
  {
    who: 'client',
    colour: 'client',
    reasons: ['client-idle', 'client-asked', 'client-abort', 'client-reset', 'client-goaway'],
  },
  { who: 'either', colour: 'either', reasons: ['never-used', 'upgrade', 'error'] },
]

const barCount = 15

/**
 * Closed connections over a range, or as long as there is something to show: in its first part bars are shorter, or there
 * would be one.
 */
export function closesChart(
  samples: readonly Sample[],
  now: number,
  { name, length: whole, step }: Range = ranges[0],
): ChartSpec {
  const known = now - (samples[0]?.at ?? now) + step
  const length = Math.min(whole / barCount, Math.max(1, Math.ceil(known / barCount / step)) * step)
  const bars = Array.from({ length: barCount }, (_, i) => i)
  const counts = new Map<CloseReason, number[]>()
  for (const { at, reasons } of samples) {
    const bar = barCount - 1 - Math.floor((now - at) / length)
    if (bar < 0 || bar >= barCount) continue
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
  const when = (bar: number): string => clock(now - (barCount - bar) * length)
  const parts = choices.flatMap(({ who, reasons }) => {
    const closed = reasons.reduce((sum, reason) => sum + total(reason), 0)
    return closed === 0
      ? []
      : `${number(closed)} by ${who === 'either' ? 'either side or the network' : `the ${who}`}`
  })
  return {
    title: 'Why connections closed',
    summary:
      parts.length === 0
        ? `No connection closed in the last ${name}. Close reasons appear here.`
        : `${parts.join(', ')}.`,
    x: {
      title: `time before now, each bar ${duration(length)}`,
      min: 0,
      max: barCount,
      ticks: [15, 10, 5, 0].map((ago) => ({
        at: barCount - ago,
        label: ago === 0 ? 'now' : `−${duration(ago * length)}`,
      })),
    },
    y: { title: 'closed connections', min: 0, max: ticks.at(-1)!.at, ticks, scale: 'linear' },
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
