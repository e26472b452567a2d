import type { Histogram, Snapshot } from '../stats/snapshot.ts'
import { type Buckets, boundsOf, cumulativeCounts, sumOf } from './buckets.ts'
import { catalogue, type HistogramMetric, type NumberMetric, type Split } from './catalogue.ts'

/** One line of the exposition. */
export interface Sample {
  /** The text after the metric's name: `_bucket`, `_sum`, `_count` of a histogram. */
  readonly suffix?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** A metric as data. */
export interface MetricRow<Subject = Snapshot> {
  /** Without the prefix. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** How the values of several processes are combined: prom-client's `AggregatorRegistry`. */
  readonly aggregator: 'sum' | 'min'
  readonly samples: (snapshot: Subject) => Sample[]
}

const types = { counter: 'counter', level: 'gauge', setting: 'gauge', histogram: 'histogram' } as const

/** The metrics of the catalogue that Prometheus has. */
export const metrics: readonly MetricRow[] = catalogue.flatMap((metric) =>
  metric.prometheus === undefined
    ? []
    : {
        name: metric.prometheus,
        help: metric.help,
        type: types[metric.kind],
        aggregator: metric.kind === 'setting' ? 'min' : 'sum',
        samples: samplesOf(metric),
      },
)

function samplesOf(metric: NumberMetric | HistogramMetric): MetricRow['samples'] {
  const series = seriesOf(metric.by)
  if (metric.kind === 'histogram') {
    const { read, buckets } = metric
    return (snapshot) =>
      series.flatMap(({ labels, value }) => histogramSamples(read(snapshot, value), buckets, labels))
  }
  return (snapshot) =>
    series.flatMap(({ labels, value }) => {
      const number = metric.read(snapshot, value)
      return number === null ? [] : { labels, value: number }
    })
}

interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly value: string | boolean | undefined
}

function seriesOf(by: Split | undefined): readonly Series[] {
  if (by === undefined) return [{ labels: {}, value: undefined }]
  return by.values.map((value) => ({ labels: { [by.label]: String(value) }, value }))
}

export function histogramSamples(values: Histogram, buckets: Buckets, labels: Sample['labels']): Sample[] {
  const counts = cumulativeCounts(values, buckets)
  return [
    ...boundsOf(buckets).map((le, i) => ({
      suffix: '_bucket',
      labels: { le, ...labels },
      value: counts[i]!,
    })),
    { suffix: '_bucket', labels: { le: '+Inf', ...labels }, value: values.count },
    { suffix: '_sum', labels, value: sumOf(values, buckets) },
    { suffix: '_count', labels, value: values.count },
  ]
}
