import type { Policy } from '../policy/policy.ts'

/** Values kept ready; above it they are built anew. */
const mostKept = 1_024

/**
 * The `Keep-Alive` header: `timeout=` in whole seconds first (Node's http.Agent looks for it there), then `max=`,
 * what remains of the connection's cap, as in Apache.
 */
export class KeepAliveHeader {
  readonly #timeout: string
  readonly #values: string[] = []

  constructor(policy: Policy) {
    this.#timeout =
      policy.keepAliveTimeout > 0 ? `timeout=${Math.floor(policy.keepAliveTimeout / 1_000)}` : ''
  }

  /** @param remaining - requests still to be answered on the connection; 0 where there is no cap. */
  value(remaining: number): string {
    if (remaining === 0) return this.#timeout
    if (remaining > mostKept) return this.#build(remaining)
    this.#values[remaining] ??= this.#build(remaining)
    return this.#values[remaining]
  }

  #build(remaining: number): string {
    return this.#timeout ? `${this.#timeout}, max=${remaining}` : `max=${remaining}`
  }
}
