/** What Express 4 and 5 put on a request that a route takes. A later `app.use()` still sees it. */
interface Routed {
  readonly baseUrl?: unknown
  readonly route?: { readonly path?: unknown; readonly stack?: readonly { readonly handle?: unknown }[] }
}

/**
 * The path of the route to a handler, if the route takes that one path only, as in `app.get('/keepalive', page)`: requests for
 * anything below the path do not reach the handler.
 *
 * @returns `undefined` if there is no such route, or its path has parameters or a wildcard.
 */
export function fixedRouteTo(handler: unknown, request: object): string | undefined {
  const { route, baseUrl = '' } = request as Routed
  if (typeof route?.path !== 'string' || !/^[\w/.~-]*$/.test(route.path)) return undefined
  if (!Array.isArray(route.stack) || !route.stack.some((layer) => layer?.handle === handler)) return undefined
  return `${baseUrl}${route.path}`.replace(/(?<=.)\/+$/, '')
}
