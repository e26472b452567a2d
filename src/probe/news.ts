import type { Wire } from './wire.ts'

/** Lets others wait for something to happen, within a time, and until the probe is told to stop. */
export class News {
  readonly #wire: Wire
  readonly #waiters = new Set<() => void>()

  constructor(wire: Wire) {
    this.#wire = wire
  }

  /** Something has happened. */
  tell(): void {
    for (const waiter of this.#waiters) waiter()
  }

  /**
   * Looks now and whenever something happens, until there is a result; `undefined` once the time is over.
   *
   * @param ms - 0 or less looks once.
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
