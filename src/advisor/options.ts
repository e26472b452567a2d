/** What the recommended timeout has to satisfy. All are optional. */
export interface Constraints {
  /** Idle timeout of the proxy that reuses our connections, 1,000 ms or more. The recommended timeout is above it. */
  readonly proxyIdleTimeout?: number | undefined
  /**
   * How far above `proxyIdleTimeout`, in ms.
   *
   * @default 5,000; 10,000 if the proxy's timeout is 300,000 or more, 20,000 from 600,000 on
   */
  readonly proxyMargin?: number | undefined
  /** Maximum average number of idle connections, of all processes together. */
  readonly maxIdleConnections?: number | undefined
  /** Maximum memory of the idle connections in bytes, of all processes together. */
  readonly maxIdleMemory?: number | undefined
  /**
   * The share of the reachable reuse to keep, 0 to 1.
   *
   * @default 0.95
   */
  readonly reuseShare?: number | undefined
}

export interface AdviseOptions {
  readonly constraints?: Constraints | undefined
  /** Further timeouts for the curve, in ms. Those beyond the horizon are left out. */
  readonly timeouts?: readonly number[] | undefined
  /** Measured costs. They replace the defaults. */
  readonly costs?:
    | {
        /**
         * Resident memory of an idle connection, in bytes.
         *
         * @default 15,000, or 40,000 if there are TLS handshakes; docs/advisor.md says how this was measured
         */
        readonly idleConnection?: number | undefined
        /** Time until a new connection can carry a request, in ms. */
        readonly handshake?: number | undefined
      }
    | undefined
}
