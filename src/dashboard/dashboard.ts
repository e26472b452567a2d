import type { IncomingMessage, ServerResponse } from 'node:http'
import { KeepAliveError } from '../errors.ts'
import { type KeepAlive, kitBehind } from '../keep-alive.ts'
import { Assets } from './assets.ts'
import { Hub } from './hub.ts'
import { type DashboardOptions, resolveDashboardOptions } from './options.ts'
import { placeOf, type Target } from './place.ts'
import { answer, isResource, type Parts } from './resources.ts'
import { sendText } from './respond.ts'
import { Source } from './source.ts'

export type { DashboardOptions } from './options.ts'

/** What the page needs of Koa's context. Not Koa's own type: that would tie users to one version of it. */
export interface DashboardKoaContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly originalUrl: string
  respond?: boolean
}

/** What the page needs of a Fastify app. */
export interface DashboardFastifyApp {
  readonly prefix: string
  all(
    url: string,
    handler: (
      request: { readonly raw: IncomingMessage },
      reply: { readonly raw: ServerResponse; hijack(): unknown },
    ) => Promise<void>,
  ): unknown
}

/**
 * The page of one kit: a handler for `node:http`, Express and connect, with faces for Koa and Fastify. What is not the
 * page's goes to `next`, or is a 404 without one.
 */
export interface Dashboard {
  (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void
  /** Middleware for Koa 2 and 3: `app.use(page.koa)`, with `path` among the options, or by koa-mount. */
  readonly koa: (ctx: DashboardKoaContext, next: () => Promise<unknown>) => Promise<unknown>
  /** Plugin for Fastify 5: `app.register(page.fastify, { prefix: '/keepalive' })`. */
  readonly fastify: (app: DashboardFastifyApp) => Promise<void>
  /** Ends the streams, and the sampling for the last quarter of an hour; the page answers on. A drain ends streams too. */
  close(): void
}

/**
 * Makes the page of a kit: what its connections do, live, and what is wrong with them. It serves one HTML page with its
 * script and style, JSON and a stream of server-sent events, where it is mounted and nowhere else, by GET and HEAD.
 *
 * While nobody looks it takes a sample of the counters every 5 s, for the last quarter of an hour.
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
export function dashboard(connections: KeepAlive, options?: DashboardOptions): Dashboard {
  const kit = kitBehind(connections)
  if (!kit) throw notAKit(connections)
  const { authorize, viewers, path } = resolveDashboardOptions(options)
  const source = new Source(kit)
  const hub = new Hub(source, viewers)
  source.viewers = () => hub.size
  const parts: Parts = { kit, source, hub, assets: new Assets(new URL('./assets/', import.meta.url)) }

  /** Finds out what a request gets. Rejects where `authorize` fails; `undefined`: it is not the page's. */
  async function admit(req: IncomingMessage, target: Target): Promise<Reply | undefined> {
    const place = placeOf(target, (name) => isResource(name, parts.assets), path)
    if (!place) return undefined
    if ('name' in place && !isResource(place.name, parts.assets)) return undefined
    if ((await authorize(req)) !== true) return (res) => sendText(req, res, 403, refusal)
    kit!.setAside(req)
    if (req.method !== 'GET' && req.method !== 'HEAD')
      return (res) => sendText(req, res, 405, 'GET and HEAD only.', { Allow: 'GET, HEAD' })
    if ('redirect' in place)
      return (res) => sendText(req, res, 302, 'The page is one slash further.', { Location: place.redirect })
    return (res) => serve(parts, place.name, req, res)
  }

  function page(req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void {
    const { url = '/', originalUrl } = req as IncomingMessage & { originalUrl?: string }
    const pass = next ?? ((error?: unknown) => giveUp(req, res, error))
    admit(req, { url, whole: originalUrl }).then((reply) => (reply ? reply(res) : pass()), pass)
  }

  return Object.assign(page, {
    async koa(ctx: DashboardKoaContext, next: () => Promise<unknown>): Promise<unknown> {
      const reply = await admit(ctx.req, { url: ctx.req.url ?? '/', whole: ctx.originalUrl })
      if (!reply) return next()
      ctx.respond = false
      await reply(ctx.res)
      return undefined
    },
    async fastify(app: DashboardFastifyApp): Promise<void> {
      for (const url of ['/', '/*']) {
        app.all(url, async (request, reply) => {
          const { url: whole = '/' } = request.raw
          const give = await admit(request.raw, { url: whole.slice(app.prefix.length), whole })
          reply.hijack()
          if (give) await give(reply.raw)
          else giveUp(request.raw, reply.raw)
        })
      }
    },
    close(): void {
      hub.end()
      source.close()
    },
  })
}

type Reply = (res: ServerResponse) => void | Promise<void>

const refusal =
  'Not for you. Without an authorize function the page is for clients on this machine alone: http://localhost, not through a proxy.'

/** Answers; what fails now is not the user's doing, and costs this answer alone. */
async function serve(parts: Parts, name: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    await answer(parts, name, req, res)
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
    if (res.headersSent) res.destroy()
    else sendText(req, res, 500, 'That did not work: see the warnings of the process.')
  }
}

/** Nobody else is there to answer. */
function giveUp(req: IncomingMessage, res: ServerResponse, error?: unknown): void {
  if (error === undefined) {
    sendText(req, res, 404, 'There is nothing here.')
    return
  }
  process.emitWarning(error instanceof Error ? error : String(error))
  sendText(req, res, 500, 'Who may see this page could not be found out.')
}

function notAKit(value: unknown): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    subject: 'dashboard()',
    rule: 'takes what keepAlive() returned',
    value,
    remedy:
      'Pass it the kit: dashboard(connections); with Koa that is middleware.keepAlive, with Fastify app.keepAlive',
  })
}
