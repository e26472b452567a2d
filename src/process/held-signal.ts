type Listener = (...args: unknown[]) => unknown

/**
 * Keeps a signal from the app's listeners until `release()`. Each listener is taken off the process, and a function of ours
 * stands in its place, which does not call it. The function has the app's as its `listener`, as Node's own for `once()` do:
 * so `process.off()` finds it, `process.listeners()` shows the app's, and `process.listenerCount()` is right.
 *
 * Where the app has no listener there is one of ours, or the signal would end the process.
 */
export class HeldSignal {
  readonly #signal: NodeJS.Signals
  readonly #arrived: Listener
  readonly #none: Listener
  /** The listeners as they were, `once()` and all, by those that stand for them. */
  readonly #real = new Map<Listener, Listener>()
  #isArranging = false
  #isReleased = false

  /** @param arrived - the signal has come; called several times for one, with what its listeners get. */
  constructor(signal: NodeJS.Signals, arrived: (signal: NodeJS.Signals, args: unknown[]) => void) {
    this.#signal = signal
    this.#arrived = (...args) => arrived(signal, args)
    this.#none = (...args) => this.#arrived(...args)
    process.on('newListener', this.#added)
    process.on('removeListener', this.#removed)
    this.#arrange()
  }

  /** Puts the app's listeners back as they were, in their order. */
  release(): void {
    this.#isReleased = true
    process.off('newListener', this.#added)
    process.off('removeListener', this.#removed)
    this.#replace((listener) => this.#real.get(listener) ?? listener)
    process.off(this.#signal, this.#none)
  }

  /**
   * Node tells of a new listener before it adds it. No signal comes before the microtasks are done. Ours must not count
   * among the app's, or Node would warn of too many; but it can go only where there is another.
   */
  #added = (name: string | symbol): void => {
    if (name !== this.#signal || this.#isArranging) return
    if (this.#others().length > 0) this.#takeOff(this.#none)
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
      if (others.some((listener) => !this.#real.has(listener))) this.#replace((real) => this.#standFor(real))
    }
    this.#isArranging = false
  }

  /**
   * Puts others in the place of all listeners but ours: each leaves the end, and its own comes to the front. There is one at
   * any moment, or the signal would end the process; and several never become more, nor fewer by more than one, or Node would
   * warn of too many, and once again. Node looks for a listener from the end.
   */
  #replace(by: (listener: Listener) => Listener): void {
    const others = this.#others()
    for (const listener of others.toReversed()) {
      if (others.length > 1) process.off(this.#signal, listener)
      process.prependListener(this.#signal, by(listener))
      if (others.length === 1) process.off(this.#signal, listener)
    }
  }

  #takeOff(listener: Listener): void {
    this.#isArranging = true
    process.off(this.#signal, listener)
    this.#isArranging = false
  }

  #standFor(real: Listener): Listener {
    if (this.#real.has(real)) return real
    const { listener = real } = real as { listener?: Listener }
    // Who has taken it from rawListeners() may call it when it stands for nothing any more.
    const act: Listener = (...args) =>
      this.#isReleased ? Reflect.apply(real, process, args) : this.#arrived(...args)
    const stand: Listener = Object.assign(act, { listener })
    this.#real.set(stand, real)
    return stand
  }

  #others(): Listener[] {
    return (process.rawListeners(this.#signal) as Listener[]).filter((listener) => listener !== this.#none)
  }
}
