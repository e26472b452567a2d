import { type KeepAlive, keepAlive } from '../keep-alive.ts'
import type { KeepAliveOptions } from '../policy/options.ts'
import type { FrameworkCall } from '../wiring/framework-call.ts'

/** What an adapter accepts: a kit, or the options for a new one. */
export type OptionsOrKit = KeepAliveOptions | KeepAlive

/** @throws KeepAliveError for wrong options, as `keepAlive()` does. */
export function kitOf(given: OptionsOrKit | undefined): KeepAlive {
  return isKit(given) ? given : keepAlive(given)
}

/** The work for a call of the wrong framework; `undefined` if the call shows no request. */
export function workFor(kit: KeepAlive, { request, pass }: FrameworkCall): (() => unknown) | undefined {
  if (request === undefined) return undefined
  return () => {
    kit(request.req, request.res)
    return pass()
  }
}

/** Whether the value looks like a kit; it may be of another copy of this package. */
export function isKit(given: unknown): given is KeepAlive {
  return typeof given === 'function' && 'attach' in given && 'policy' in given
}
