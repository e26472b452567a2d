import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Histogram, Meter, MetricAttributes } from '@opentelemetry/api'
import { type CloseMessage, channelNames } from '../channels.ts'
import type { ClosedConnection } from '../closed.ts'
import type { Policy } from '../policy/policy.ts'
import { ucum } from './opentelemetry-instruments.ts'
import { failures, type RecordedHistogram, recorded } from './recorded-histograms.ts'

const isFailure: ReadonlySet<string> = new Set(failures)

/**
 * Records each connection of a kit once, when it has closed.
 *
 * @returns a function that stops the recording.
 */
export function recordCloses(meter: Meter, policy: Policy, attributes: MetricAttributes): () => void {
  const histogram = ({ openTelemetry, help, unit, bounds }: RecordedHistogram): Histogram =>
    meter.createHistogram(openTelemetry, {
      description: `${help}.`,
      unit: ucum(unit),
      advice: { explicitBucketBoundaries: [...bounds] },
    })
  const duration = histogram(recorded.duration)
  const requests = histogram(recorded.requests)
  const record = (message: unknown): void => {
    const { connection, policy: owner } = message as CloseMessage
    if (owner !== policy) return
    duration.record(connection.age / 1000, { ...attributesOf(connection), ...attributes })
    requests.record(connection.requests, attributes)
  }
  subscribe(channelNames.close, record)
  return () => void unsubscribe(channelNames.close, record)
}

/** All values come from closed lists, so a client cannot create new series. */
function attributesOf({ reason, closedBy, protocol, tls }: ClosedConnection): MetricAttributes {
  return {
    'keepalive.close.reason': reason,
    'keepalive.closed_by': closedBy,
    ...(isFailure.has(reason) && { 'error.type': reason }),
    ...(protocol !== undefined && {
      'network.protocol.name': 'http',
      // The conventions write HTTP/2 without a minor version.
      'network.protocol.version': protocol === '2.0' ? '2' : protocol,
    }),
    ...(tls !== null && { 'tls.protocol.version': tls.replace(/^TLSv/, '') }),
  }
}
