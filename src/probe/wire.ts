import type { SecureContext } from 'node:tls'
import type { Clock } from '../clock.ts'
import type { ExtraHeader } from './extra-headers.ts'
import type { Target } from './target.ts'

export interface SessionOptions {
  readonly target: Target
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Measures HTTP/2: by ALPN over TLS, else by prior knowledge (h2c); HTTP/1.1 unless so. */
  readonly http2: boolean
  readonly method: 'GET' | 'HEAD'
  readonly userAgent: string
  readonly headers?: readonly ExtraHeader[]
  /** Authorities to trust, and the client's own certificate. */
  readonly secureContext?: SecureContext | undefined
  /** Whether to accept a certificate that is not trusted. */
  readonly insecure: boolean
  /** Requests to send at most. */
  readonly maxRequests: number
  /** The time limit of a step, in ms. */
  readonly maxWait: number
}

/** What a connection needs of its run. */
export interface Wire {
  readonly options: SessionOptions
  /** How long the next handshake or response may take, in ms. */
  readonly patience: number
  /**
   * Counts requests before they are sent.
   *
   * @throws ProbeFailure if no requests are left.
   */
  spend(requests: number): void
  /** @throws Interrupted if the signal has aborted. */
  checkInterrupted(): void
}
