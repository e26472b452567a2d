import type { KeepAlive } from '../keep-alive.ts'
import { handedDashboard } from '../wiring/misuse.ts'
import { answerUncalled } from '../wiring/wrong-call.ts'
import type { Dashboard } from './faces.ts'
import { mount } from './mount.ts'
import type { DashboardOptions } from './options.ts'

export type { Dashboard, DashboardFastifyApp, DashboardKoaContext } from './faces.ts'
export type { DashboardOptions } from './options.ts'

/**
 * Makes the page of a kit: what its connections do, live, and what is wrong with them. It serves one HTML page with its
 * script and style, JSON and a stream of server-sent events, where it is mounted and nowhere else, by GET and HEAD.
 *
 * Without a viewer it takes a sample of the counters every 5 s, and keeps 540 of them for the last 6 hours: 0.1 MB.
 *
 * @param connections - what `keepAlive()` returned.
 * @throws KeepAliveError `ERR_KEEPALIVE_OPTION_TYPE`, `ERR_KEEPALIVE_OPTION_RANGE`, `ERR_KEEPALIVE_UNKNOWN_OPTION`.
 * @example
 * app.use('/keepalive', dashboard(connections)) // Express, connect
 * app.use(dashboard(connections, { path: '/keepalive' }).koa) // Koa
 * app.register(dashboard(connections).fastify, { prefix: '/keepalive' }) // Fastify
 * const page = dashboard(connections, { path: '/keepalive' }) // node:http
 * createServer((req, res) => page(req, res, () => app(req, res)))
 */
export function dashboard(connections: KeepAlive, options?: DashboardOptions): Dashboard
// The other arguments are those of a framework that calls dashboard in the app's place.
export function dashboard(connections: KeepAlive, options?: DashboardOptions, ...others: unknown[]): unknown {
  const uncalled = answerUncalled(handedDashboard, [connections, options, ...others])
  if (uncalled) return uncalled.result
  return mount(connections, options)
}
