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
  /** Whether a certificate that is not trusted is taken all the same. */
  readonly insecure: boolean
  /** Requests that may be sent in all. */
  readonly maxRequests: number
  /** What a step may take, in ms. */
  readonly maxWait: number
}

/** What a connection knows of the run that it belongs to. */
export interface Wire {
  readonly options: SessionOptions
  /** How long the next handshake or response may take, in ms. */
  readonly patience: number
  /**
   * Counts requests about to be sent.
   *
   * @throws ProbeFailure if they are more than may be sent.
   */
  spend(requests: number): void
  /** @throws Interrupted if the probe is told to stop. */
  checkInterrupted(): void
}
