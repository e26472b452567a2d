import type { Meter } from '@opentelemetry/api'

/** What is needed of `metrics` of `@opentelemetry/api`, or of a `MeterProvider`. */
export interface Meters {
  getMeter(name: string): Meter
}
