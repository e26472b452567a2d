import type { Meter } from '@opentelemetry/api'

/** The part of `metrics` of `@opentelemetry/api`, or of a `MeterProvider`, that is needed. */
export interface Meters {
  getMeter(name: string): Meter
}
