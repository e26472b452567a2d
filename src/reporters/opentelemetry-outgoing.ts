import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { BatchObservableCallback, MetricAttributes } from '@opentelemetry/api'
import { outgoingCloseChannel } from '../outgoing/channel.ts'
import { pickOrigins, readOrigins } from '../outgoing/pick.ts'
import type { OutgoingClosed, OutgoingSnapshot, OutgoingState } from '../outgoing/snapshot.ts'
import { readFields } from '../policy/read.ts'
import { checkTaken, metersTaken, outgoingTaken } from './check-taken.ts'
import { checkAttributes } from './opentelemetry-attributes.ts'
import type { Meters } from './opentelemetry-meters.ts'
import { recorded } from './recorded-histograms.ts'

export interface ObserveOutgoingOptions {
  /**
   * The origins with their own values, such as `https://api.example.com`; at most 1,000. The values of all other origins have
   * neither `server.address` nor `server.port`.
   *
   * @default []
   */
  readonly origins?: readonly string[] | undefined
  /** Attributes of every value. @default {} */
  readonly attributes?: MetricAttributes | undefined
}

/** The conventions know two states. */
const stateOf: Readonly<Record<OutgoingState, 'active' | 'idle'>> = {
  new: 'idle',
  active: 'active',
  idle: 'idle',
  upgraded: 'active',
}

/**
 * The two metrics of outgoing connections that the conventions of OpenTelemetry define (status: development).
 *
 * | instrument | kind, unit | attributes |
 * | --- | --- | --- |
 * | `http.client.open_connections` | up-down counter, {connection} | `http.connection.state`: active, idle |
 * | `http.client.connection.duration` | histogram, s | |
 *
 * Both have `server.address`, `server.port` and `url.scheme` of the origins that are listed. An upgraded connection counts as
 * active, and a connection without a request as idle.
 *
 * @param outgoing - what `trackOutgoing()` returned.
 * @param metrics - `metrics` of `@opentelemetry/api`, or a `MeterProvider`.
 * @returns stops it.
 * @throws KeepAliveError `ERR_KEEPALIVE_OPTION_TYPE`, `ERR_KEEPALIVE_UNKNOWN_OPTION`.
 * @example
 * observeOutgoing(trackOutgoing(), metrics, { origins: ['https://api.example.com'] })
 */
export function observeOutgoing(
  outgoing: { snapshot(): OutgoingSnapshot },
  metrics: Meters,
  options?: ObserveOutgoingOptions,
): () => void {
  checkTaken(
    'observeOutgoing()',
    outgoingTaken(outgoing),
    metersTaken(metrics),
    'observeOutgoing(outgoing, metrics)',
  )
  const given = readFields(options ?? {}, {
    name: 'observeOutgoing() options',
    prefix: 'observeOutgoing().',
    fields: ['origins', 'attributes'],
    rule: 'must be a plain object or left out',
    remedy:
      "Pass an object, as in observeOutgoing(outgoing, metrics, { origins: ['https://api.example.com'] })",
    unknown: () => 'The options are origins and attributes',
  })
  const origins = readOrigins('observeOutgoing().origins', given.get('origins'))
  const attributes = checkAttributes('observeOutgoing().attributes', given.get('attributes'))
  const servers = new Map(origins.map((origin) => [origin, serverOf(origin)]))
  const meter = metrics.getMeter('keepalive-kit')
  const open = meter.createObservableUpDownCounter('http.client.open_connections', {
    description: 'Number of outbound HTTP connections that are currently active or idle.',
    unit: '{connection}',
  })
  const duration = meter.createHistogram('http.client.connection.duration', {
    description: 'The duration of the successfully established outbound HTTP connections.',
    unit: 's',
    advice: { explicitBucketBoundaries: [...recorded.duration.bounds] },
  })
  const observe: BatchObservableCallback = (result) => {
    for (const { name, row } of pickOrigins(outgoing.snapshot(), origins)) {
      const counts = { active: 0, idle: 0 }
      for (const [state, count] of Object.entries(row.connections.states))
        counts[stateOf[state as OutgoingState]] += count
      for (const [state, count] of Object.entries(counts))
        result.observe(open, count, {
          'http.connection.state': state,
          ...servers.get(name),
          ...attributes,
        })
    }
  }
  const record = (message: unknown): void => {
    const { connection, outgoing: owner } = message as { connection: OutgoingClosed; outgoing: unknown }
    if (owner !== outgoing) return
    duration.record(connection.age / 1_000, { ...servers.get(connection.origin), ...attributes })
  }
  meter.addBatchObservableCallback(observe, [open])
  subscribe(outgoingCloseChannel, record)
  return () => {
    meter.removeBatchObservableCallback(observe, [open])
    unsubscribe(outgoingCloseChannel, record)
  }
}

function serverOf(origin: string): MetricAttributes {
  if (origin.startsWith('unix:')) return { 'server.address': origin.slice('unix:'.length) }
  const { protocol, hostname, port } = new URL(origin)
  const scheme = protocol.slice(0, -1)
  return {
    'server.address': hostname.replace(/^\[|\]$/g, ''),
    'server.port': port === '' ? (scheme === 'https' ? 443 : 80) : Number(port),
    'url.scheme': scheme,
  }
}
