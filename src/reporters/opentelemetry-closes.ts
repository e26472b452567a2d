import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Meter, MetricAttributes } from '@opentelemetry/api'
import { type CloseMessage, channelNames } from '../channels.ts'
import type { ClosedConnection } from '../closed.ts'
import type { Policy } from '../policy/policy.ts'
import type { CloseReason } from '../reasons.ts'
import { boundsOf } from './buckets.ts'

/** The bounds that Kestrel recommends for `kestrel.connection.duration`. */
export const durationBounds: number[] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]

const requestBounds = boundsOf({ first: 0, last: 14, of: 'whole numbers' })

/**
 * Records each connection of a kit once, when it has closed.
 *
 * @returns stops it.
 */
export function recordCloses(meter: Meter, policy: Policy, attributes: MetricAttributes): () => void {
  const duration = meter.createHistogram('http.server.connection.duration', {
    description: 'The duration of connections, from accept to close.',
    unit: 's',
    advice: { explicitBucketBoundaries: durationBounds },
  })
  const requests = meter.createHistogram('keepalive.requests_per_connection', {
    description: 'Requests per closed connection.',
    unit: '{request}',
    advice: { explicitBucketBoundaries: requestBounds },
  })
  const record = (message: unknown): void => {
    const { connection, policy: owner } = message as CloseMessage
    if (owner !== policy) return
    duration.record(connection.age / 1000, { ...attributesOf(connection), ...attributes })
    requests.record(connection.requests, attributes)
  }
  subscribe(channelNames.close, record)
  return () => void unsubscribe(channelNames.close, record)
}

/** From closed lists, all of them: nothing that a client can make many of. */
function attributesOf({ reason, closedBy, protocol, tls }: ClosedConnection): MetricAttributes {
  return {
    'keepalive.close.reason': reason,
    'keepalive.closed_by': closedBy,
    ...(failures.has(reason) && { 'error.type': reason }),
    ...(protocol !== undefined && { 'network.protocol.name': 'http', 'network.protocol.version': protocol }),
    ...(tls !== null && { 'tls.protocol.version': tls.replace(/^TLSv/, '') }),
  }
}

/** The close reasons by which something went wrong: these are `error.type` too, as the conventions want it. */
const failures: ReadonlySet<CloseReason> = new Set([
  'header-timeout',
  'request-timeout',
  'inactivity',
  'bad-request',
  'client-abort',
  'client-reset',
  'error',
])
