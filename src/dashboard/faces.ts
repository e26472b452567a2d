import type { IncomingMessage, ServerResponse } from 'node:http'

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
  /** Plugin for Fastify 4 and 5: `app.register(page.fastify, { prefix: '/keepalive' })`. */
  readonly fastify: (app: DashboardFastifyApp) => Promise<void>
  /** Ends the streams, and the sampling for the charts over time; the page answers on. A drain ends streams too. */
  close(): void
}
