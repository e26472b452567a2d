import { Socket } from 'node:net'
import { KeepAliveError, quote } from '../errors.ts'
import type { Framework } from './framework-call.ts'

export function notAServer(value: unknown): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_NOT_A_SERVER', {
    subject: 'attach()',
    rule: 'takes a server of node:http, node:https or node:http2',
    value,
    remedy: 'Pass what createServer() or app.listen() returned, not the app',
  })
}

/** An id of a URL, such as req.params.id, is text. */
export function notAnId(value: unknown): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    subject: 'timeline()',
    rule: "takes a connection's id, a number",
    value,
    remedy:
      typeof value === 'string'
        ? 'Convert the text with Number(id)'
        : 'Pass the id of a connection, as in connections.timeline(connection.id)',
  })
}

export function alreadyAttached(server: unknown): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_ALREADY_ATTACHED', {
    subject: 'attach()',
    rule: 'takes a server that has no other kit',
    value: server,
    remedy: 'Use one KeepAlive for the server, or call detach() on the other one first',
  })
}

/** The warning of the middleware. attach() throws the error below instead. */
export const cannotAnnounce =
  "goaway: 'lossless' has no effect on a server with TLS: the kit ends its HTTP/2 sessions with one GOAWAY"

/** The error for a secure HTTP/2 server. */
export function losslessOnTls(): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_LOSSLESS_ON_TLS', {
    option: 'goaway',
    rule: "must be 'exact' for a server with TLS, because there the kit cannot announce a GOAWAY",
    value: 'lossless',
    remedy:
      'Remove the option, and let the proxy retry refused requests; or terminate TLS at the proxy and serve h2c',
  })
}

/** The message for a request whose socket names no server. */
export const noServer =
  'The middleware got a request whose socket names no server, so the kit cannot attach to a server. Call connections.attach(server) with the result of createServer() or app.listen()'

/**
 * True for a connected socket that names no server. False for fake sockets of tests, for example of an injected request:
 * they have no server.
 */
export function lacksServer(socket: unknown): boolean {
  return (
    socket instanceof Socket && !socket.pending && ((socket as { server?: unknown }).server ?? null) === null
  )
}

/** A function of this package that an app may pass to the wrong framework, or pass without calling it. */
export interface Handed {
  /** How messages call the function: `keepAlive`. */
  readonly maker: string
  /** How messages call the function's result. */
  readonly made: string
  /** What to write, by the framework that called. It continues `Write`. */
  readonly right: Readonly<Record<Framework, string>>
  /** The same if the app has called the function, but of the wrong entry. */
  readonly instead: Readonly<Record<Framework, string>>
}

/** `keepAlive` of one of the entries of this package. */
export function handedKeepAlive(
  entry: 'keepalive-kit' | 'keepalive-kit/koa' | 'keepalive-kit/fastify',
): Handed {
  return {
    maker: 'keepAlive',
    made: `the ${entry === 'keepalive-kit/fastify' ? 'plugin' : 'middleware'} of '${entry}'`,
    right: linesWith(''),
    instead: linesWith('options'),
  }
}

function linesWith(options: string): Handed['right'] {
  const attach = `connections.attach(server), with const connections = keepAlive(${options}) from 'keepalive-kit' and the server from createServer() or listen()`
  return {
    express: `app.use(keepAlive(${options})), with keepAlive from 'keepalive-kit'`,
    koa: `app.use(keepAlive(${options})), with keepAlive from 'keepalive-kit/koa'`,
    fastify: `app.register(keepAlive(${options})), with keepAlive from 'keepalive-kit/fastify'`,
    node: attach,
    other: attach,
  }
}

const dashboardLines: Handed['right'] = {
  express: "app.use('/keepalive', dashboard(connections))",
  koa: "app.use(page.koa), with const page = dashboard(connections, { path: '/keepalive' })",
  fastify: "app.register(page.fastify, { prefix: '/keepalive' }), with const page = dashboard(connections)",
  node: "const page = dashboard(connections, { path: '/keepalive' }) and createServer((req, res) => page(req, res, () => app(req, res)))",
  other:
    "const page = dashboard(connections, { path: '/keepalive' }) and call page(req, res, next) with Node's own request and response",
}

export const handedDashboard: Handed = {
  maker: 'dashboard',
  made: "the page's handler for Express and node:http",
  right: dashboardLines,
  instead: dashboardLines,
}

/** The message if a route takes the page's own path only, as in `app.get('/keepalive', page)`. */
export function pageOnRoute(path: string): string {
  return `The app passed the page to a route for ${quote(path)} alone, so requests for the page's script and data do not reach it. Write app.use(${quote(path)}, dashboard(connections))`
}

const callers: Readonly<Record<Framework, string>> = {
  express: 'Express or connect',
  koa: 'Koa',
  fastify: 'Fastify',
  node: 'node:http',
  other: 'its framework',
}

/** The message if the app passes the function itself to the framework, instead of calling it. */
export function notCalled({ maker, right }: Handed, framework: Framework): string {
  return `The app passed ${maker} to ${callers[framework]} without calling it, so it does nothing. Write ${right[framework]}`
}

/**
 * The message if a framework calls the middleware of another framework.
 *
 * @param works - whether it still does its work.
 */
export function wrongAdapter({ made, instead }: Handed, framework: Framework, works: boolean): string {
  const outcome = works ? 'It still works' : 'It has no effect'
  return `The app passed ${made} to ${callers[framework]}, for which it is not made. ${outcome}. Write ${instead[framework]}`
}

/** The error if the app registers the maker, which it should have called. */
export function notCalledError({ maker, right }: Handed): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_NOT_CALLED', {
    subject: 'register()',
    rule: `got ${maker} itself: the app has not called it`,
    remedy: `Write ${right.fastify}`,
  })
}

/** The error if the app registers the middleware of another framework. */
export function wrongAdapterError({ made, instead }: Handed): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_WRONG_ADAPTER', {
    subject: 'register()',
    rule: `got ${made}, which is not a Fastify plugin`,
    remedy: `Write ${instead.fastify}`,
  })
}

export function notAttached(): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_NOT_ATTACHED', {
    subject: 'drain()',
    rule: 'needs a server, but the kit has none',
    remedy:
      'Call connections.attach(server) before the server listens, or mount the kit before the routes and without a path: app.use(connections)',
  })
}
