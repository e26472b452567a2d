import type { KeepAlive } from './keep-alive.ts'
import type { KeepAliveOptions } from './policy/options.ts'
import type { AttachAllOptions } from './process/options.ts'
import { attachProcess } from './process/process-kit.ts'

/**
 * Attaches one kit to every http, https and http2 server of this process, or worker thread: to those that begin to listen from now
 * on, before their first connection, and to those that listen already at their next connection. For frameworks that own
 * their server, such as Next.js in `instrumentation.js`; `keepalive-kit/register` does the same without a line of code.
 *
 * - A timeout that the app has set on a server stays where it fits the proxy.
 * - Where the app gives a server a kit of its own, this one gives way.
 * - `drain()` of this kit leaves upgraded connections to the app.
 * - Nothing of Node is patched: servers are found by `node:diagnostics_channel`.
 *
 * @returns the process-wide kit. A further call gives the same one, with the same options or none.
 * @throws KeepAliveError as `keepAlive()` does, and `ERR_KEEPALIVE_ATTACHED_ALL` for other options than those of the kit
 * that there is.
 * @example
 * // instrumentation.js of Next.js
 * export async function register() {
 *   if (process.env.NEXT_RUNTIME !== 'nodejs') return
 *   const { attachAll } = await import('keepalive-kit')
 *   attachAll({ behind: 'aws-alb' })
 * }
 */
export function attachAll(options?: KeepAliveOptions, how?: AttachAllOptions): KeepAlive {
  return attachProcess(options, how)
}
