import { endBy } from './end-by.ts'
import { HeldSignal } from './held-signal.ts'
import { say } from './say.ts'

const signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']

/**
 * A signal that comes again so soon, in ms, is the same one: Ctrl-C reaches every process of the terminal, and npm, a
 * process manager or the primary of a cluster pass it on besides.
 */
const sameSignal = 500

/**
 * Does something at SIGTERM and SIGINT before the app's listeners are called. These then get the signal as if it came at
 * that moment; where there are none, it ends the process as it would have. A second signal meanwhile goes to them at once.
 */
export class Signals {
  readonly #act: () => Promise<unknown> | undefined
  readonly #before: () => void
  readonly #held: readonly HeldSignal[]
  #since: number | undefined
  #isOver = false

  /**
   * @param act - `undefined` where there is nothing to do. Must not reject.
   * @param before - called right before the app's listeners are, or the process ends.
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
   * Not within the signal that has come: a listener that stands for the app's must not call it, and must once it is over.
   * What a listener throws is an uncaught exception then, as ever, and no rejection.
   */
  #handOverNext(signal: NodeJS.Signals, args: readonly unknown[]): void {
    process.nextTick(() => this.#handOver(signal, args))
  }

  /** The signal has to take effect whatever fails here. */
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
    // Without arguments it was no signal: the app has emitted it.
    else if (args[0] === signal) endBy(signal)
  }
}

type Emit = (this: NodeJS.Process, event: string, ...args: readonly unknown[]) => boolean
