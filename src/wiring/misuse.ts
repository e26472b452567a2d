import { Socket } from 'node:net'
import { KeepAliveError } from '../errors.ts'
import type { Framework } from './framework-call.ts'

export function notAServer(value: unknown): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_NOT_A_SERVER', {
    subject: 'attach()',
    rule: 'takes a server of node:http, node:https or node:http2',
    value,
    remedy: 'Pass what createServer() or app.listen() returned, not the app',
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

/** What the middleware says in the place of that error. */
export const cannotAnnounce =
  "goaway: 'lossless' has no effect on a server with TLS: the kit ends its HTTP/2 sessions by one GOAWAY"

/** Of a secure HTTP/2 server. */
export function losslessOnTls(): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_LOSSLESS_ON_TLS', {
    option: 'goaway',
    rule: "must be 'exact' for a server with TLS: Node has no call that announces a GOAWAY, and a frame that is written beside its HTTP/2 session aborts the process on TLS",
    value: 'lossless',
    remedy:
      'Leave it out, and let the proxy send refused requests again; or end TLS at the proxy and serve h2c',
  })
}

/** What the middleware says of a request whose socket names no server. */
export const noServer =
  'The middleware got a request whose socket names no server, so the kit cannot attach to one. Write connections.attach(server) with what createServer() or app.listen() returned'

/**
 * True for a connected socket that names no server. False for what tests make up, an injected request's among them:
 * there is no server to name.
 */
export function lacksServer(socket: unknown): boolean {
  return (
    socket instanceof Socket && !socket.pending && ((socket as { server?: unknown }).server ?? null) === null
  )
}

/** Something of this package that a user may hand to the wrong framework, or hand over without calling it. */
export interface Handed {
  /** What messages call the maker: `keepAlive`. */
  readonly maker: string
  /** What messages call that which the maker makes. */
  readonly made: string
  /** What to write, by the framework that has called; reads on from `Write`. */
  readonly right: Readonly<Record<Framework, string>>
  /** The same for what was made already. */
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
  const attach = `connections.attach(server), with const connections = keepAlive(${options}) from 'keepalive-kit' and the server that createServer() or listen() returned`
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

const callers: Readonly<Record<Framework, string>> = {
  express: 'Express or connect',
  koa: 'Koa',
  fastify: 'Fastify',
  node: 'node:http',
  other: 'its framework',
}

/** What is said where a framework calls the maker, which the app was to call. */
export function notCalled({ maker, right }: Handed, framework: Framework): string {
  return `The app passed ${maker} to ${callers[framework]} without calling it, so it does nothing. Write ${right[framework]}`
}

/**
 * What is said where a framework calls what was made for another one.
 *
 * @param works - whether it does its work all the same.
 */
export function wrongAdapter({ made, instead }: Handed, framework: Framework, works: boolean): string {
  const outcome = works ? 'It still works' : 'It does nothing there'
  return `The app passed ${made} to ${callers[framework]}, which it is not made for. ${outcome}. Write ${instead[framework]}`
}

/** The error of a registration with the maker, which the app was to call. */
export function notCalledError({ maker, right }: Handed): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_NOT_CALLED', {
    subject: 'register()',
    rule: `got ${maker} itself, which the app has not called`,
    remedy: `Write ${right.fastify}`,
  })
}

/** The error of a registration with what was made for another framework. */
export function wrongAdapterError({ made, instead }: Handed): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_WRONG_ADAPTER', {
    subject: 'register()',
    rule: `got ${made}, which is no Fastify plugin`,
    remedy: `Write ${instead.fastify}`,
  })
}

export function notAttached(): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_NOT_ATTACHED', {
    subject: 'drain()',
    rule: 'needs a server, and the kit has none',
    remedy:
      'Call connections.attach(server) before the server listens, or mount the kit before the routes, with app.use(connections)',
  })
}
