/** Values kept ready; above it they are built anew. */
const mostKept = 1_024

/**
 * The `Keep-Alive` header: `timeout=` in whole seconds first (Node's http.Agent looks for it there), then `max=`,
 * what remains of the connection's cap, as in Apache.
 */
export class KeepAliveHeader {
  #seconds = 0
  #values: string[] = []

  /**
   * @param timeout - the idle timeout to advertise, in ms; 0 is none.
   * @param remaining - requests still to be answered on the connection; 0 where there is no cap.
   */
  value(timeout: number, remaining: number): string {
    const seconds = timeout > 0 ? Math.floor(timeout / 1_000) : -1
    if (seconds !== this.#seconds) {
      this.#seconds = seconds
      this.#values = []
    }
    if (remaining > mostKept) return build(seconds, remaining)
    this.#values[remaining] ??= build(seconds, remaining)
    return this.#values[remaining]
  }
}

function build(seconds: number, remaining: number): string {
  const timeout = seconds >= 0 ? [`timeout=${seconds}`] : []
  const max = remaining > 0 ? [`max=${remaining}`] : []
  return [...timeout, ...max].join(', ')
}
