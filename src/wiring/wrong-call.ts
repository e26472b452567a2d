import { Warner } from '../kit/warn.ts'
import type { SilencedCode } from '../policy/options.ts'
import { type FrameworkCall, frameworkCall } from './framework-call.ts'
import { type Handed, notCalled, notCalledError, wrongAdapter, wrongAdapterError } from './misuse.ts'

const told = new Set<string>()

/**
 * Answers the call if a framework calls the maker instead of the app: the request continues and the process gets one
 * warning, or the registration fails. There is no kit, and so no `silence` option.
 *
 * @param args - all arguments of the call.
 * @returns `undefined` if the app itself made the call.
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

/** Answers calls of frameworks for which a middleware or plugin is not made. */
export class WrongCalls {
  readonly #handed: Handed
  readonly #silenced: readonly SilencedCode[]
  #isTold = false

  constructor(handed: Handed, silenced: readonly SilencedCode[]) {
    this.#handed = handed
    this.#silenced = silenced
  }

  /**
   * Warns once and continues; a registration fails.
   *
   * @param work - does the intended work and passes the call on, if possible.
   * @returns the value to return to the framework.
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
