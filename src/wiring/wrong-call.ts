import { Warner } from '../kit/warn.ts'
import type { SilencedCode } from '../policy/options.ts'
import { type FrameworkCall, frameworkCall } from './framework-call.ts'
import { type Handed, notCalled, notCalledError, wrongAdapter, wrongAdapterError } from './misuse.ts'

const told = new Set<string>()

/**
 * Where a framework calls the maker in the app's place, answers the call: the request goes on, the process is warned
 * once; a registration fails. There is no kit whose `silence` could be asked.
 *
 * @param args - all arguments of the call.
 * @returns `undefined` where the app itself has called.
 */
export function answerUncalled(handed: Handed, args: readonly unknown[]): { result: unknown } | undefined {
  const call = frameworkCall(args)
  if (call === undefined) return undefined
  if (call.fail) return { result: call.fail(notCalledError(handed)) }
  const message = notCalled(handed, call.framework)
  if (!told.has(message)) {
    told.add(message)
    new Warner([]).warn('KEEPALIVE_NOT_CALLED', message)
  }
  return { result: call.pass() }
}

/** Answers the calls of frameworks that something is not made for. */
export class WrongCalls {
  readonly #handed: Handed
  readonly #silenced: readonly SilencedCode[]
  #isTold = false

  constructor(handed: Handed, silenced: readonly SilencedCode[]) {
    this.#handed = handed
    this.#silenced = silenced
  }

  /**
   * Warns once and goes on; a registration fails.
   *
   * @param work - does what was wanted and passes the call on, where that is possible.
   * @returns what has to be returned to the framework.
   */
  answer(call: FrameworkCall, work: (() => unknown) | undefined): unknown {
    if (call.fail) return call.fail(wrongAdapterError(this.#handed))
    if (!this.#isTold) {
      this.#isTold = true
      new Warner(this.#silenced).warn(
        'KEEPALIVE_WRONG_ADAPTER',
        wrongAdapter(this.#handed, call.framework, work !== undefined),
      )
    }
    return work ? work() : call.pass()
  }
}
