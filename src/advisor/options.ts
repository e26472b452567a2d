/** What a recommended timeout has to obey. All optional. */
export interface Constraints {
  /** Idle timeout of the proxy that reuses our connections, in ms: the recommended one is above it. */
  readonly proxyIdleTimeout?: number | undefined
  /**
   * By how much above it, in ms.
   *
   * @default 5,000; 10,000 from a proxy's 300,000 on, 20,000 from 600,000 on
   */
  readonly proxyMargin?: number | undefined
  /** Connections idle on average, at most, of all processes together. */
  readonly maxIdleConnections?: number | undefined
  /** Their memory in bytes, at most, of all processes together. */
  readonly maxIdleMemory?: number | undefined
  /**
   * The share of the reachable reuse that is to be kept, 0 to 1.
   *
   * @default 0.95
   */
  readonly reuseShare?: number | undefined
}

export interface AdviseOptions {
  readonly constraints?: Constraints | undefined
  /** Timeouts that the curve is to have a point for, in ms, beside its own. Those beyond the horizon are left out. */
  readonly timeouts?: readonly number[] | undefined
  /** Measured costs, which go before the defaults. */
  readonly costs?:
    | {
        /**
         * Resident memory of an idle connection, in bytes.
         *
         * @default 15,000, and 40,000 where there are TLS handshakes: docs/advisor.md says how they were measured
         */
        readonly idleConnection?: number | undefined
        /** Time until a new connection can carry a request, in ms. */
        readonly handshake?: number | undefined
      }
    | undefined
}
