import type { KeepAlive } from './keep-alive.ts'
import type { KeepAliveOptions } from './policy/options.ts'
import type { AttachAllOptions } from './process/options.ts'
import { attachProcess } from './process/process-kit.ts'

/**
 * Attaches one kit to every http, https and http2 server of this process or worker thread. A server that begins to listen later is
 * attached before its first connection; a server that already listens, at its next connection. For frameworks that own their
 * server, such as Next.js in `instrumentation.js`. `keepalive-kit/register` does the same without a line of code.
 *
 * - A timeout that the app set on a server stays if it fits the proxy.
 * - If the app attaches its own kit to a server, this kit detaches from the server.
 * - `drain()` of this kit leaves upgraded connections to the app.
 * - Node is not patched: servers are found through `node:diagnostics_channel`.
 *
 * @returns the process-wide kit. A further call, with the same options or none, returns the same kit.
 * @throws KeepAliveError as `keepAlive()` does, and `ERR_KEEPALIVE_ATTACHED_ALL` for options that differ from those of the
 * existing kit.
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
