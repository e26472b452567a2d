import type { MetricAttributes } from '@opentelemetry/api'
import type { Snapshot } from '../stats/snapshot.ts'
import { catalogue, type HistogramMetric, type NumberMetric } from './catalogue.ts'

/** One value of an instrument. */
export interface Observation {
  readonly value: number
  readonly attributes: MetricAttributes
}

/** An observable instrument as data. */
export interface InstrumentRow {
  readonly name: string
  readonly description: string
  /** The unit in UCUM, as in the conventions: `s`, `{request}`. */
  readonly unit: string
  readonly kind: 'ObservableCounter' | 'ObservableUpDownCounter' | 'ObservableGauge'
  readonly observe: (snapshot: Snapshot) => Observation[]
}

const kinds = {
  counter: 'ObservableCounter',
  level: 'ObservableUpDownCounter',
  setting: 'ObservableGauge',
} as const

/** A unit of the catalogue in UCUM. */
export function ucum(unit: NumberMetric['unit']): string {
  return unit === 's' ? unit : `{${unit}}`
}

/** The numbers of the catalogue that OpenTelemetry observes at each collection. */
export const instruments: readonly InstrumentRow[] = catalogue.flatMap((metric) =>
  metric.openTelemetry === undefined || isHistogram(metric)
    ? []
    : {
        name: metric.openTelemetry,
        description: `${metric.help}.`,
        unit: ucum(metric.unit),
        kind: kinds[metric.kind],
        observe: observationsOf(metric),
      },
)

function isHistogram(metric: NumberMetric | HistogramMetric): metric is HistogramMetric {
  return metric.kind === 'histogram'
}

function observationsOf({ by, read }: NumberMetric): InstrumentRow['observe'] {
  const values = by?.values ?? [undefined]
  return (snapshot) =>
    values.flatMap((value) => {
      const number = read(snapshot, value)
      if (number === null) return []
      return { value: number, attributes: by && value !== undefined ? { [by.attribute]: value } : {} }
    })
}
