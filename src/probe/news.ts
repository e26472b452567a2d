import type { Wire } from './wire.ts'

/** Lets steps wait for an event, for a limited time, and until the probe is interrupted. */
export class News {
  readonly #wire: Wire
  readonly #waiters = new Set<() => void>()

  constructor(wire: Wire) {
    this.#wire = wire
  }

  /** Reports an event. */
  tell(): void {
    for (const waiter of this.#waiters) waiter()
  }

  /**
   * Calls `ready` now and at each event, until it returns a result; `undefined` after the time.
   *
   * @param ms - 0 or less calls `ready` once.
   * @throws Interrupted, and what `ready` throws.
   */
  async until<T>(ms: number, ready: () => T | undefined): Promise<T | undefined> {
    const { clock } = this.#wire.options
    const deadline = clock.now() + ms
    for (;;) {
      this.#wire.checkInterrupted()
      const result = ready()
      if (result !== undefined) return result
      const left = deadline - clock.now()
      if (left <= 0) return undefined
      await this.#next(left)
    }
  }

  #next(ms: number): Promise<void> {
    const { signal } = this.#wire.options
    return new Promise((done) => {
      const finish = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', finish)
        this.#waiters.delete(finish)
        done()
      }
      const timer = setTimeout(finish, ms)
      signal.addEventListener('abort', finish)
      this.#waiters.add(finish)
    })
  }
}
