import type { BatchObservableCallback, Meter, MetricAttributes, Observable } from '@opentelemetry/api'
import type { Policy } from '../policy/policy.ts'
import { readFields } from '../policy/read.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import { checkAttributes } from './opentelemetry-attributes.ts'
import { recordCloses } from './opentelemetry-closes.ts'
import { instruments } from './opentelemetry-instruments.ts'
import type { Meters } from './opentelemetry-meters.ts'

export type { Meters } from './opentelemetry-meters.ts'
export { type ObserveOutgoingOptions, observeOutgoing } from './opentelemetry-outgoing.ts'

/** What is needed of a kit. */
export interface Observed {
  readonly policy: Policy
  snapshot(): Snapshot
}

export interface ObserveOptions {
  /**
   * Put on every value. Two kits of one process need something here that tells them apart, such as
   * `{ 'server.port': 8080 }`.
   *
   * @default {}
   */
  readonly attributes?: MetricAttributes | undefined
}

/**
 * Makes a kit's numbers OpenTelemetry metrics, by `@opentelemetry/api` alone. Call it when the SDK has been
 * registered: a meter that was got before does nothing for ever.
 *
 * | instrument | kind, unit | attributes |
 * | --- | --- | --- |
 * | `http.server.open_connections` | up-down counter, {connection} | `http.connection.state` |
 * | `http.server.connection.duration` | histogram, s | see below |
 * | `keepalive.requests_per_connection` | histogram, {request} | |
 * | `keepalive.opened_connections` | counter, {connection} | |
 * | `keepalive.requests` | counter, {request} | `keepalive.reused`: true, false |
 * | `keepalive.{refused,dropped,late}_requests`, `keepalive.near_misses` | counter, {request} | |
 * | `keepalive.idle_intervals` | counter, {interval} | `keepalive.outcome`: reused, client-closed, cut-off |
 * | `keepalive.idle_time` | counter, s | `keepalive.outcome` |
 * | `keepalive.advertised_timeout`, `keepalive.timeout_buffer` | gauge, s | |
 *
 * The histograms are recorded when a connection has closed, once for each, since OpenTelemetry has none that is
 * observable; their buckets are the view's choice. `http.server.connection.duration` has `keepalive.close.reason` and
 * `keepalive.closed_by`, `network.protocol.name` and `network.protocol.version` where a request came,
 * `tls.protocol.version` with TLS, and `error.type` where the reason is a failure: header-timeout, request-timeout,
 * inactivity, bad-request, client-abort, client-reset, error. All else is observed: a collection takes one snapshot.
 * Idle gaps therefore come as count and sum; a histogram of them would cost something at each request.
 *
 * @param connections - what `keepAlive()` returned.
 * @param metrics - `metrics` of `@opentelemetry/api`, or a `MeterProvider`.
 * @returns stops it.
 * @throws KeepAliveError `ERR_KEEPALIVE_OPTION_TYPE`, `ERR_KEEPALIVE_UNKNOWN_OPTION`.
 * @example
 * import { metrics } from '@opentelemetry/api'
 * observeMetrics(connections, metrics)
 */
export function observeMetrics(connections: Observed, metrics: Meters, options?: ObserveOptions): () => void {
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
