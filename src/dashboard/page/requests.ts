import type { Histogram } from '../../stats/snapshot.ts'
import { count, number, percent } from '../../words.ts'
import { compact } from './format.ts'
import { type ChartSpec, steps } from './spec.ts'

/** Four bins to a doubling, the first one for none: taken together, 0, 1, 2–3, 4–7, 8–15 … */
function octaves({ bins }: Histogram): number[] {
  const counts: number[] = []
  bins.forEach((each, bin) => {
    const octave = bin === 0 ? 0 : Math.floor((bin - 1) / 4) + 1
    counts[octave] = (counts[octave] ?? 0) + each
  })
  return Array.from(counts, (each) => each ?? 0)
}

function nameOf(octave: number): string {
  if (octave < 2) return String(octave)
  return `${compact(2 ** (octave - 1))}–${compact(2 ** octave - 1)}`
}

/** How many requests each of the closed connections had. */
export function requestsChart(histogram: Histogram): ChartSpec {
  const counted = octaves(histogram)
  const values = [...counted, ...Array(Math.max(0, 6 - counted.length)).fill(0)] as number[]
  const { count: all, sum } = histogram
  const most = Math.max(0, ...values)
  const ticks = steps(most, compact)
  const atMostOne = (values[0] ?? 0) + (values[1] ?? 0)
  return {
    title: 'Requests per connection',
    summary:
      all === 0
        ? 'No connection has closed yet. How many requests each had appears here.'
        : `${number(sum / all)} on average; ${percent(atMostOne / all)} of ${count(all, 'connection')} had at most one.`,
    x: {
      title: 'requests on the connection',
      min: 0,
      max: values.length,
      ticks: values.map((_, i) => ({ at: i + 0.5, label: nameOf(i) })),
    },
    y: { title: 'closed connections', min: 0, max: ticks.at(-1)!.at, ticks, scale: 'linear' },
    xs: values.map((_, i) => i + 0.5),
    series: [{ label: 'connections', colour: 'reused', kind: 'bar', values }],
    read: (i) => `${nameOf(i)} ${i === 1 ? 'request' : 'requests'}: ${count(values[i]!, 'connection')}.`,
    table: {
      head: ['Requests', 'Connections', 'Share'],
      rows: counted.map((each, i) => [nameOf(i), number(each), percent(all === 0 ? 0 : each / all)]),
    },
  }
}
