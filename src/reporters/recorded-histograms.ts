import { type CloseReason, closeReasons, closers } from '../reasons.ts'
import { boundsOf } from './buckets.ts'
import { byCloser, byReason } from './catalogue.ts'

/** A histogram of OpenTelemetry, recorded once for each connection when it closes. */
export interface RecordedHistogram {
  readonly openTelemetry: string
  readonly unit: 'request' | 's'
  readonly help: string
  readonly bounds: readonly number[]
  readonly attributes: readonly CloseAttribute[]
}

/** An attribute of a closed connection. */
export interface CloseAttribute {
  readonly name: string
  readonly values: readonly string[]
  /** When the attribute exists; omitted if always. */
  readonly when?: string
}

/** The close reasons that are failures. They are also `error.type`, as the conventions require. */
export const failures: readonly CloseReason[] = [
  'header-timeout',
  'request-timeout',
  'inactivity',
  'bad-request',
  'protocol-error',
  'client-abort',
  'client-reset',
  'error',
]

export const recorded: {
  readonly duration: RecordedHistogram
  readonly requests: RecordedHistogram
} = {
  duration: {
    openTelemetry: 'http.server.connection.duration',
    unit: 's',
    help: 'The duration of connections, from accept to close',
    // The bounds that Kestrel recommends for kestrel.connection.duration.
    bounds: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
    attributes: [
      { name: byReason.attribute, values: closeReasons },
      { name: byCloser.attribute, values: closers },
      { name: 'network.protocol.name', values: ['http'], when: 'if there was a request' },
      { name: 'network.protocol.version', values: ['1.0', '1.1', '2'], when: 'if there was a request' },
      { name: 'tls.protocol.version', values: ['1.2', '1.3'], when: 'with TLS' },
      { name: 'error.type', values: failures, when: 'if the close reason is a failure' },
    ],
  },
  requests: {
    openTelemetry: 'keepalive.requests_per_connection',
    unit: 'request',
    help: 'Requests per closed connection',
    bounds: boundsOf({ first: 0, last: 14, of: 'whole numbers' }),
    attributes: [],
  },
}
