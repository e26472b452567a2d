import type { Server } from 'node:http'

const appsOf = new WeakMap<Server, Set<object>>()

/** Remembers an app of a server that is not its 'request' listener, so that the doctor can look at it. */
export function noteApp(server: Server, app: object): void {
  const apps = appsOf.get(server)
  if (apps) apps.add(app)
  else appsOf.set(server, new Set([app]))
}

/**
 * The apps of a server, as far as they can be seen: Express's and connect's are the listener itself, unless they
 * are called from another function; Koa's and Fastify's are what their adapters noted.
 */
export function appsBehind(server: Server): ReadonlySet<object> {
  return new Set<object>([...server.listeners('request'), ...(appsOf.get(server) ?? [])])
}
