import type { BatchObservableCallback, Meter, MetricAttributes, Observable } from '@opentelemetry/api'
import type { Policy } from '../policy/policy.ts'
import { readFields } from '../policy/read.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import { checkTaken, kitTaken, metersTaken } from './check-taken.ts'
import { checkAttributes } from './opentelemetry-attributes.ts'
import { recordCloses } from './opentelemetry-closes.ts'
import { instruments } from './opentelemetry-instruments.ts'
import type { Meters } from './opentelemetry-meters.ts'

export type { Meters } from './opentelemetry-meters.ts'
export { type ObserveOutgoingOptions, observeOutgoing } from './opentelemetry-outgoing.ts'

/** The parts of a kit that are needed. */
export interface Observed {
  readonly policy: Policy
  snapshot(): Snapshot
}

export interface ObserveOptions {
  /**
   * Added to every value. Two kits in one process need attributes that differ, such as `{ 'server.port': 8080 }`.
   *
   * @default {}
   */
  readonly attributes?: MetricAttributes | undefined
}

/**
 * Exports a kit's numbers as OpenTelemetry metrics, with `@opentelemetry/api` alone. Call it after the SDK has been
 * registered: a meter that was created before that never works.
 *
 * docs/metrics.md lists the instruments, with their attributes and meaning. The histograms are recorded once for each
 * connection, when it closes, because OpenTelemetry has no observable histogram. A view can change their buckets. Everything
 * else is observed: one snapshot for each collection. So idle gaps come as count and sum; a histogram would cost something at
 * each request.
 *
 * @param connections - the result of `keepAlive()`.
 * @param metrics - `metrics` of `@opentelemetry/api`, or a `MeterProvider`.
 * @returns a function that stops the export.
 * @throws KeepAliveError `ERR_KEEPALIVE_OPTION_TYPE`, `ERR_KEEPALIVE_UNKNOWN_OPTION`.
 * @example
 * import { metrics } from '@opentelemetry/api'
 * observeMetrics(connections, metrics)
 */
export function observeMetrics(connections: Observed, metrics: Meters, options?: ObserveOptions): () => void {
  checkTaken(
    'observeMetrics()',
    kitTaken(connections),
    metersTaken(metrics),
    'observeMetrics(connections, metrics)',
  )
  const attributes = readAttributes(options)
  const meter = metrics.getMeter('keepalive-kit')
  const stopRecording = recordCloses(meter, connections.policy, attributes)
  const stopObserving = observeSnapshots(meter, () => connections.snapshot(), attributes)
  return () => {
    stopRecording()
    stopObserving()
  }
}

function observeSnapshots(meter: Meter, take: () => Snapshot, attributes: MetricAttributes): () => void {
  const observed = instruments.map(({ name, description, unit, kind, observe }) => ({
    instrument: meter[`create${kind}`](name, { description, unit }),
    observe,
  }))
  const observables: Observable[] = observed.map(({ instrument }) => instrument)
  const callback: BatchObservableCallback = (result) => {
    const snapshot = take()
    for (const { instrument, observe } of observed)
      for (const { value, attributes: own } of observe(snapshot))
        result.observe(instrument, value, { ...own, ...attributes })
  }
  meter.addBatchObservableCallback(callback, observables)
  return () => meter.removeBatchObservableCallback(callback, observables)
}

function readAttributes(options: ObserveOptions | undefined): MetricAttributes {
  if (options === undefined) return {}
  const given = readFields(options, {
    name: 'observeMetrics() options',
    prefix: 'observeMetrics().',
    fields: ['attributes'],
    rule: 'must be a plain object or left out',
    remedy:
      "Pass an object, as in observeMetrics(connections, metrics, { attributes: { 'server.port': 8080 } })",
    unknown: () => 'The only option is attributes',
  }).get('attributes')
  return checkAttributes('observeMetrics().attributes', given)
}
