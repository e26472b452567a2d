import { AsyncResource } from 'node:async_hooks'
import { setImmediate, setTimeout } from 'node:timers'

// All timers of the kit are those of node:timers: in a test with jsdom the global ones give numbers, without `unref`, and
// there is no setImmediate; and under fake timers the connections, which are Node's, go on by real time.

// A timer that serves all connections runs in no connection's context: else the context of the request that came first
// would be kept alive, and listeners would run in it. So the context is the one in which the kit is loaded.
const outside = new AsyncResource('KeepAlivePool')

/** `setTimeout`, outside of all requests. The timer keeps no process alive. */
export function timeoutOutside(act: () => void, ms: number): NodeJS.Timeout {
  return outside.runInAsyncScope(() => setTimeout(act, ms)).unref()
}

/** `setImmediate`, outside of all requests. */
export function immediateOutside(act: () => void): void {
  outside.runInAsyncScope(() => setImmediate(act))
}
