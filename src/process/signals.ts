import { endBy } from './end-by.ts'
import { HeldSignal } from './held-signal.ts'
import { say } from './say.ts'

const signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']

/**
 * The same signal may come again within this time, in ms: Ctrl-C reaches every process of the terminal, and npm, a process
 * manager or the primary of a cluster also pass it on.
 */
const sameSignal = 500

/**
 * Runs an action at SIGTERM and SIGINT before the app's listeners are called. Then the listeners get the signal as if it had
 * just arrived; without listeners the signal ends the process. A second signal during the action reaches the listeners at
 * once.
 */
export class Signals {
  readonly #act: () => Promise<unknown> | undefined
  readonly #before: () => void
  readonly #held: readonly HeldSignal[]
  #since: number | undefined
  #isOver = false

  /**
   * @param act - returns `undefined` if there is nothing to do. Must not reject.
   * @param before - called just before the app's listeners are called, or the process ends.
   */
  constructor(act: () => Promise<unknown> | undefined, before: () => void) {
    this.#act = act
    this.#before = before
    this.#held = signals.map((name) => new HeldSignal(name, (signal, args) => this.#arrived(signal, args)))
  }

  #arrived(signal: NodeJS.Signals, args: readonly unknown[]): void {
    if (this.#isOver) return
    const now = performance.now()
    if (this.#since !== undefined) {
      if (now - this.#since >= sameSignal) this.#handOverNext(signal, args)
      return
    }
    this.#since = now
    const done = this.#begin()
    if (done) void done.then(() => this.#handOverNext(signal, args))
    else this.#handOverNext(signal, args)
  }

  /**
   * In the next tick: during the current signal the stand-ins do not call the app's listeners. An error in a listener is then
   * an uncaught exception, as without the kit, and not a rejection.
   */
  #handOverNext(signal: NodeJS.Signals, args: readonly unknown[]): void {
    process.nextTick(() => this.#handOver(signal, args))
  }

  /** The signal must take effect even if the action fails. */
  #begin(): Promise<unknown> | undefined {
    try {
      return this.#act()
    } catch (error) {
      say(error)
      return undefined
    }
  }

  #handOver(signal: NodeJS.Signals, args: readonly unknown[]): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#before()
    for (const held of this.#held) held.release()
    if (process.listenerCount(signal) > 0) (process.emit as Emit).call(process, signal, ...args)
    // Without arguments it was not a signal: the app called process.emit().
    else if (args[0] === signal) endBy(signal)
  }
}

type Emit = (this: NodeJS.Process, event: string, ...args: readonly unknown[]) => boolean
