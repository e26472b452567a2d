type Listener = (...args: unknown[]) => unknown

/**
 * Holds back a signal from the app's listeners until `release()`. Each listener is replaced by a stand-in that does not
 * call it. The stand-in has the app's listener as its property `listener`, as Node does for `once()`. So `process.off()`
 * finds it, `process.listeners()` shows the app's listeners, and `process.listenerCount()` is right.
 *
 * If the app has no listener, the kit adds its own; otherwise the signal would end the process.
 */
export class HeldSignal {
  readonly #signal: NodeJS.Signals
  readonly #arrived: Listener
  readonly #none: Listener
  /** The original listeners (including `once()` wrappers), by stand-in. */
  readonly #real = new Map<Listener, Listener>()
  #isArranging = false
  #isReleased = false

  /** @param arrived - called for each listener when the signal arrives, with the listener's arguments. */
  constructor(signal: NodeJS.Signals, arrived: (signal: NodeJS.Signals, args: unknown[]) => void) {
    this.#signal = signal
    this.#arrived = (...args) => arrived(signal, args)
    this.#none = (...args) => this.#arrived(...args)
    process.on('newListener', this.#added)
    process.on('removeListener', this.#removed)
    this.#arrange()
  }

  /** Restores the app's listeners, in their order. */
  release(): void {
    this.#isReleased = true
    process.off('newListener', this.#added)
    process.off('removeListener', this.#removed)
    this.#replace((listener) => this.#real.get(listener) ?? listener)
    process.off(this.#signal, this.#none)
  }

  /**
   * Node reports a new listener before it adds it, so the kit rearranges in a microtask. No signal arrives before that. The
   * kit's own listener must not count with the app's, or Node would warn of too many. But it is removed only if there is
   * another one.
   */
  #added = (name: string | symbol): void => {
    if (name !== this.#signal || this.#isArranging) return
    if (this.#others().length > 0) this.#remove(this.#none)
    queueMicrotask(() => this.#arrange())
  }

  #removed = (name: string | symbol): void => {
    if (name === this.#signal && !this.#isArranging) this.#arrange()
  }

  #arrange(): void {
    if (this.#isReleased) return
    this.#isArranging = true
    const others = this.#others()
    if (others.length === 0) {
      if (process.listenerCount(this.#signal) === 0) process.on(this.#signal, this.#none)
    } else {
      process.off(this.#signal, this.#none)
      if (others.some((listener) => !this.#real.has(listener)))
        this.#replace((real) => this.#standInFor(real))
    }
    this.#isArranging = false
  }

  /**
   * Replaces all listeners except the kit's own: each is removed at the end, and its replacement is added at the front. There
   * is always one listener, or the signal would end the process. The number never rises and never falls by more than one, or
   * Node would warn of too many listeners again. Node searches for a listener from the end.
   */
  #replace(by: (listener: Listener) => Listener): void {
    const others = this.#others()
    for (const listener of others.toReversed()) {
      if (others.length > 1) process.off(this.#signal, listener)
      process.prependListener(this.#signal, by(listener))
      if (others.length === 1) process.off(this.#signal, listener)
    }
  }

  #remove(listener: Listener): void {
    this.#isArranging = true
    process.off(this.#signal, listener)
    this.#isArranging = false
  }

  #standInFor(real: Listener): Listener {
    if (this.#real.has(real)) return real
    const { listener = real } = real as { listener?: Listener }
    // Code that got the stand-in from rawListeners() may call it after release().
    const act: Listener = (...args) =>
      this.#isReleased ? Reflect.apply(real, process, args) : this.#arrived(...args)
    const standIn: Listener = Object.assign(act, { listener })
    this.#real.set(standIn, real)
    return standIn
  }

  #others(): Listener[] {
    return (process.rawListeners(this.#signal) as Listener[]).filter((listener) => listener !== this.#none)
  }
}
