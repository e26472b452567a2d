import type { KeepAliveHeaders } from '../connection/head-wish.ts'

/** Headers kept ready; beyond them they are built anew. */
const mostKept = 1_024

/**
 * The `Keep-Alive` header: `timeout=` in whole seconds first (Node's http.Agent looks for it there), then `max=`,
 * what remains of the connection's cap, as in Apache.
 */
export class KeepAliveHeader {
  #seconds = 0
  #kept: (KeepAliveHeaders | undefined)[] = []

  /**
   * @param timeout - the idle timeout to advertise, in ms; 0 is none.
   * @param remaining - requests still to be answered on the connection; 0 where there is no cap.
   * @returns `undefined` where there is nothing to say.
   */
  of(timeout: number, remaining: number): KeepAliveHeaders | undefined {
    const seconds = timeout > 0 ? Math.floor(timeout / 1_000) : -1
    if (seconds !== this.#seconds) {
      this.#seconds = seconds
      this.#kept = []
    }
    if (remaining > mostKept) return build(seconds, remaining)
    this.#kept[remaining] ??= build(seconds, remaining)
    return this.#kept[remaining]
  }
}

function build(seconds: number, remaining: number): KeepAliveHeaders | undefined {
  const timeout = seconds >= 0 ? `timeout=${seconds}` : ''
  const max = remaining > 0 ? `max=${remaining}` : ''
  const value = timeout && max ? `${timeout}, ${max}` : timeout || max
  return value ? { 'Keep-Alive': value } : undefined
}
